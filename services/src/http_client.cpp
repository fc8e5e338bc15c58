// SPDX-License-Identifier: Apache-2.0
//
// The thread that moves all transfers, and what a request is besides one transfer: checks, headers
// of its host, redirects.
#include "http_client.hpp"

#include "ascii.hpp"
#include "http_guard.hpp"
#include "http_transfer.hpp"

#include <algorithm>
#include <csignal>
#include <future>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace millrace::services {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int connections_per_host_max = 32;
constexpr int poll_ms = 60'000;

http_failure bad(std::string message) {
  return {http_failure::reason::bad_request, std::move(message)};
}

std::optional<http_failure> why_unusable(const http_options& options, const http_request& request,
                                         const std::optional<http_target>& target) {
  if (!target || !is_header_value(request.url))
    return bad("A request needs a URL that begins with http:// or https:// and names a host.");
  if (!is_header_name(request.method))
    return bad("The method of a request to " + target->host + " is no HTTP method.");
  for (const auto* headers : {&request.headers, &request.host_headers})
    for (const auto& [name, value] : *headers) {
      if (!is_header_name(name))
        return bad("A header of a request to " + target->host +
                   " has a name with characters that no header name may have.");
      if (!is_header_value(value))
        return bad("The header " + name + " of a request to " + target->host +
                   " has a value with line breaks or other control characters.");
    }
  if (!is_allowed_host(options, target->host, target->port))
    return http_failure{http_failure::reason::refused, "Requests to " + target->host + ':' +
                                                           std::to_string(target->port) +
                                                           " are not allowed: the host is not in "
                                                           "http.allowedHosts."};
  return std::nullopt;
}

void drop_headers(http_request& request, std::initializer_list<std::string_view> names) {
  std::erase_if(request.headers, [&names](const auto& header) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return same_word(header.first, name); });
  });
}

// As follow-redirects, which axios uses: a POST goes on as GET after 301 and 302, everything but
// GET and HEAD after 303; another host gets no credentials.
void redirect(http_request& request, int status, std::string to) {
  constexpr int moved = 301;
  constexpr int found = 302;
  constexpr int see_other = 303;
  const bool is_safe = request.method == "GET" || request.method == "HEAD";
  if (((status == moved || status == found) && request.method == "POST") ||
      (status == see_other && !is_safe)) {
    request.method = "GET";
    request.body.reset();
    drop_headers(request, {"content-type", "content-length", "content-encoding",
                           "transfer-encoding", "content-language", "content-location"});
  }
  if (target_of(request.url) != target_of(to)) {
    drop_headers(request, {"authorization", "proxy-authorization", "cookie", "host"});
    request.host_headers.clear();
  }
  request.url = std::move(to);
}

/// What the thread does for one request() of somebody who waits.
struct job {
  transfer moving;
  std::promise<http_result> done;

  job(const http_options& options, const http_request& request) : moving(options, request) {}
};

struct multi_deleter {
  void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};

} // namespace

void throw_exception_from_error(const http_failure& failure, const boost::source_location&) {
  throw std::runtime_error(failure.message);
}

/// The thread. Only it touches the multi handle, but for waking it up.
class http_client::reactor {
public:
  reactor() = default;
  ~reactor() {
    stop();
    if (thread_.joinable())
      thread_.join();
  }
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (multi_)
      curl_multi_wakeup(multi_.get());
  }

  http_result run(const std::shared_ptr<job>& wanted) {
    auto answer = wanted->done.get_future();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_)
        return stopped();
      if (!multi_)
        multi_.reset(start());
      arrived_.push_back(wanted);
      if (!thread_.joinable())
        thread_ = std::thread([this] { work(); });
      curl_multi_wakeup(multi_.get());
    }
    return answer.get();
  }

private:
  static CURLM* start() {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM* made = ready == CURLE_OK ? curl_multi_init() : nullptr;
    if (!made)
      throw std::runtime_error("libcurl cannot be initialised.");
    curl_multi_setopt(made, CURLMOPT_MAX_HOST_CONNECTIONS,
                      static_cast<long>(connections_per_host_max));
    return made;
  }
  static http_failure stopped() {
    return {http_failure::reason::stopped, "The engine stopped before the response was there."};
  }

  void work() {
    sigset_t broken_pipe; // a server that hangs up must not end the program
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    while (take_arrived()) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      finish_done();
      curl_multi_poll(multi_.get(), nullptr, 0, poll_ms, nullptr);
    }
    // What had just arrived is among them.
    for (const auto& each : moving_) {
      curl_multi_remove_handle(multi_.get(), each->moving.handle());
      each->done.set_value(stopped());
    }
    moving_.clear();
  }

  // False: the client goes.
  bool take_arrived() {
    const std::lock_guard lock(mutex_);
    for (auto& each : arrived_) {
      curl_multi_add_handle(multi_.get(), each->moving.handle());
      moving_.push_back(std::move(each));
    }
    arrived_.clear();
    return !stopping_;
  }

  void finish_done() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      CURL* handle = message->easy_handle;
      const CURLcode code = message->data.result; // gone once the handle is removed
      curl_multi_remove_handle(multi_.get(), handle);
      const auto place = std::find_if(moving_.begin(), moving_.end(), [handle](const auto& each) {
        return each->moving.handle() == handle;
      });
      (*place)->done.set_value((*place)->moving.finish(code));
      moving_.erase(place);
    }
  }

  std::unique_ptr<CURLM, multi_deleter> multi_; // made by the first request, under mutex_
  std::list<std::shared_ptr<job>> moving_;      // of the thread alone
  std::mutex mutex_;
  std::list<std::shared_ptr<job>> arrived_; // guarded by mutex_
  bool stopping_ = false;                   // guarded by mutex_
  std::thread thread_;                      // guarded by mutex_ until it runs
};

http_client::http_client(http_options options)
    : options_(std::move(options)), reactor_(std::make_unique<reactor>()) {}

http_client::~http_client() = default;

void http_client::stop() {
  reactor_->stop();
}

http_result http_client::run(http_request request) {
  const auto latest = steady_clock::now() + request.timeout;
  const milliseconds whole = request.timeout;
  for (int redirects = 0;; ++redirects) {
    const auto target = target_of(request.url);
    if (auto unusable = why_unusable(options_, request, target))
      return std::move(*unusable);
    http_request sent = request;
    sent.headers.insert(sent.headers.end(), sent.host_headers.begin(), sent.host_headers.end());
    if (const auto own = options_.headers.find(target->host); own != options_.headers.end())
      for (const auto& header : own->second)
        sent.headers.emplace_back(header);
    sent.timeout = std::chrono::ceil<milliseconds>(latest - steady_clock::now());
    const auto wanted = std::make_shared<job>(options_, sent);
    auto outcome = reactor_->run(wanted);
    if (!outcome) {
      http_failure failure = outcome.error();
      // Of the whole time, not of what the redirects left.
      if (failure.why == http_failure::reason::timeout)
        failure.message =
            target->host + " gave no answer within " + std::to_string(whole.count()) + " ms.";
      return failure;
    }
    if (wanted->moving.redirect().empty())
      return outcome;
    if (redirects == request.redirects_max)
      return http_failure{http_failure::reason::redirects,
                          "A request to " + target->host + " was redirected more than " +
                              std::to_string(request.redirects_max) + " times."};
    redirect(request, outcome->status, wanted->moving.redirect());
  }
}

} // namespace millrace::services
