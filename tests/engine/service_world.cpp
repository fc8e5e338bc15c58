// SPDX-License-Identifier: Apache-2.0
#include "service_world.hpp"

#include <filesystem>
#include <fstream>

namespace millrace::testing {
namespace {

// A program stalls while the file $STALL exists, and writes down the key of every invocation.
constexpr const char* function_program = R"sh(
cat > /dev/null
printf '%s\n' "$MILLRACE_IDEMPOTENCY_KEY" >> "$LOG"
[ -e "$STALL" ] && sleep 60
echo '{"done":true}')sh";
constexpr const char* mcp_program = R"sh(
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\)}$/\1/p')
  case $line in
    *'"method":"tools/call"'*)
      printf '%s\n' "$line" | sed 's/.*idempotencyKey":"\([^"]*\)".*/\1/' >> "$LOG"
      [ -e "$STALL" ] && sleep 60
      printf '{"jsonrpc":"2.0","id":%s,"result":{"done":true}}\n' "$id" ;;
    *'"method":"initialize"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{}}\n' "$id" ;;
  esac
done)sh";

std::string text_in(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

service_world::service_world() {
  std::ofstream(folder_.file("function.sh")) << function_program;
  std::ofstream(folder_.file("mcp.sh")) << mcp_program;
  std::filesystem::create_directories(folder_.file("in"));
  std::ofstream(folder_.file("in/a.json")) << R"({"a": 1})";
}

engine_options service_world::options() const {
  engine_options made = virtual_time();
  made.database = folder_.file("world.db");
  made.durability = durability::process_crash;
  service_options& local = *made.services;
  for (const char* bucket : {"files", "in", "reports"})
    local.objects.buckets[bucket] = folder_.file(bucket);
  topic_subscription subscribed;
  subscribed.queue_url = world_queue;
  subscribed.is_raw = true;
  local.messages.topics[world_topic].subscriptions = {subscribed};
  local.items.tables["t"] = {"id", "", {}, {{{"id", "b"}, {"v", 1}}}};
  local.mail.smtp_url = stalls_ ? silent_.url("").replace(0, 4, "smtp") : mail_.url();
  local.llm.providers["OPENAI"].url = http_.url("/v1");
  local.mcp["http"].url = http_.url("/mcp");
  local.mcp["program"].command = {"/bin/sh", folder_.file("mcp.sh")};
  function_target& function = local.functions.functions["f"];
  function.command = {"/bin/sh", folder_.file("function.sh")};
  function.environment = {{"LOG", folder_.file("log")}, {"STALL", folder_.file("stall")}};
  local.mcp["program"].environment = function.environment;
  local.functions.modules["my/module"].handler = [](const json::value&) -> step_result {
    return json::object{{"outputData", {{"done", true}}}};
  };
  return made;
}

void service_world::stall(bool stalls) {
  stalls_ = stalls;
  if (stalls)
    std::ofstream(folder_.file("stall")) << "yes";
  else
    std::filesystem::remove(folder_.file("stall"));
}

std::multiset<std::string> service_world::keys() const {
  std::multiset<std::string> all;
  for (const arrived_request& each : http_.requests())
    if (const auto key = each.headers.find("idempotency-key"); key != each.headers.end())
      all.insert(key->second);
  std::ifstream log(folder_.file("log"));
  for (std::string line; std::getline(log, line);)
    all.insert(line);
  return all;
}

// Without what the store keeps beside them.
std::map<std::string, std::string> service_world::files(const char* bucket) const {
  std::map<std::string, std::string> all;
  const std::filesystem::path root(folder_.file(bucket));
  for (const auto& each : std::filesystem::recursive_directory_iterator(root)) {
    const std::string name = std::filesystem::relative(each.path(), root).string();
    if (each.is_regular_file() && name.rfind(".meta", 0) != 0)
      all[name] = text_in(each.path().string());
  }
  return all;
}

void service_world::answer(const arrived_request& request, server_connection& connection) const {
  if (stalls_) {
    connection.stall();
    return connection.close();
  }
  const auto key = request.headers.find("idempotency-key");
  const std::string call = key == request.headers.end() ? "" : key->second;
  if (request.target == "/v1/chat/completions")
    return connection.respond(200,
                              request.body.find("json_object") == std::string::npos
                                  ? R"({"choices":[{"message":{"content":"done"}}]})"
                                  : R"({"choices":[{"message":{"content":"{\"done\":true}"}}]})");
  if (request.target == "/job") // the same poll gets the same answer
    return connection.respond(200, call.ends_with(":0") ? R"({"status":"RUNNING"})"
                                                        : R"({"status":"DONE"})");
  if (request.target != "/mcp")
    return connection.respond(200, R"({"done":true})", {{"content-type", "application/json"}});
  const json::value message = parse_json(request.body, "message").value();
  const json::value* id = message.as_object().if_contains("id");
  connection.respond(
      200, stringify(json::object{{"id", id ? *id : json::value()}, {"result", {{"done", true}}}}));
}

} // namespace millrace::testing
