// SPDX-License-Identifier: Apache-2.0
//
// One request and its response, without redirects: an easy handle and what its callbacks gather.
#pragma once

#include "http_client.hpp"

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

namespace millrace::services {

/// The parts of a URL that decide where a request may go. Absent: it is no URL of HTTP.
struct http_target {
  std::string scheme;
  std::string host; ///< lower case; IPv6 in brackets
  unsigned port = 0;

  [[nodiscard]] bool operator==(const http_target& other) const = default;
};
[[nodiscard]] std::optional<http_target> target_of(const std::string& url);

/// One transfer. Belongs to one thread at a time; must not move while it is in a multi handle.
class transfer {
public:
  /// Borrows both for its lifetime.
  transfer(const http_options& options, const http_request& request);
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;
  ~transfer() = default;

  [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }
  /// What came of it, once the multi handle said `code`.
  [[nodiscard]] http_result finish(CURLcode code);
  /// Where the response wants to lead, absolute; empty: nowhere.
  [[nodiscard]] const std::string& redirect() const noexcept { return redirect_; }

private:
  struct easy_deleter {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  };
  struct list_deleter {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };

  void set_up();
  void put_headers();
  void put_body();
  void on_header(std::string_view line);
  std::size_t on_body(std::string_view part);
  [[nodiscard]] http_failure failure(CURLcode code) const;
  static std::size_t header_callback(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t body_callback(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t socket_callback(void* self, curlsocktype purpose, curl_sockaddr* address);

  const http_options& options_;
  const http_request& request_;
  std::unique_ptr<CURL, easy_deleter> easy_;
  std::unique_ptr<curl_slist, list_deleter> header_lines_;
  std::array<char, CURL_ERROR_SIZE> curl_error_{};
  http_response response_;
  std::size_t body_bytes_ = 0;
  std::size_t body_bytes_max_ = 0;
  std::size_t header_bytes_ = 0;
  std::string redirect_;
  std::string refused_; ///< why no connection was opened
  bool is_too_large_ = false;
  bool is_unwanted_ = false;
};

} // namespace millrace::services
