// SPDX-License-Identifier: Apache-2.0
//
// The methods that work with regular expressions: those of texts that take one, and its own.
#include "filter_methods.hpp"

namespace millrace::flows::detail::methods {

namespace {

constexpr std::uint64_t match_units = 16; // what one match and its memory cost

/// Expands `$&` and `$1` in a replacement; stops where `budget` is used up.
std::string expanded(std::string_view replacement, std::string_view text,
                     const std::vector<regex::group>& groups, work_budget& budget) {
  std::string out;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
    const std::size_t number = next == '&' ? 0 : static_cast<std::size_t>(next - '0');
    if (replacement[i] != '$' || !(next == '$' || next == '&' || (next >= '1' && next <= '9')) ||
        (next != '$' && number >= groups.size())) {
      out += replacement[i];
      continue;
    }
    ++i;
    if (next == '$')
      out += '$';
    else if (groups[number] && budget.spend(1) &&
             budget.spend_text(groups[number]->second - groups[number]->first))
      out += text.substr(groups[number]->first, groups[number]->second - groups[number]->first);
  }
  return out;
}

/// The next match of argument 0, a pattern or a text, at or behind `from`.
result<std::vector<regex::group>> next_match(const call& c, std::size_t from) {
  if (const regex* const pattern = c.pattern(0))
    return pattern->search(c.string(), from, c.spend());
  const std::string wanted = c.text(0);
  const std::size_t found = c.string().find(wanted, from);
  if (found == std::string_view::npos)
    return std::vector<regex::group>{};
  return std::vector<regex::group>{regex::group({found, found + wanted.size()})};
}

answer replace_matches(const call& c, bool all) {
  const std::string_view text = c.string();
  const std::string replacement = c.text(1);
  std::string out;
  std::size_t copied = 0;
  std::size_t from = 0;
  while (from <= text.size()) {
    auto groups = next_match(c, from);
    if (!groups)
      return groups.error();
    if (groups->empty())
      break;
    const auto [begin, end] = *groups->front();
    out.append(text.substr(copied, begin - copied))
        .append(expanded(replacement, text, *groups, c.budget));
    copied = end;
    from = end;
    if (begin == end && from < text.size())
      static_cast<void>(utf8::next(text, from));
    else if (begin == end)
      ++from;
    if (!c.budget.spend(match_units) || !c.budget.spend_text(replacement.size()))
      return work_limit_error();
    if (!all)
      break;
  }
  return give_text(out.append(text.substr(copied)));
}

/// The texts of a match's groups, as exec and match give them.
answer group_texts(const call& c, std::string_view text, const std::vector<regex::group>& groups) {
  json::array out;
  for (const regex::group& each : groups) {
    const std::size_t size = each ? each->second - each->first : 0;
    if (!c.budget.spend(1) || !c.budget.spend_text(size))
      return work_limit_error();
    out.push_back(each ? json::value(text.substr(each->first, size)) : json::value(nullptr));
  }
  return give(std::move(out));
}

answer match_text(const call& c, const regex& pattern) {
  const std::string_view text = c.string();
  json::array all;
  for (std::size_t from = 0; from <= text.size();) {
    auto groups = pattern.search(text, from, c.spend());
    if (!groups)
      return groups.error();
    if (groups->empty())
      break;
    if (!pattern.is_global())
      return group_texts(c, text, *groups);
    const auto [begin, end] = *groups->front();
    all.emplace_back(text.substr(begin, end - begin));
    from = end;
    if (begin == end && from < text.size())
      static_cast<void>(utf8::next(text, from));
    else if (begin == end)
      ++from;
  }
  return all.empty() ? give(nullptr) : give(std::move(all));
}

/// The argument as a pattern; a text is compiled.
answer with_pattern(const call& c, answer (*use)(const call&, const regex&)) {
  if (const regex* const pattern = c.pattern(0))
    return use(c, *pattern);
  auto compiled = regex::compile(c.has(0) ? c.text(0) : "(?:)", "");
  if (!compiled)
    return compiled.error();
  if (!c.budget.spend(compiled->size()))
    return work_limit_error();
  return use(c, *compiled);
}

answer search_text(const call& c, const regex& pattern) {
  auto groups = pattern.search(c.string(), 0, c.spend());
  if (!groups)
    return groups.error();
  return give_number(groups->empty() ? -1 : unit_at_offset(c.string(), groups->front()->first));
}

answer pattern_test(const call& c) {
  auto groups = c.object.pattern->search(c.text(0), 0, c.spend());
  if (!groups)
    return groups.error();
  return give(!groups->empty());
}

answer pattern_exec(const call& c) {
  const std::string text = c.text(0);
  auto groups = c.object.pattern->search(text, 0, c.spend());
  if (!groups)
    return groups.error();
  return groups->empty() ? give(nullptr) : group_texts(c, text, *groups);
}

constexpr std::array pattern_methods{method{"test", pattern_test}, method{"exec", pattern_exec}};

} // namespace

answer replace(const call& c) {
  return replace_matches(c, c.pattern(0) && c.pattern(0)->is_global());
}

answer replace_all(const call& c) {
  return replace_matches(c, true);
}

answer match(const call& c) {
  return with_pattern(c, match_text);
}

answer search(const call& c) {
  return with_pattern(c, search_text);
}

const method* find_pattern_method(std::string_view name) noexcept {
  return find_in(pattern_methods, name);
}

} // namespace millrace::flows::detail::methods
