// SPDX-License-Identifier: Apache-2.0
//
// Requests over HTTP: libcurl's multi interface on one thread that begins with the first request.
// Connections are used again, HTTP/2 where it is offered, certificates are verified.
#pragma once

#include <millrace/service_options.hpp>

#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::services {

/// Kinds of statuses (RFC 9110, 15).
[[nodiscard]] constexpr bool is_success(int status) noexcept {
  return status >= 200 && status <= 299;
}
[[nodiscard]] constexpr bool is_server_error(int status) noexcept {
  return status >= 500;
}
inline constexpr int too_many_requests = 429; ///< RFC 6585, 4

/// One request. Headers that stand in the options for its host are added.
struct http_request {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  /// Headers for the host of `url` alone: a redirect takes them to no other.
  std::vector<std::pair<std::string, std::string>> host_headers;
  std::optional<std::string> body;
  /// Of everything, redirects included.
  std::chrono::milliseconds timeout{10'000};
  /// Redirects that are followed; the default is that of axios, which Allma uses.
  int redirects_max = 21;
  /// Bytes of the body, unpacked; 0: that of the options.
  std::size_t response_bytes_max = 0;
  bool verifies_certificates = true;
  /// Takes the body of a response with a status of 2xx part by part instead of response::body;
  /// false ends the transfer. Called on the client's thread.
  std::function<bool(std::string_view part)> sink;
};

struct http_response {
  int status = 0;
  /// By lower-case name; values of the same name are joined by ", ", but set-cookie is a list. As
  /// axios gives them.
  json::object headers;
  std::string body;
  std::string url; ///< where the last redirect led
};

/// Why there is no response. The message names the host and never a header or a secret.
struct http_failure {
  enum class reason : unsigned char {
    bad_request, ///< a URL, method or header that cannot be sent
    refused,     ///< the host or its address is not allowed
    too_large,   ///< the response passed its limit
    redirects,   ///< too many of them
    timeout,     ///< the time is over
    network,     ///< no connection, or it broke
    certificate, ///< the server is not who it should be
    sink,        ///< the sink wanted no more
    stopped,     ///< the client goes
  };
  reason why = reason::network;
  std::string message;

  /// Whether the same request may work another time.
  [[nodiscard]] bool is_transient() const noexcept {
    return why == reason::timeout || why == reason::network || why == reason::stopped;
  }
};

[[noreturn]] void throw_exception_from_error(const http_failure& failure,
                                             const boost::source_location& where);

using http_result = boost::system::result<http_response, http_failure>;

/// Thread-safe.
class http_client {
public:
  explicit http_client(http_options options);
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;
  /// Ends what is under way with `stopped`.
  ~http_client();

  /// Ends what is under way, and everything that comes, with `stopped`. Idempotent.
  void stop();
  /// Blocks until the response is there.
  [[nodiscard]] http_result run(http_request request);
  [[nodiscard]] const http_options& options() const noexcept { return options_; }

private:
  class reactor;

  http_options options_;
  std::unique_ptr<reactor> reactor_;
};

} // namespace millrace::services
