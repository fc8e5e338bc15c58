// SPDX-License-Identifier: Apache-2.0
//
// The client against a server on loopback that behaves well, badly and maliciously.
#include "http_client.hpp"

#include "catch.hpp"
#include "http_guard.hpp"
#include "loopback_server.hpp"

#include <atomic>
#include <fstream>
#include <future>

#include <arpa/inet.h>
#include <netinet/in.h>

using namespace millrace;
using namespace std::chrono_literals;
using services::http_client;
using services::http_failure;
using services::http_request;
using testing::arrived_request;
using testing::loopback_server;
using testing::server_connection;
using reason = http_failure::reason;

namespace {

http_request get(std::string url) {
  http_request request;
  request.url = std::move(url);
  request.timeout = 10s;
  return request;
}

http_failure failure_of(http_client& client, http_request request) {
  const auto outcome = client.run(std::move(request));
  REQUIRE_FALSE(outcome.has_value());
  return outcome.error();
}

void send_back(const arrived_request& request, server_connection& connection) {
  connection.respond(200, request.method + ' ' + request.body);
}

// Kilobytes of this process that are in memory.
std::size_t resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      std::size_t size = 0;
      status >> size;
      return size;
    }
  return 0;
}

// 300,000 zeros, packed by gzip.
constexpr unsigned char packed_zeros[] = {
    31, 139, 8,  0, 0, 0, 0, 0,   2,  3,   237, 193, 1,   13,  0,   0, 0, 194, 160, 247, 79, 109,
    15, 7,   20, 0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 0,   0,  0,   0,   0,   0,   0,   0,   0, 0, 0,   0,   0,   0,  0,
    0,  0,   0,  0, 0, 0, 0, 252, 24, 251, 226, 178, 246, 224, 147, 4, 0};

} // namespace

TEST_CASE("a response has its status, its headers by lower-case name and its body") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.respond(201, "made",
                       {{"X-One", "1"}, {"x-one", "2"}, {"Set-Cookie", "a"}, {"Set-Cookie", "b"}});
  });
  http_client client({});
  const auto response = client.run(get(server.url()));
  REQUIRE(response.has_value());
  CHECK(response->status == 201);
  CHECK(response->body == "made");
  CHECK(response->headers.at("x-one") == "1, 2");
  CHECK(response->headers.at("set-cookie") == json::array{"a", "b"});
}

TEST_CASE("a connection is used again") {
  loopback_server server(send_back);
  http_client client({});
  for (int i = 0; i < 3; ++i)
    REQUIRE(client.run(get(server.url())).has_value());
  CHECK(server.requests().back().connection == 1);
}

TEST_CASE("many requests run at once") {
  std::atomic<int> waiting = 0;
  loopback_server server([&](const arrived_request&, server_connection& connection) {
    ++waiting;
    while (waiting < 8) // nobody is answered before all are here
      std::this_thread::yield();
    connection.respond(200, "ok");
  });
  http_client client({});
  std::vector<std::future<bool>> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(
        std::async(std::launch::async, [&] { return client.run(get(server.url())).has_value(); }));
  for (auto& each : all)
    CHECK(each.get());
}

TEST_CASE("a server that never answers costs the timeout and no more") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.stall();
    connection.close();
  });
  http_client client({});
  auto request = get(server.url());
  request.timeout = 200ms;
  const auto failure = failure_of(client, request);
  CHECK(failure.why == reason::timeout);
  CHECK(failure.message == "127.0.0.1 gave no answer within 200 ms.");
  CHECK(failure.is_transient());
}

TEST_CASE("a connection that breaks in the middle of a body is a failure of the network") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    connection.close();
  });
  http_client client({});
  CHECK(failure_of(client, get(server.url())).why == reason::network);
}

TEST_CASE("what is no HTTP is a failure of the network") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.send("220 mail.example ESMTP\r\n");
    connection.close();
  });
  http_client client({});
  CHECK(failure_of(client, get(server.url())).why == reason::network);
  CHECK(failure_of(client, get("http://127.0.0.1:1/")).why == reason::network);
}

