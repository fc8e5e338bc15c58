// SPDX-License-Identifier: Apache-2.0
#include "item_operands.hpp"

#include <charconv>

namespace millrace::services {
namespace {

constexpr std::size_t operand_depth_max = 64;

} // namespace

operand_reader::level::level(operand_reader& reader) : reader_(reader) {
  if (++reader_.depth_ > operand_depth_max)
    reader_.fail("The expression is nested too deeply");
}

std::string operand_reader::name() {
  if (token().empty())
    fail_at(token());
  std::string made;
  if (token().front() == '#') {
    const std::string* given = names_.name(token());
    if (!given)
      fail("An expression attribute name used in the document path is not defined; attribute "
           "name: " +
           std::string(token()));
    made = *given;
  } else {
    if (!is_name_character(token().front()) || (token().front() >= '0' && token().front() <= '9'))
      fail_at(token());
    if (is_reserved_word(token()))
      fail("Attribute name is a reserved keyword; reserved keyword: " + std::string(token()));
    made = token();
  }
  advance();
  return made;
}

document_path operand_reader::path() {
  document_path made{name()};
  for (;;) {
    if (take(".")) {
      made.emplace_back(name());
    } else if (take("[")) {
      std::size_t index = 0;
      const auto [end, failure] =
          std::from_chars(token().data(), token().data() + token().size(), index);
      if (token().empty() || failure != std::errc() || end != token().data() + token().size())
        fail_at(token());
      advance();
      expect("]");
      made.emplace_back(index);
    } else {
      return made;
    }
  }
}

json::value operand_reader::value() {
  const json::value* given = names_.value(token());
  if (!given)
    fail("An expression attribute value used in expression is not defined; attribute value: " +
         std::string(token()));
  advance();
  return *given;
}

operand operand_reader::of_path(document_path path) {
  operand made;
  made.path = std::move(path);
  return made;
}

operand operand_reader::plain_operand() {
  if (token().empty() || token().front() != ':')
    return of_path(path());
  operand made;
  made.is = operand::kind::value;
  made.value = value();
  return made;
}

} // namespace millrace::services
