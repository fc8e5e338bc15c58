// SPDX-License-Identifier: Apache-2.0
#include "http_transfer.hpp"

#include "ascii.hpp"
#include "http_guard.hpp"

#include <algorithm>
#include <charconv>
#include <new>

#include <sys/socket.h>

namespace millrace::services {
namespace {

constexpr std::size_t header_bytes_max = std::size_t{256} * 1024;
constexpr const char* user_agent = "millrace";

struct url_deleter {
  void operator()(CURLU* handle) const noexcept { curl_url_cleanup(handle); }
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
    return {};
  std::string made(text);
  curl_free(text);
  return made;
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

} // namespace

std::optional<http_target> target_of(const std::string& url) {
  const std::unique_ptr<CURLU, url_deleter> parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return std::nullopt;
  http_target target;
  target.scheme = lower(part_of(parsed.get(), CURLUPART_SCHEME));
  target.host = lower(part_of(parsed.get(), CURLUPART_HOST));
  const std::string port = part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), target.port);
  if ((target.scheme != "http" && target.scheme != "https") || target.host.empty())
    return std::nullopt;
  return target;
}

transfer::transfer(const http_options& options, const http_request& request)
    : options_(options), request_(request), easy_(curl_easy_init()),
      body_bytes_max_(request.response_bytes_max != 0 ? request.response_bytes_max
                                                      : options.response_bytes_max) {
  if (!easy_)
    throw std::bad_alloc();
  set_up();
  put_headers();
  put_body();
}

void transfer::set_up() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_error_.data());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<std::int64_t>(request_.timeout.count(), 1)));
  // Of a file that is announced; what comes unannounced is counted.
  curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(body_bytes_max_));
  // Only a proxy of the options counts, not one of the environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, options_.proxy.c_str());
  if (!options_.ca_file.empty())
    curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (!request_.verifies_certificates) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &transfer::header_callback);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &transfer::body_callback);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &transfer::socket_callback);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
}

void transfer::put_headers() {
  const auto add = [this](const std::string& line) {
    curl_slist* longer = curl_slist_append(header_lines_.get(), line.c_str());
    if (!longer)
      throw std::bad_alloc();
    static_cast<void>(header_lines_.release());
    header_lines_.reset(longer);
  };
  add("Expect:"); // no waiting for a 100
  for (const auto& [name, value] : request_.headers)
    add(std::string(name).append(value.empty() ? ";" : ": ").append(value)); // ";": an empty one
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, header_lines_.get());
}

void transfer::put_body() {
  CURL* easy = easy_.get();
  if (request_.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (request_.body || request_.method == "POST") {
    const std::string_view body = request_.body ? std::string_view(*request_.body) : "";
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

std::size_t transfer::header_callback(char* data, std::size_t size, std::size_t count, void* self) {
  auto* of = static_cast<transfer*>(self);
  of->header_bytes_ += size * count;
  if (of->header_bytes_ > header_bytes_max) {
    of->is_too_large_ = true;
    return 0;
  }
  of->on_header({data, size * count});
  return size * count;
}

// A new status line begins a new response: the one before was an interim one.
void transfer::on_header(std::string_view line) {
  if (line.substr(0, 5) == "HTTP/") {
    response_.headers.clear();
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos)
    return;
  const std::string name = lower(without_blanks(line.substr(0, colon)));
  const std::string_view value = without_blanks(line.substr(colon + 1));
  json::value& known = response_.headers[name];
  if (name == "set-cookie") {
    if (known.is_null())
      known = json::array();
    known.get_array().emplace_back(value);
  } else if (known.is_null()) {
    known = value;
  } else {
    known = std::string(known.get_string()) + ", " + std::string(value);
  }
}

std::size_t transfer::body_callback(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<transfer*>(self)->on_body({data, size * count});
}

std::size_t transfer::on_body(std::string_view part) {
  constexpr std::size_t enough = 0; // another number than that of the part ends the transfer
  body_bytes_ += part.size();
  if (body_bytes_ > body_bytes_max_) {
    is_too_large_ = true;
    return enough;
  }
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (!request_.sink || !is_success(static_cast<int>(status))) {
    response_.body.append(part);
    return part.size();
  }
  is_unwanted_ = !request_.sink(part);
  return is_unwanted_ ? enough : part.size();
}

curl_socket_t transfer::socket_callback(void* self, curlsocktype purpose, curl_sockaddr* address) {
  auto* of = static_cast<transfer*>(self);
  if (purpose == CURLSOCKTYPE_IPCXN && of->options_.proxy.empty()) {
    if (auto reason = why_refused(of->options_, address->addr)) {
      of->refused_ = std::move(*reason);
      return CURL_SOCKET_BAD;
    }
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

http_result transfer::finish(CURLcode code) {
  if (code != CURLE_OK)
    return failure(code);
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  char* redirect = nullptr;
  if (curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &redirect) == CURLE_OK && redirect)
    redirect_ = redirect;
  response_.url = request_.url;
  response_.headers.erase("content-encoding"); // the body is unpacked
  return std::move(response_);
}

http_failure transfer::failure(CURLcode code) const {
  using reason = http_failure::reason;
  const auto target = target_of(request_.url);
  const std::string host = target ? target->host : std::string("the server");
  if (is_too_large_ || code == CURLE_FILESIZE_EXCEEDED)
    return {
        reason::too_large,
        "The response of " + host + " is larger than its limit of " +
            std::to_string(header_bytes_ > header_bytes_max ? header_bytes_max : body_bytes_max_) +
            " bytes."};
  if (is_unwanted_)
    return {reason::sink, "What " + host + " sent could not be stored."};
  if (!refused_.empty())
    return {reason::refused, refused_};
  switch (code) {
  case CURLE_OPERATION_TIMEDOUT:
    return {reason::timeout,
            host + " gave no answer within " + std::to_string(request_.timeout.count()) + " ms."};
  case CURLE_URL_MALFORMAT:
    return {reason::bad_request, "The URL of a request to " + host + " cannot be used."};
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE:
    return {reason::certificate,
            "The certificate of " + host + " is not trusted: " + curl_error_.data() + "."};
  default: break;
  }
  const std::string said = curl_error_[0] != '\0' ? curl_error_.data() : curl_easy_strerror(code);
  return {reason::network, "The request to " + host + " failed: " + said + "."};
}

} // namespace millrace::services
