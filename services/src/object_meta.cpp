// SPDX-License-Identifier: Apache-2.0
#include "object_meta.hpp"

#include "media_types.hpp"
#include "object_names.hpp"

#include <array>

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

namespace millrace::services {
namespace {

constexpr const char* objects_folder = "objects";
constexpr std::string_view default_type = "binary/octet-stream"; // of S3

std::vector<std::string> meta_folders(const std::vector<std::string>& names) {
  std::vector<std::string> all{std::string(meta_folder), objects_folder};
  all.insert(all.end(), names.begin(), names.end() - 1);
  return all;
}

std::string meta_name(const std::vector<std::string>& names) {
  return names.back() + ".json";
}

// False: there is nothing about these bytes.
bool read_sidecar(const descriptor& bucket, const std::vector<std::string>& names,
                  object_info& info) {
  const descriptor folder = open_folders(bucket, meta_folders(names), false);
  const descriptor file(folder.is_open() ? ::openat(folder.get(), meta_name(names).c_str(),
                                                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
                                         : -1);
  std::string text;
  if (!file.is_open() || !read_all(file, text))
    return false;
  const auto parsed = parse_json(text, "metadata of an object");
  const json::object* members = parsed ? parsed->if_object() : nullptr;
  if (!members || !members->contains("size") ||
      members->at("size").to_number<std::uint64_t>() != info.size)
    return false;
  info.content_type = members->at("contentType").as_string();
  info.etag = members->at("eTag").as_string();
  info.metadata = members->at("metadata").as_object();
  return true;
}

std::string etag_of(const descriptor& folder, const std::string& name) {
  const descriptor file(::openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  md5 digest;
  std::array<char, 64 * 1024> part{};
  ssize_t got = 0;
  while (file.is_open() && (got = ::read(file.get(), part.data(), part.size())) > 0)
    digest.add({part.data(), static_cast<std::size_t>(got)});
  return digest.quoted();
}

} // namespace

md5::md5() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  EVP_DigestInit_ex(context_.get(), EVP_md5(), nullptr);
}

void md5::add(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

std::string md5::quoted() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text = "\"";
  for (unsigned i = 0; i < size; ++i) {
    text += hex[digest[i] >> 4U];
    text += hex[digest[i] & 0xFU];
  }
  return text + '"';
}

std::int64_t modified_ms(const struct stat& found) {
  constexpr std::int64_t ms_per_second = 1000;
  constexpr std::int64_t ns_per_ms = 1'000'000;
  return found.st_mtim.tv_sec * ms_per_second + found.st_mtim.tv_nsec / ns_per_ms;
}

bool write_meta(const descriptor& bucket, const std::vector<std::string>& names,
                const object_info& info) {
  const json::object meta{{"size", info.size},
                          {"contentType", info.content_type},
                          {"eTag", info.etag},
                          {"metadata", info.metadata}};
  const descriptor folder = open_folders(bucket, meta_folders(names), true);
  return folder.is_open() && replace_file(folder, meta_name(names), stringify(meta));
}

void read_meta(const descriptor& bucket, const descriptor& folder,
               const std::vector<std::string>& names, object_info& info) {
  if (read_sidecar(bucket, names, info))
    return;
  const std::string_view by_name = media_type_by_name(names.back());
  info.content_type = by_name.empty() ? default_type : by_name;
  info.etag = etag_of(folder, names.back());
}

} // namespace millrace::services
