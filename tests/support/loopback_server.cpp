// SPDX-License-Identifier: Apache-2.0
#include "loopback_server.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace::testing {
namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return text;
}

bool receive(int socket, std::string& into) {
  std::array<char, 16 * 1024> part{};
  const ssize_t got = ::recv(socket, part.data(), part.size(), 0);
  if (got <= 0)
    return false;
  into.append(part.data(), static_cast<std::size_t>(got));
  return true;
}

arrived_request parse_head(std::string_view head) {
  arrived_request request;
  const std::string_view first = head.substr(0, head.find("\r\n"));
  const std::size_t space = first.find(' ');
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  for (std::size_t at = first.size() + 2; at < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    const std::string_view line = head.substr(at, end - at);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos)
      request.headers[lower(std::string(line.substr(0, colon)))] =
          line.substr(std::min(line.find_first_not_of(' ', colon + 1), line.size()));
    at = end + 2;
  }
  return request;
}

// Whole requests one after the other; false: the client has hung up.
bool read_request(int socket, std::string& buffered, arrived_request& request) {
  std::size_t end = 0;
  while ((end = buffered.find(end_of_head)) == std::string::npos)
    if (!receive(socket, buffered))
      return false;
  request = parse_head(std::string_view(buffered).substr(0, end));
  buffered.erase(0, end + end_of_head.size());
  std::size_t length = 0;
  if (const auto given = request.headers.find("content-length"); given != request.headers.end())
    std::from_chars(given->second.data(), given->second.data() + given->second.size(), length);
  while (buffered.size() < length)
    if (!receive(socket, buffered))
      return false;
  request.body = buffered.substr(0, length);
  buffered.erase(0, length);
  return true;
}

} // namespace

bool server_connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void server_connection::respond(int status, std::string_view body,
                                const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " Said\r\n";
  for (const auto& [name, value] : headers)
    head.append(name).append(": ").append(value).append("\r\n");
  head += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  send(head + std::string(body));
}

void server_connection::stall() const {
  std::string ignored;
  while (receive(socket_, ignored)) {
  }
}

loopback_server::loopback_server(handler answer) : answer_(std::move(answer)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  constexpr int backlog = 64;
  if (::bind(listener_, any, size) != 0 || ::listen(listener_, backlog) != 0 ||
      ::getsockname(listener_, any, &size) != 0)
    throw std::runtime_error("no port of 127.0.0.1 can be listened on");
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

loopback_server::~loopback_server() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_)
      ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& each : threads_)
    each.join();
  ::close(listener_);
}

std::string loopback_server::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::vector<arrived_request> loopback_server::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void loopback_server::accept_all() {
  for (int number = 1; !stopping_; ++number) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0)
      return;
    {
      const std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
    }
    threads_.emplace_back([this, socket, number] { serve(socket, number); });
  }
}

void loopback_server::serve(int socket, int number) {
  server_connection connection(socket);
  std::string buffered;
  arrived_request request;
  while (!stopping_ && !connection.is_closing() && read_request(socket, buffered, request)) {
    request.connection = number;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    answer_(request, connection);
  }
  const std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
  ::close(socket);
}

} // namespace millrace::testing
