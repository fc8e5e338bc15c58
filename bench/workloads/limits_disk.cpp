// SPDX-License-Identifier: Apache-2.0
//
// What the disk gives: how often a file can be extended, or written in place, and be on the disk
// before the next time.
#include "statistics.hpp"
#include "workload.hpp"

#include <array>

#include <fcntl.h>
#include <unistd.h>

namespace millrace::bench {
namespace {

constexpr std::size_t block_bytes = 4096;
using block = std::array<char, block_bytes>;

class scratch_file {
public:
  explicit scratch_file(const std::filesystem::path& path)
      : handle_(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR)) {
    if (handle_ < 0)
      throw failure("'" + path.string() + "' could not be made.");
  }
  ~scratch_file() { close(handle_); }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;

  void write(const block& data, std::size_t number) const {
    if (pwrite(handle_, data.data(), data.size(), static_cast<off_t>(number * block_bytes)) !=
        static_cast<ssize_t>(block_bytes))
      throw failure("A file beside the databases could not be written.");
  }
  void sync() const {
    if (fdatasync(handle_) != 0)
      throw failure("A file beside the databases could not be brought to the disk.");
  }

private:
  int handle_;
};

double synced_writes_per_s(const scratch_file& file, std::size_t count) {
  block data;
  data.fill('m');
  const stopwatch watch;
  for (std::size_t i = 0; i < count; ++i) {
    file.write(data, i);
    file.sync();
  }
  return static_cast<double>(count) / watch.seconds();
}

} // namespace

metrics disk_limits(const run_request& request) {
  const scratch_file grown(request.folder / "grown");
  metrics found = {{"fdatasync_appends_per_s", synced_writes_per_s(grown, request.size)}};
  // Written full of zeros: blocks that are only reserved change the file's description when they
  // are written first.
  const scratch_file allocated(request.folder / "allocated");
  for (std::size_t i = 0; i < request.size; ++i)
    allocated.write({}, i);
  allocated.sync();
  found["fdatasync_preallocated_per_s"] = synced_writes_per_s(allocated, request.size);
  return found;
}

} // namespace millrace::bench
