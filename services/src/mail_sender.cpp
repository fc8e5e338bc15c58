// SPDX-License-Identifier: Apache-2.0
#include "mail_sender.hpp"

#include "object_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>

namespace millrace::services {
namespace {

constexpr long refused_for_good = 500; // SMTP replies from here on

struct easy_deleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct list_deleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using string_list = std::unique_ptr<curl_slist, list_deleter>;

void append(string_list& list, const std::string& text) {
  if (curl_slist* longer = curl_slist_append(list.get(), text.c_str())) {
    (void)list.release(); // the same list, or its beginning
    list.reset(longer);
  }
}

struct upload {
  std::string_view rest;
  const interruption* ends = nullptr;
};

std::size_t read_part(char* into, std::size_t size, std::size_t count, void* from) {
  std::string_view& rest = static_cast<upload*>(from)->rest;
  const std::size_t bytes = std::min(size * count, rest.size());
  std::memcpy(into, rest.data(), bytes);
  rest.remove_prefix(bytes);
  return bytes;
}

int ends_early(void* from, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  pollfd sign{static_cast<upload*>(from)->ends->sign().get(), POLLIN, 0};
  return ::poll(&sign, 1, 0) > 0 ? 1 : 0;
}

step_error disk_trouble(const std::string& folder) {
  return step_error::transient("The mail cannot be written into " + folder + ": " +
                               std::generic_category().message(errno));
}

} // namespace

mail_sender::mail_sender(mail_options options, const std::string& folder,
                         std::shared_ptr<const interruption> ends)
    : options_(std::move(options)), maildir_(options_.maildir.empty() ? folder : options_.maildir),
      ends_(std::move(ends)) {}

std::optional<step_error> mail_sender::send(const mail_message& message) {
  return options_.smtp_url.empty() ? put_into_maildir(message) : send_by_smtp(message);
}

std::optional<step_error> mail_sender::send_by_smtp(const mail_message& message) const {
  const std::unique_ptr<CURL, easy_deleter> easy(curl_easy_init());
  if (!easy)
    return step_error::transient("Sending mail cannot begin: no memory.");
  CURL* handle = easy.get();
  std::array<char, CURL_ERROR_SIZE> reason{};
  const std::string bytes = to_bytes(message);
  upload given{bytes, ends_.get()};
  string_list recipients;
  for (const auto* list : {&message.to, &message.cc, &message.bcc})
    for (const std::string& each : *list)
      append(recipients, '<' + each + '>');
  const std::string from = '<' + message.from + '>';
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_URL, options_.smtp_url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason.data());
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_USE_SSL,
                   static_cast<long>(options_.requires_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  if (!options_.ca_file.empty())
    curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (!options_.user.empty()) {
    curl_easy_setopt(handle, CURLOPT_USERNAME, options_.user.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, options_.password.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, &read_part);
  curl_easy_setopt(handle, CURLOPT_READDATA, &given);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &ends_early);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &given);
  const CURLcode code = curl_easy_perform(handle);
  if (code == CURLE_OK)
    return std::nullopt;
  long reply = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply);
  const std::string why = reason[0] != '\0' ? reason.data() : curl_easy_strerror(code);
  if (reply >= refused_for_good || code == CURLE_LOGIN_DENIED ||
      code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_USE_SSL_FAILED)
    return step_error("MessageRejected", "The mail server refused the mail: " + why);
  return step_error::transient("SES send failed due to a transient error: " + why);
}

std::optional<step_error> mail_sender::put_into_maildir(const mail_message& message) {
  const auto path = maildir_.path();
  if (!path)
    return disk_trouble("a temporary folder");
  std::error_code failure;
  for (const char* part : {"/tmp", "/new", "/cur"})
    std::filesystem::create_directories(*path + part, failure);
  const auto open = [&](const char* part) {
    return descriptor(::open((*path + part).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  };
  const descriptor written = open("/tmp");
  const descriptor arrived = open("/new");
  const descriptor seen = open("/cur");
  if (!written.is_open() || !arrived.is_open() || !seen.is_open())
    return disk_trouble(*path);
  // A reader moves what is new and adds flags to its name.
  for (const descriptor* folder : {&arrived, &seen})
    for (const std::string& name : names_in(*folder))
      if (name.compare(0, message.id.size(), message.id) == 0)
        return std::nullopt;
  if (!replace_file(written, message.id, to_bytes(message)) ||
      ::renameat(written.get(), message.id.c_str(), arrived.get(), message.id.c_str()) != 0 ||
      ::fsync(arrived.get()) != 0)
    return disk_trouble(*path);
  return std::nullopt;
}

} // namespace millrace::services
