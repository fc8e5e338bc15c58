// SPDX-License-Identifier: Apache-2.0
//
// Language models: endpoints that speak the chat API of OpenAI, as local model servers do, or a
// script for tests.
#pragma once

#include "http_client.hpp"

#include <millrace/service_options.hpp>
#include <millrace/step_result.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace millrace::services {

/// An image or a document for a model.
struct llm_media {
  std::string mime_type;
  std::string base64;
};

/// What a model is asked.
struct llm_request {
  std::string provider;
  std::string model_id;
  std::string prompt;
  std::vector<llm_media> media;
  json::array tools;                      ///< declarations of functions
  std::optional<json::value> tool_choice; ///< "auto", "none", "required" or {type, name}
  json::object inference;                 ///< temperature, maxOutputTokens, topP, seed
  bool wants_json = false;
};

struct llm_response {
  std::string text;
  json::array tool_calls; ///< {id, name, args}
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
};

using llm_result = boost::system::result<llm_response, step_error>;

/// Asks the endpoint that the options have for a provider, else that for "*". `key` is sent along.
/// Errors: transient for what may work another time. Thread-safe.
[[nodiscard]] llm_result ask_model(const llm_options& options, http_client& client,
                                   const llm_request& request, std::string_view key);

/// Leaves models alone for five minutes that failed five times in a minute. Thread-safe. Source:
/// reference llm-invocation-handler. Times are Unix milliseconds.
class llm_health {
public:
  /// Until when a model is left alone; absent: it is not.
  [[nodiscard]] std::optional<std::int64_t> excluded_until(const std::string& model,
                                                           std::int64_t now);
  void note_failure(const std::string& model, std::int64_t now);
  void note_success(const std::string& model);

private:
  struct record {
    std::vector<std::int64_t> failures;
    std::int64_t excluded_until = 0;
  };

  std::mutex mutex_;
  std::map<std::string, record> records_; // guarded by mutex_
};

/// The JSON in what a model said: fences and words around it are left out, an object or a list that
/// is not quite JSON is mended. Absent: there is none.
[[nodiscard]] std::optional<json::value> json_in(std::string_view text);

} // namespace millrace::services
