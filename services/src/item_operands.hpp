// SPDX-License-Identifier: Apache-2.0
//
// What conditions and updates of items are made of: paths and operands.
#pragma once

#include "item_expressions.hpp"
#include "item_tokens.hpp"

namespace millrace::services {

/// Reads an expression from left to right. What is wrong is thrown as a step_error; `parsed` makes
/// a result of it.
class operand_reader : public expression_tokens {
public:
  operand_reader(std::string_view text, std::string_view what, expression_names& names)
      : expression_tokens(text, what), names_(names) {}

  document_path path();
  /// A path or a value.
  operand plain_operand();
  static operand of_path(document_path path);

protected:
  /// One level deeper, for as long as it lives.
  class level {
  public:
    explicit level(operand_reader& reader);
    ~level() { --reader_.depth_; }
    level(const level&) = delete;
    level& operator=(const level&) = delete;

  private:
    operand_reader& reader_;
  };

private:
  std::string name();
  json::value value();

  expression_names& names_;
  std::size_t depth_ = 0;
};

/// What `read` makes of a reader of this kind, or what was thrown.
template <class Reader, class Read>
auto parsed(std::string_view text, std::string_view what, expression_names& names, Read read)
    -> item_result<decltype(read(std::declval<Reader&>()))> {
  try {
    Reader reader(text, what, names);
    return read(reader);
  } catch (const step_error& why) {
    return why;
  }
}

} // namespace millrace::services
