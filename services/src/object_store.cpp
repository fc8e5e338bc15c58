// SPDX-License-Identifier: Apache-2.0
#include "object_store.hpp"

#include "object_files.hpp"
#include "object_meta.hpp"
#include "object_names.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace millrace::services {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view file_scheme = "file://";
constexpr const char* temporary_folder = "tmp";

step_error trouble(std::string_view bucket, std::string_view key) {
  const int code = errno;
  const std::string name = std::string(bucket) + '/' + std::string(key);
  if (code == ELOOP || code == ENOTDIR)
    return {"AccessDenied", "The object " + name +
                                " cannot be reached: a link or a file stands where its folder "
                                "should be."};
  if (code == EISDIR || code == ENOTEMPTY || code == EEXIST)
    return {"AccessDenied",
            "The object " + name + " cannot be written: its key is the folder of other objects."};
  return step_error::transient("The object " + name + " cannot be read or written: " +
                               std::strerror(code) + "."); // NOLINT(concurrency-mt-unsafe)
}

step_error no_such_key() {
  return {"NoSuchKey", "The specified key does not exist."};
}

step_error bad_key() {
  return {"KeyTooLongError", "Your key is too long, or empty: a key has 1 to 1024 bytes, and 250 "
                             "between two slashes."};
}

} // namespace

struct object_upload::state {
  descriptor bucket;
  descriptor temporaries;
  std::string temporary;
  descriptor file;
  std::string bucket_name;
  std::string key;
  std::vector<std::string> names;
  md5 digest;
  std::uint64_t size = 0;
  int failure = 0; ///< errno of the write that failed

  ~state() {
    if (!temporary.empty())
      ::unlinkat(temporaries.get(), temporary.c_str(), 0);
  }
};

object_upload::object_upload(std::unique_ptr<state> made) : state_(std::move(made)) {}
object_upload::object_upload(object_upload&& other) noexcept = default;
object_upload& object_upload::operator=(object_upload&& other) noexcept = default;
object_upload::~object_upload() = default;

bool object_upload::write(std::string_view bytes) {
  if (state_->failure == 0 && !write_all(state_->file, bytes))
    state_->failure = errno;
  state_->digest.add(bytes);
  state_->size += bytes.size();
  return state_->failure == 0;
}

object_result<object_info> object_upload::finish(std::string content_type, json::object metadata) {
  state& s = *state_;
  const auto failed = [&s] { return trouble(s.bucket_name, s.key); };
  if (errno = s.failure; s.failure != 0)
    return failed();
  object_info info{
      s.key, s.size, 0, std::move(content_type), s.digest.quoted(), std::move(metadata)};
  if (::fsync(s.file.get()) != 0)
    return failed();
  std::vector<std::string> folders(s.names.begin(), s.names.end() - 1);
  const descriptor folder = open_folders(s.bucket, folders, true);
  if (!folder.is_open())
    return failed();
  // Before the object: metadata of other bytes is not believed.
  if (!write_meta(s.bucket, s.names, info))
    return failed();
  if (::renameat(s.temporaries.get(), s.temporary.c_str(), folder.get(), s.names.back().c_str()) !=
          0 ||
      ::fsync(folder.get()) != 0)
    return failed();
  s.temporary.clear();
  struct stat found {};
  if (::fstat(s.file.get(), &found) == 0)
    info.last_modified = modified_ms(found);
  return info;
}

object_store::object_store(object_options options, std::string folder)
    : options_(std::move(options)), folder_(std::move(folder)) {}

object_result<descriptor> object_store::open_bucket(std::string_view bucket, bool makes) {
  if (!is_bucket_name(bucket))
    return step_error("InvalidBucketName", "The specified bucket is not valid: " +
                                               std::string(bucket.substr(0, 100)) + ".");
  std::string path;
  if (const auto mapped = options_.buckets.find(bucket); mapped != options_.buckets.end()) {
    path = mapped->second;
    if (std::string_view(path).substr(0, file_scheme.size()) == file_scheme)
      path.erase(0, file_scheme.size());
  } else {
    const auto all = folder_.path();
    if (!all)
      return trouble("", "");
    path = *all + '/' + std::string(bucket);
  }
  std::error_code failure;
  if (makes)
    fs::create_directories(path, failure);
  descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() && (makes || errno != ENOENT))
    return trouble(bucket, "");
  return opened;
}

object_result<object_upload> object_store::begin(std::string_view bucket, std::string_view key) {
  static std::atomic<std::uint64_t> count = 0;
  auto names = file_names_of(key);
  if (!names)
    return bad_key();
  auto place = open_bucket(bucket, true);
  if (!place)
    return place.error();
  auto made = std::make_unique<object_upload::state>();
  made->bucket = std::move(*place);
  made->bucket_name = bucket;
  made->key = key;
  made->names = std::move(*names);
  made->temporaries =
      open_folders(made->bucket, {std::string(meta_folder), temporary_folder}, true);
  if (!made->temporaries.is_open())
    return trouble(bucket, key);
  std::string name = std::to_string(::getpid()) + '-' + std::to_string(++count);
  made->file =
      descriptor(::openat(made->temporaries.get(), name.c_str(),
                          O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, file_mode));
  if (!made->file.is_open())
    return trouble(bucket, key);
  made->temporary = std::move(name);
  return object_upload(std::move(made));
}

