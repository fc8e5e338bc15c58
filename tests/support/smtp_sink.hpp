// SPDX-License-Identifier: Apache-2.0
//
// A small SMTP server on 127.0.0.1 that keeps what it is sent and refuses what a test names. One
// connection at a time.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace millrace::testing {

struct arrived_mail {
  std::string from;
  std::vector<std::string> to;
  std::string data;  ///< without the dot at its end
  std::string login; ///< what AUTH PLAIN carried, decoded by nobody; empty: no login
};

class smtp_sink {
public:
  /// `replies`: what the server says instead of its usual answer to a command, by the command's
  /// first word ("RCPT"); "DROP" closes the connection.
  explicit smtp_sink(std::vector<std::pair<std::string, std::string>> replies = {});
  smtp_sink(const smtp_sink&) = delete;
  smtp_sink& operator=(const smtp_sink&) = delete;
  ~smtp_sink();

  /// "smtp://127.0.0.1:PORT".
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::vector<arrived_mail> mails() const;

private:
  void accept_all();
  void serve(int socket);
  [[nodiscard]] std::string answer_to(const std::string& line) const;

  const std::vector<std::pair<std::string, std::string>> replies_;
  int listener_ = -1;
  unsigned port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> open_ = -1; ///< the connection that is being served
  mutable std::mutex mutex_;
  std::vector<arrived_mail> mails_; // guarded by mutex_
  std::thread accepting_;
};

} // namespace millrace::testing
