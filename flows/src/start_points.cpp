// SPDX-License-Identifier: Apache-2.0
//
// Source of what is rendered with what: reference schedule.service, email-mapping.service,
// email-ingress.
#include <millrace/start_points.hpp>

#include "definition_checks.hpp"
#include "definition_start_points.hpp"
#include "regex.hpp"
#include <millrace/limits.hpp>
#include <millrace/mail_address.hpp>

namespace millrace::flows {
namespace {

constexpr std::string_view schedule_type = "SCHEDULE_START_POINT";
constexpr std::string_view mail_type = "EMAIL_START_POINT";

/// Renders the start points of one definition.
class start_point_reader {
public:
  explicit start_point_reader(const json::object& variables)
      : layer_{{"flow_variables", variables}} {}

  start_points read(const flow_definition& definition) {
    for (const auto& [id, each] : definition.steps) {
      pointer_ = definitions::child("/steps", id);
      if (each.type == schedule_type)
        read_schedule(each);
      else if (each.type == mail_type)
        read_mail(each);
    }
    return std::move(found_);
  }

private:
  void refuse(std::string_view member, std::string message) {
    found_.problems.push_back(
        {problem::severity_type::error, definitions::child(pointer_, member), std::move(message)});
  }

  std::optional<std::string> rendered(const json::object& from, std::string_view member) {
    auto text = text_template::compile(text_or_empty(from, member)).render(scope(layer_));
    if (text)
      return std::move(*text);
    refuse(member, "this cannot be rendered: " + text.error().message());
    return std::nullopt;
  }

  void read_schedule(const step& of) {
    const json::value* enabled = of.raw.if_contains("enabled");
    if (enabled && enabled->is_bool() && !enabled->get_bool())
      return;
    const auto text = rendered(of.raw, "scheduleExpression");
    if (!text)
      return;
    auto when = schedule::parse(*text);
    if (!when)
      return refuse("scheduleExpression", when.error().message());
    json::object context;
    if (const json::value* payload = of.raw.if_contains("payloadTemplate")) {
      auto value = value_template::compile(*payload).render(scope(layer_));
      if (!value)
        return refuse("payloadTemplate", "this cannot be rendered: " + value.error().message());
      if (json::object* made = value->if_object())
        context = std::move(*made);
    }
    std::string zone = text_or_empty(of.raw, "timezone");
    found_.schedules.push_back(
        {of.id, std::move(*when), zone.empty() ? "UTC" : std::move(zone), std::move(context)});
  }

  void read_mail(const step& of) {
    const auto address = rendered(of.raw, "emailAddress");
    if (!address)
      return;
    if (!is_mail_address(*address))
      return refuse("emailAddress", definitions::no_mail_address(*address));
    found_.mails.push_back({of.id, *address, text_or_empty(of.raw, "keyword"),
                            text_or_empty(of.raw, "triggerMessagePattern")});
  }

  json::object layer_;
  std::string pointer_;
  start_points found_;
};

} // namespace

bool is_start_point(std::string_view step_type) noexcept {
  return step_type == schedule_type || step_type == mail_type;
}

start_points start_points_of(const flow_definition& definition, const json::object& variables) {
  return start_point_reader(variables).read(definition);
}

std::optional<std::string> match_trigger_pattern(std::string_view pattern, std::string_view text) {
  if (pattern.empty())
    return std::nullopt;
  const auto compiled = detail::regex::compile(pattern, "");
  if (!compiled)
    return std::nullopt;
  std::uint64_t left = limits().visited_nodes_max;
  const auto groups = compiled->search(text, 0, [&left](std::uint64_t work) {
    left = work > left ? 0 : left - work;
    return left > 0;
  });
  // An empty group counts as none, as on Allma.
  if (!groups || groups->size() < 2 || !(*groups)[1] || (*groups)[1]->first == (*groups)[1]->second)
    return std::nullopt;
  const auto [begin, end] = *(*groups)[1];
  return std::string(text.substr(begin, end - begin));
}

} // namespace millrace::flows