TEST_CASE("redirects change the method as axios does") {
  struct change {
    int status;
    const char* method;
    const char* then;
  };
  const change all[] = {{301, "POST", "GET "},    {302, "POST", "GET "}, {303, "PUT", "GET "},
                        {303, "POST", "GET "},    {301, "PUT", "PUT b"}, {307, "POST", "POST b"},
                        {308, "PATCH", "PATCH b"}};
  for (const change& each : all) {
    INFO(each.status << ' ' << each.method);
    loopback_server server([&](const arrived_request& request, server_connection& connection) {
      if (request.target == "/there")
        return send_back(request, connection);
      connection.respond(each.status, "", {{"Location", "/there"}});
    });
    http_client client({});
    auto request = get(server.url("/here"));
    request.method = each.method;
    request.body = "b";
    const auto response = client.run(request);
    REQUIRE(response.has_value());
    CHECK(response->body == each.then);
    CHECK(response->url == server.url("/there"));
  }
}

TEST_CASE("a redirect that never ends is given up") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.respond(302, "", {{"Location", "/again"}});
  });
  http_client client({});
  CHECK(failure_of(client, get(server.url())).why == reason::redirects);
  CHECK(server.requests().size() == 22);
}

TEST_CASE("another host gets no credentials, whoever gave them") {
  loopback_server server([&](const arrived_request& request, server_connection& connection) {
    if (request.target == "/there")
      return connection.respond(200, "ok");
    const std::string port =
        request.headers.at("host").substr(request.headers.at("host").find(':'));
    connection.respond(
        302, "",
        {{"Location", request.target == "/near" ? std::string("/there")
                                                : "http://localhost" + port + "/there"}});
  });
  http_options options;
  options.headers["127.0.0.1"] = {{"X-Token", "s3cret"}};
  http_client client(options);
  for (const char* from : {"/near", "/far"}) {
    INFO(from);
    auto request = get(server.url(from));
    request.headers = {{"authorization", "Bearer a"}, {"Cookie", "c"}, {"X-Own", "1"}};
    REQUIRE(client.run(request).has_value());
    const auto arrived = server.requests().back();
    const bool is_near = std::string_view(from) == "/near";
    CHECK(arrived.headers.contains("authorization") == is_near);
    CHECK(arrived.headers.contains("cookie") == is_near);
    CHECK(arrived.headers.contains("x-token") == is_near);
    CHECK(arrived.headers.at("x-own") == "1");
  }
}

TEST_CASE("a redirect leads to no other scheme") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.respond(302, "", {{"Location", "file:///etc/passwd"}});
  });
  http_client client({});
  CHECK(failure_of(client, get(server.url())).why == reason::bad_request);
  for (const char* url :
       {"file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "", "/a", "http://"}) {
    INFO(url);
    CHECK(failure_of(client, get(url)).why == reason::bad_request);
  }
}

TEST_CASE("a gigabyte is refused at the limit, and memory stays flat") {
  std::atomic<std::size_t> sent = 0;
  loopback_server server([&](const arrived_request&, server_connection& connection) {
    constexpr std::size_t whole = std::size_t{1} << 30U;
    const std::string part(std::size_t{1} << 16U, 'x');
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    while (sent < whole && connection.send(part))
      sent += part.size();
    connection.close();
  });
  http_client client({});
  REQUIRE_FALSE(client.run(get(server.url("/warm"))).has_value());
  sent = 0;
  const std::size_t before = resident_kilobytes();
  const auto failure = failure_of(client, get(server.url()));
  CHECK(failure.why == reason::too_large);
  CHECK(failure.message == "The response of 127.0.0.1 is larger than its limit of 10485760 bytes.");
  constexpr std::size_t growth_max_kilobytes = 64 * 1024;
  CHECK(resident_kilobytes() < before + growth_max_kilobytes);
  CHECK(sent < (std::size_t{1} << 29U));
}

