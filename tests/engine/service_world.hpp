// SPDX-License-Identifier: Apache-2.0
//
// Counterparts of every service on loopback and in a folder, which outlive the engines of a test.
#pragma once

#include "flow_fixture.hpp"
#include "loopback_server.hpp"
#include "smtp_sink.hpp"

#include <millrace/engine.hpp>

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace millrace::testing {

inline constexpr const char* world_queue = "https://q.example/q";
inline constexpr const char* world_topic = "arn:aws:sns:eu-central-1:000000000000:t";

/// A server that answers for APIs, models and tools, a mail server, a program of each kind.
class service_world {
public:
  service_world();
  service_world(const service_world&) = delete;
  service_world& operator=(const service_world&) = delete;
  ~service_world() = default;

  /// For an engine in this world: a database, virtual time, and what names mean. Buckets `files`
  /// and `reports`, and `in` with a.json; the table `t` with the item `b`; the function `f`, the
  /// module `my/module`; connections `http` and `program`; models of OPENAI.
  [[nodiscard]] engine_options options() const;
  /// Whether requests, mail and programs hang from now on; of mail, for engines opened then.
  void stall(bool stalls);

  /// "http://127.0.0.1:PORT".
  [[nodiscard]] std::string base() const { return http_.url(""); }
  /// Idempotency keys of what has arrived at the server and at programs.
  [[nodiscard]] std::multiset<std::string> keys() const;
  [[nodiscard]] std::vector<arrived_mail> mails() const { return mail_.mails(); }
  /// Files of a bucket by name.
  [[nodiscard]] std::map<std::string, std::string> files(const char* bucket) const;

private:
  void answer(const arrived_request& request, server_connection& connection) const;

  scratch_folder folder_;
  std::atomic<bool> stalls_ = false;
  loopback_server http_{[this](const arrived_request& request, server_connection& connection) {
    answer(request, connection);
  }};
  /// For mail that hangs: a server that waits for the other side to begin.
  loopback_server silent_{[](const arrived_request&, server_connection&) {}};
  smtp_sink mail_;
};

} // namespace millrace::testing
