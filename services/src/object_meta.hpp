// SPDX-License-Identifier: Apache-2.0
//
// What is known of an object beside its bytes: a file in the folder `.meta` of its bucket.
#pragma once

#include "object_files.hpp"
#include "object_store.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_md_ctx_st; // of OpenSSL

namespace millrace::services {

/// The MD5 of what is fed to it.
class md5 {
public:
  md5();
  void add(std::string_view bytes);
  /// In hexadecimal, in quotes, as an ETag is.
  [[nodiscard]] std::string quoted();

private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

/// Unix milliseconds.
[[nodiscard]] std::int64_t modified_ms(const struct stat& found);

/// Writes it down, durably; false with errno set. `names`: the file names of the key.
[[nodiscard]] bool write_meta(const descriptor& bucket, const std::vector<std::string>& names,
                              const object_info& info);
/// Reads it, unless it is of other bytes: then only what the file shows is known. `folder`: that of
/// the object.
void read_meta(const descriptor& bucket, const descriptor& folder,
               const std::vector<std::string>& names, object_info& info);

} // namespace millrace::services