TEST_CASE("a body that is announced too large is not read at all") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
    connection.stall();
    connection.close();
  });
  http_client client({});
  CHECK(failure_of(client, get(server.url())).why == reason::too_large);
}

TEST_CASE("the limit counts what a packed body unpacks to") {
  loopback_server server([](const arrived_request& request, server_connection& connection) {
    CHECK(request.headers.at("accept-encoding").find("gzip") != std::string::npos);
    connection.respond(200, {reinterpret_cast<const char*>(packed_zeros), sizeof packed_zeros},
                       {{"Content-Encoding", "gzip"}});
  });
  http_client client({});
  const auto response = client.run(get(server.url()));
  REQUIRE(response.has_value());
  CHECK(response->body.size() == 300'000);
  CHECK_FALSE(response->headers.contains("content-encoding"));
  auto request = get(server.url());
  request.response_bytes_max = 100'000;
  CHECK(failure_of(client, request).why == reason::too_large);
}

TEST_CASE("headers without end are refused") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.send("HTTP/1.1 200 OK\r\n");
    const std::string line = "X-More: " + std::string(1000, 'x') + "\r\n";
    while (connection.send(line)) {
    }
    connection.close();
  });
  http_client client({});
  CHECK(failure_of(client, get(server.url())).why == reason::too_large);
}

TEST_CASE("nothing in a request adds a line to its head") {
  loopback_server server(send_back);
  http_client client({});
  std::vector<http_request> all;
  for (const std::string& value :
       {std::string("a\r\nX-Evil: 1"), std::string("a\nb"), std::string("a\0b", 3),
        std::string("a\rb"), std::string("a\x7f")}) {
    all.push_back(get(server.url()));
    all.back().headers = {{"X-A", value}};
  }
  for (const char* name : {"X-A: 1\r\nX-Evil", "X A", "", "X:A"}) {
    all.push_back(get(server.url()));
    all.back().headers = {{name, "1"}};
  }
  for (const char* path : {"/a\r\nX-Evil: 1", "/a\nb", "/a HTTP/1.1\r\nX-Evil: 1"})
    all.push_back(get(server.url(path)));
  all.push_back(get(server.url()));
  all.back().method = "GET / HTTP/1.1\r\nX-Evil: 1\r\n\r\nGET";
  for (const http_request& each : all)
    CHECK(failure_of(client, each).why == reason::bad_request);
  CHECK(server.requests().empty());
}

TEST_CASE("addresses of metadata are refused in every spelling") {
  http_client client({});
  for (const char* host :
       {"169.254.169.254", "0xA9FEA9FE", "2852039166", "0251.0376.0251.0376", "169.254.43518",
        "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]", "[fe80::1]", "[fd00:ec2::254]", "0.0.0.0", "[::]", "224.0.0.1",
        "255.255.255.255", "[ff02::1]"}) {
    INFO(host);
    auto request = get("http://" + std::string(host) + "/latest/meta-data/");
    request.timeout = 2s;
    const auto failure = failure_of(client, request);
    INFO(failure.message);
    CHECK(failure.why == reason::refused);
  }
}

TEST_CASE("a redirect to an address of metadata is refused") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.respond(307, "", {{"Location", "http://169.254.169.254/latest/meta-data/"}});
  });
  http_client client({});
  const auto failure = failure_of(client, get(server.url()));
  CHECK(failure.why == reason::refused);
  CHECK(failure.message ==
        "The address 169.254.169.254 is refused: link-local addresses lead to metadata of the "
        "machine. Name it under http.allowedAddresses if it is meant.");
}

