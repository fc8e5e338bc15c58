// SPDX-License-Identifier: Apache-2.0
#include "smtp_sink.hpp"

#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace::testing {
namespace {

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Takes what stands before `end` out of the buffer, reading more where it is not there yet.
bool read_until(int socket, std::string& buffer, std::string_view end, std::string& into) {
  for (;;) {
    if (const std::size_t at = buffer.find(end); at != std::string::npos) {
      into = buffer.substr(0, at);
      buffer.erase(0, at + end.size());
      return true;
    }
    char part[4096];
    const ssize_t got = ::recv(socket, &part[0], sizeof part, 0);
    if (got <= 0)
      return false;
    buffer.append(&part[0], static_cast<std::size_t>(got));
  }
}

std::string first_word(const std::string& line) {
  return line.substr(0, line.find_first_of(" :"));
}

std::string in_brackets(const std::string& line) {
  const std::size_t open = line.find('<');
  return line.substr(open + 1, line.find('>') - open - 1);
}

} // namespace

smtp_sink::smtp_sink(std::vector<std::pair<std::string, std::string>> replies)
    : replies_(std::move(replies)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, any, size) != 0 || ::listen(listener_, 8) != 0 ||
      ::getsockname(listener_, any, &size) != 0)
    throw std::runtime_error("no port of 127.0.0.1 can be listened to");
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

smtp_sink::~smtp_sink() {
  stopping_ = true;
  if (const int socket = open_; socket >= 0)
    ::shutdown(socket, SHUT_RDWR);
  accepting_.join();
  ::close(listener_);
}

std::string smtp_sink::url() const {
  return "smtp://127.0.0.1:" + std::to_string(port_);
}

std::vector<arrived_mail> smtp_sink::mails() const {
  const std::lock_guard lock(mutex_);
  return mails_;
}

void smtp_sink::accept_all() {
  constexpr int glance_ms = 20;
  while (!stopping_) {
    pollfd arriving{listener_, POLLIN, 0};
    if (::poll(&arriving, 1, glance_ms) <= 0)
      continue;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0)
      continue;
    open_ = socket;
    serve(socket);
    open_ = -1;
    ::close(socket);
  }
}

std::string smtp_sink::answer_to(const std::string& line) const {
  const std::string command = first_word(line);
  for (const auto& [name, reply] : replies_)
    if (name == command)
      return reply;
  if (command == "EHLO")
    return "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN";
  if (command == "AUTH")
    return "235 welcome";
  if (command == "DATA")
    return "354 go on";
  if (command == "QUIT")
    return "221 bye";
  return "250 ok";
}

void smtp_sink::serve(int socket) {
  std::string buffer;
  std::string line;
  arrived_mail mail;
  if (!send_all(socket, "220 sink\r\n"))
    return;
  while (read_until(socket, buffer, "\r\n", line)) {
    // AUTH PLAIN has its second line asked for.
    if (line == "AUTH PLAIN" &&
        !(send_all(socket, "334 \r\n") && read_until(socket, buffer, "\r\n", mail.login)))
      return;
    const std::string answer = answer_to(line);
    if (answer == "DROP" || !send_all(socket, answer + "\r\n"))
      return;
    const std::string command = first_word(line);
    if (command == "MAIL")
      mail.from = in_brackets(line);
    else if (command == "RCPT")
      mail.to.push_back(in_brackets(line));
    else if (command == "QUIT")
      return;
    if (command != "DATA" || answer.compare(0, 3, "354") != 0)
      continue;
    if (!read_until(socket, buffer, "\r\n.\r\n", mail.data))
      return;
    {
      const std::lock_guard lock(mutex_);
      mails_.push_back(mail);
    }
    const std::string end = answer_to("END");
    if (end == "DROP" || !send_all(socket, end + "\r\n"))
      return;
  }
}

} // namespace millrace::testing
