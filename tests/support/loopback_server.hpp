// SPDX-License-Identifier: Apache-2.0
//
// A small HTTP server on 127.0.0.1 that does what a test tells it, wrong things included. Every
// connection has a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace millrace::testing {

/// A request as it arrived. Header names in lower case.
struct arrived_request {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;
  std::string body;
  int connection = 0; ///< counted from 1
};

/// The server's end of one connection, for an answer of any kind.
class server_connection {
public:
  explicit server_connection(int socket) : socket_(socket) {}
  /// Sends bytes as they are; false when nobody takes them any more.
  bool send(std::string_view bytes);
  /// Sends a whole response with a content-length.
  void respond(int status, std::string_view body = "",
               const std::vector<std::pair<std::string, std::string>>& headers = {});
  /// Closes after this answer.
  void close() noexcept { is_closing_ = true; }
  /// Blocks until the server goes or the client hangs up.
  void stall() const;

  [[nodiscard]] bool is_closing() const noexcept { return is_closing_; }
  [[nodiscard]] int socket() const noexcept { return socket_; }

private:
  int socket_;
  bool is_closing_ = false;
};

class loopback_server {
public:
  using handler = std::function<void(const arrived_request&, server_connection&)>;

  /// Listens on a free port of 127.0.0.1. `answer` is called on the threads of the connections.
  explicit loopback_server(handler answer);
  loopback_server(const loopback_server&) = delete;
  loopback_server& operator=(const loopback_server&) = delete;
  ~loopback_server();

  [[nodiscard]] unsigned port() const noexcept { return port_; }
  /// "http://127.0.0.1:PORT" and `path`.
  [[nodiscard]] std::string url(std::string_view path = "/") const;
  /// Everything that has arrived until now.
  [[nodiscard]] std::vector<arrived_request> requests() const;

private:
  void accept_all();
  void serve(int socket, int number);

  handler answer_;
  int listener_ = -1;
  unsigned port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<arrived_request> requests_; // guarded by mutex_
  std::vector<int> sockets_;              // guarded by mutex_; open ones
  std::list<std::thread> threads_;        // of the accepting thread, and of the end
  std::thread accepting_;
};

} // namespace millrace::testing