TEST_CASE("private addresses are refused where the options say so, but for those they name") {
  loopback_server server(send_back);
  http_options options;
  options.refuse_private_addresses = true;
  http_client strict(options);
  CHECK(failure_of(strict, get(server.url())).why == reason::refused);
  CHECK(failure_of(strict, get("http://localhost:" + std::to_string(server.port()))).why ==
        reason::refused);
  options.allowed_addresses = {"127.0.0.1"};
  http_client named(options);
  CHECK(named.run(get(server.url())).has_value());
  const auto is_refused = [&](const char* address) {
    sockaddr_in6 inet{};
    inet.sin6_family = AF_INET6;
    REQUIRE(::inet_pton(AF_INET6, address, &inet.sin6_addr) == 1);
    sockaddr generic{};
    static_assert(sizeof inet > sizeof generic);
    return services::why_refused(options, *reinterpret_cast<const sockaddr*>(&inet)).has_value();
  };
  for (const char* address : {"::1", "::ffff:10.0.0.1", "::ffff:172.16.0.1", "::ffff:192.168.0.1",
                              "::ffff:100.64.0.1", "fd12::1"})
    CHECK(is_refused(address));
  for (const char* address : {"::ffff:8.8.8.8", "2001:4860:4860::8888", "::ffff:172.32.0.1"})
    CHECK_FALSE(is_refused(address));
}

TEST_CASE("a list of hosts allows these alone, also after a redirect") {
  http_options options;
  options.allowed_hosts = {"127.0.0.1", "*.example.com", "api.example.org:8443", "[::1]"};
  CHECK(services::is_allowed_host(options, "a.example.com", 80));
  CHECK(services::is_allowed_host(options, "api.example.org", 8443));
  CHECK(services::is_allowed_host(options, "[::1]", 80));
  for (const char* host : {"example.com", "evilexample.com", "a.example.com.evil", "localhost"})
    CHECK_FALSE(services::is_allowed_host(options, host, 80));
  CHECK_FALSE(services::is_allowed_host(options, "api.example.org", 443));
  loopback_server server([](const arrived_request& request, server_connection& connection) {
    const std::string host = request.headers.at("host");
    connection.respond(302, "",
                       {{"Location", "http://localhost" + host.substr(host.find(':')) + "/"}});
  });
  http_client client(options);
  const auto failure = failure_of(client, get(server.url()));
  CHECK(failure.why == reason::refused);
  CHECK(failure.message.find("localhost:") != std::string::npos);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a sink takes the body of a success part by part, and may end it") {
  loopback_server server([](const arrived_request& request, server_connection& connection) {
    connection.respond(request.target == "/no" ? 404 : 200, std::string(200'000, 'x'));
  });
  http_client client({});
  std::size_t seen = 0;
  auto request = get(server.url());
  request.sink = [&seen](std::string_view part) {
    seen += part.size();
    return true;
  };
  const auto response = client.run(request);
  REQUIRE(response.has_value());
  CHECK(response->body.empty());
  CHECK(seen == 200'000);
  request.url = server.url("/no");
  CHECK(client.run(request)->body.size() == 200'000);
  request.url = server.url();
  request.sink = [](std::string_view) { return false; };
  CHECK(failure_of(client, request).why == reason::sink);
}

TEST_CASE("a client that goes ends what is under way") {
  std::promise<void> arrived;
  loopback_server server([&](const arrived_request&, server_connection& connection) {
    arrived.set_value();
    connection.stall();
    connection.close();
  });
  auto client = std::make_unique<http_client>(http_options());
  auto outcome = std::async(
      std::launch::async, [&running = *client, &server] { return running.run(get(server.url())); });
  arrived.get_future().wait();
  client.reset();
  CHECK(outcome.get().error().why == reason::stopped);
}

TEST_CASE("a secret of the options is in no message") {
  http_options options;
  options.headers["127.0.0.1"] = {{"Authorization", "Bearer s3cret\n"}};
  http_client client(options);
  loopback_server server(
      [](const arrived_request&, server_connection& connection) { connection.close(); });
  const auto failure = failure_of(client, get("http://user:s3cret@127.0.0.1:1/s3cret"));
  CHECK(failure.message.find("s3cret") == std::string::npos);
}
