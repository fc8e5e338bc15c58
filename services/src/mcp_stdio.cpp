// SPDX-License-Identifier: Apache-2.0
#include "mcp_transport.hpp"

#include <millrace/text.hpp>

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace millrace::services {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t message_bytes_max = std::size_t{10} * 1024 * 1024;
constexpr std::size_t told_errors_bytes_max = 2000;

class stdio_transport final : public mcp_transport {
public:
  stdio_transport(const mcp_connection& connection, std::shared_ptr<const interruption> ends)
      : connection_(connection), ends_(std::move(ends)) {}
  ~stdio_transport() override = default;
  stdio_transport(const stdio_transport&) = delete;
  stdio_transport& operator=(const stdio_transport&) = delete;

  step_result request(const json::object& message, std::string_view) override {
    latest_ = steady_clock::now() + connection_.timeout;
    if (auto failure = write(message))
      return std::move(*failure);
    for (;;) {
      auto line = read_line();
      if (!line)
        return line.error();
      const auto received = parse_json(*line, "message");
      const json::object* members = received ? received->if_object() : nullptr;
      // What is no message is a program that talks on its standard output; it is passed over.
      if (!members)
        continue;
      const json::value* id = members->if_contains("id");
      if (members->contains("method")) {
        if (auto failure = id ? answer(*members, *id) : std::nullopt)
          return std::move(*failure);
      } else if (id && *id == message.at("id")) {
        return *received;
      }
    }
  }

  std::optional<step_error> notify(const json::object& message) override {
    latest_ = steady_clock::now() + connection_.timeout;
    return write(message);
  }

  [[nodiscard]] bool is_lost() const override { return !child_; }

  void close() override {
    child_.reset();
    buffer_.clear();
    searched_ = 0;
    errors_.clear();
  }

private:
  // The server may ask whether we are there; we offer nothing else.
  std::optional<step_error> answer(const json::object& request, const json::value& id) {
    json::object response{{"jsonrpc", "2.0"}, {"id", id}};
    const json::value& method = request.at("method");
    if (method == "ping")
      response["result"] = json::object();
    else
      response["error"] = json::object{{"code", -32601}, {"message", "Method not found"}};
    return write(response);
  }

  std::optional<step_error> write(const json::object& message) {
    if (!child_) {
      auto started = child_process::start({connection_.command, connection_.environment});
      if (!started)
        return step_error::permanent("The MCP server cannot be started: " +
                                     started.error().message());
      child_.emplace(std::move(*started));
    }
    const without_broken_pipe safe;
    const std::string line = stringify(message) + '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t written = ::write(child_->input().get(), rest.data(), rest.size());
      if (written > 0) {
        rest.remove_prefix(static_cast<std::size_t>(written));
        continue;
      }
      if (errno != EAGAIN && errno != EINTR)
        return ended();
      if (auto failure = wait_for_news(POLLOUT))
        return failure;
    }
    return std::nullopt;
  }

  boost::system::result<std::string, step_error> read_line() {
    for (;;) {
      if (const std::size_t end = buffer_.find('\n', searched_); end != std::string::npos) {
        searched_ = 0;
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      searched_ = buffer_.size();
      if (buffer_.size() > message_bytes_max) {
        close();
        return step_error::permanent("The MCP server sent a message of more than " +
                                     std::to_string(message_bytes_max) + " bytes.");
      }
      if (!child_->output().is_open())
        return ended();
      if (auto failure = wait_for_news(0))
        return std::move(*failure);
    }
  }

  // Until something can be read, or written where `writes` is POLLOUT. What stands there is read.
  std::optional<step_error> wait_for_news(short writes) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(latest_ - steady_clock::now()).count();
    if (left <= 0) {
      close();
      return step_error::transient("MCP server did not respond in " +
                                   std::to_string(connection_.timeout.count()) + " ms.");
    }
    std::array<pollfd, 4> watched{{{writes ? child_->input().get() : -1, writes, 0},
                                   {child_->output().get(), POLLIN, 0},
                                   {child_->errors().get(), POLLIN, 0},
                                   {ends_->sign().get(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(),
               static_cast<int>(std::min<long long>(left, 60'000))) <= 0)
      return std::nullopt;
    if (watched[3].revents != 0) {
      close();
      return step_error::transient("The call of the MCP tool was interrupted.");
    }
    if (watched[1].revents != 0)
      read_some(child_->output(), buffer_, message_bytes_max + 1);
    if (watched[2].revents != 0)
      read_some(child_->errors(), errors_, told_errors_bytes_max);
    return std::nullopt;
  }

  step_error ended() {
    const std::string said = to_utf8(errors_);
    close();
    return step_error::transient("The MCP server ended without a response" +
                                 (said.empty() ? "." : ": " + said));
  }

  const mcp_connection& connection_;
  const std::shared_ptr<const interruption> ends_;
  std::optional<child_process> child_;
  std::string buffer_;
  std::size_t searched_ = 0; // bytes of it without the end of a line
  std::string errors_;
  steady_clock::time_point latest_;
};

} // namespace

std::unique_ptr<mcp_transport> make_stdio_transport(const mcp_connection& connection,
                                                    std::shared_ptr<const interruption> ends) {
  return std::make_unique<stdio_transport>(connection, std::move(ends));
}

} // namespace millrace::services
