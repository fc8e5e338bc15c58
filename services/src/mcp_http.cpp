// SPDX-License-Identifier: Apache-2.0
//
// Source of errors: reference mcp-client.
#include "api_call.hpp"
#include "json_members.hpp"
#include "mcp_transport.hpp"

namespace millrace::services {
namespace {

constexpr int client_errors = 400;
constexpr int not_found = 404;
constexpr const char* session_header = "Mcp-Session-Id";

// The message with that id among the events of a stream; absent: it is not there.
std::optional<json::value> message_in_events(std::string_view body, const json::value& id) {
  std::string data;
  for (std::size_t at = 0; at <= body.size();) {
    std::size_t end = std::min(body.find('\n', at), body.size());
    std::string_view line = body.substr(at, end - at);
    at = end + 1;
    if (!line.empty() && line.back() == '\r')
      line.remove_suffix(1);
    if (line.substr(0, 5) == "data:") {
      line.remove_prefix(5);
      if (!line.empty() && line.front() == ' ')
        line.remove_prefix(1);
      data += (data.empty() ? "" : "\n") + std::string(line);
      if (end != body.size())
        continue;
    }
    if (!line.empty() && end != body.size())
      continue;
    if (auto message = parse_json(data, "event"))
      if (const json::object* members = message->if_object())
        if (const json::value* its = members->if_contains("id"); its && *its == id)
          return std::move(*message);
    data.clear();
  }
  return std::nullopt;
}

class http_transport final : public mcp_transport {
public:
  http_transport(const mcp_connection& connection, std::shared_ptr<http_client> client)
      : connection_(connection), client_(std::move(client)) {}
  ~http_transport() override = default;
  http_transport(const http_transport&) = delete;
  http_transport& operator=(const http_transport&) = delete;

  step_result request(const json::object& message, std::string_view key) override {
    auto response = post(message, key);
    if (!response)
      return response.error();
    session_ = text_in(response->headers, "mcp-session-id", session_);
    const std::string type = text_in(response->headers, "content-type");
    if (type.find("text/event-stream") == std::string::npos)
      return decode_body(response->body);
    if (auto found = message_in_events(response->body, message.at("id")))
      return std::move(*found);
    return step_error::transient("MCP server closed its stream without a response.");
  }

  std::optional<step_error> notify(const json::object& message) override {
    auto response = post(message, {});
    if (!response)
      return response.error();
    return std::nullopt;
  }

  [[nodiscard]] bool is_lost() const override { return is_lost_; }

  void close() override {
    session_.clear();
    is_lost_ = false;
  }

private:
  boost::system::result<http_response, step_error> post(const json::object& message,
                                                        std::string_view key) {
    http_request request;
    request.method = "POST";
    request.url = connection_.url;
    request.timeout = connection_.timeout;
    request.body = stringify(message);
    request.headers = {{"Content-Type", "application/json"},
                       {"Accept", "application/json, text/event-stream"}};
    if (!key.empty())
      request.headers.emplace_back("Idempotency-Key", key);
    if (!session_.empty()) {
      request.host_headers.emplace_back(session_header, session_);
      request.headers.emplace_back("MCP-Protocol-Version", mcp_protocol_version);
    }
    for (const auto& header : connection_.headers)
      request.host_headers.emplace_back(header);
    auto response = client_->run(std::move(request));
    if (!response)
      return response.error().is_transient()
                 ? step_error::transient("MCP server did not respond. This may be a temporary "
                                         "network issue. " +
                                         response.error().message)
                 : step_error::permanent(
                       "An unexpected error occurred while calling the MCP tool. " +
                       response.error().message);
    const std::string status = std::to_string(response->status);
    if (is_server_error(response->status))
      return step_error::transient("MCP server returned a server error (HTTP " + status + ").");
    if (response->status >= client_errors) {
      is_lost_ = response->status == not_found && !session_.empty();
      step_error refused =
          step_error::permanent("MCP server returned a client error (HTTP " + status +
                                "). Please check the step configuration.");
      refused.details["responseData"] = decode_body(response->body);
      return refused;
    }
    return std::move(*response);
  }

  const mcp_connection& connection_;
  std::shared_ptr<http_client> client_;
  std::string session_;
  bool is_lost_ = false;
};

} // namespace

std::unique_ptr<mcp_transport> make_http_transport(const mcp_connection& connection,
                                                   std::shared_ptr<http_client> client) {
  return std::make_unique<http_transport>(connection, std::move(client));
}

} // namespace millrace::services
