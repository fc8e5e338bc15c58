// SPDX-License-Identifier: Apache-2.0
#include <millrace/content_hash.hpp>

#include <boost/algorithm/hex.hpp>

#include <array>
#include <cstddef>
#include <iterator>
#include <stdexcept>

#include <openssl/evp.h>

namespace millrace::flows {

std::string content_hash(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int digest_bytes = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &digest_bytes, EVP_sha256(), nullptr) !=
      1) {
    // Never a made-up hash: it would name another text.
    throw std::runtime_error("OpenSSL's libcrypto cannot compute a SHA-256 digest.");
  }
  std::string hash;
  hash.reserve(2 * std::size_t{digest_bytes});
  boost::algorithm::hex_lower(digest.begin(), digest.begin() + digest_bytes,
                              std::back_inserter(hash));
  return hash;
}

} // namespace millrace::flows