object_result<object_info> object_store::put(std::string_view bucket, std::string_view key,
                                             std::string_view bytes, std::string content_type,
                                             json::object metadata) {
  auto upload = begin(bucket, key);
  if (!upload)
    return upload.error();
  upload->write(bytes);
  return upload->finish(std::move(content_type), std::move(metadata));
}

object_result<stored_object> object_store::get(std::string_view bucket, std::string_view key) {
  const auto names = file_names_of(key);
  if (!names)
    return bad_key();
  const auto place = open_bucket(bucket, false);
  if (!place)
    return place.error();
  if (!place->is_open())
    return no_such_key();
  const descriptor folder =
      open_folders(*place, std::vector<std::string>(names->begin(), names->end() - 1), false);
  const descriptor file(folder.is_open() ? ::openat(folder.get(), names->back().c_str(),
                                                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
                                         : -1);
  if (!file.is_open())
    return errno == ENOENT ? no_such_key() : trouble(bucket, key);
  struct stat found {};
  if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode))
    return no_such_key();
  stored_object object;
  object.info.key = key;
  object.info.size = static_cast<std::uint64_t>(found.st_size);
  object.info.last_modified = modified_ms(found);
  if (object.info.size > options_.read_bytes_max)
    return step_error("EntityTooLarge", "The object " + std::string(bucket) + '/' +
                                            std::string(key) + " has " +
                                            std::to_string(object.info.size) +
                                            " bytes, more than objects.readBytesMax, " +
                                            std::to_string(options_.read_bytes_max) + ".");
  if (!read_all(file, object.bytes))
    return trouble(bucket, key);
  read_meta(*place, folder, *names, object.info);
  return object;
}

namespace {

/// Walks a bucket's folder and gathers the objects whose key begins with a prefix.
class listing {
public:
  listing(const descriptor& bucket, std::string_view prefix) : bucket_(bucket), prefix_(prefix) {}

  std::vector<object_info> run() {
    walk(bucket_, "", {});
    std::sort(found_.begin(), found_.end(),
              [](const object_info& a, const object_info& b) { return a.key < b.key; });
    return std::move(found_);
  }

private:
  void walk(const descriptor& folder, const std::string& key,
            const std::vector<std::string>& names) {
    for (const std::string& name : names_in(folder)) {
      if (names.empty() && name == meta_folder)
        continue;
      std::vector<std::string> inner = names;
      inner.push_back(name);
      visit(folder, name, key + segment_of(name), inner);
    }
  }

  void visit(const descriptor& folder, const std::string& name, const std::string& key,
             const std::vector<std::string>& names) {
    struct stat found {};
    if (::fstatat(folder.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0)
      return;
    const std::string as_folder = key + '/';
    if (S_ISDIR(found.st_mode) && is_on_the_way(as_folder))
      return walk(open_folders(folder, {name}, false), as_folder, names);
    if (!S_ISREG(found.st_mode) || found.st_size == 0 ||
        key.compare(0, prefix_.size(), prefix_) != 0)
      return;
    object_info info;
    info.key = key;
    info.size = static_cast<std::uint64_t>(found.st_size);
    info.last_modified = modified_ms(found);
    read_meta(bucket_, folder, names, info);
    found_.push_back(std::move(info));
  }

  // Whether keys below a folder can begin with the prefix.
  [[nodiscard]] bool is_on_the_way(std::string_view folder) const {
    const std::size_t shared = std::min(folder.size(), prefix_.size());
    return folder.substr(0, shared) == prefix_.substr(0, shared);
  }

  const descriptor& bucket_;
  std::string_view prefix_;
  std::vector<object_info> found_;
};

} // namespace

object_result<std::vector<object_info>>
object_store::list(std::string_view bucket, std::string_view prefix, std::size_t count_max) {
  const auto place = open_bucket(bucket, false);
  if (!place)
    return place.error();
  if (!place->is_open())
    return std::vector<object_info>();
  std::vector<object_info> found = listing(*place, prefix).run();
  if (found.size() > count_max)
    found.resize(count_max);
  return found;
}

std::optional<object_address> parse_s3_uri(std::string_view uri) {
  constexpr std::string_view scheme = "s3://";
  if (uri.substr(0, scheme.size()) != scheme)
    return std::nullopt;
  uri.remove_prefix(scheme.size());
  const std::size_t slash = uri.find('/');
  if (slash == 0 || slash == std::string_view::npos)
    return std::nullopt;
  return object_address{std::string(uri.substr(0, slash)), std::string(uri.substr(slash + 1))};
}

} // namespace millrace::services
