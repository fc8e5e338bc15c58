// SPDX-License-Identifier: Apache-2.0
//
// Executions page by page, from a running engine or from a database alone, so that a family of any
// size is printed in bounded memory.
#pragma once

#include "output.hpp"
#include "terminal.hpp"

#include <millrace/engine.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace millrace::cli {

/// A list of either an engine or a database_reader, which outlives it.
using list_function = std::function<result<std::vector<execution_record>>(const execution_filter&)>;

template <class Source>
[[nodiscard]] list_function list_of(const Source& source) {
  return [&source](const execution_filter& filter) { return source.list(filter); };
}

/// Calls `visit` for each record that `filter` lets through, `filter.limit` at most, in order;
/// `visit` says whether to go on. Gives whether there may be more. Errors: the list's.
[[nodiscard]] result<bool>
for_each_execution(const list_function& list, const execution_filter& filter,
                   const std::function<bool(const execution_record&)>& visit);

/// The JSON document {"executions": [...]} on its way to standard output, an execution a line.
class executions_document {
public:
  /// `with_context`: path and context included.
  executions_document(standard_output& out, bool with_context)
      : out_(out), with_context_(with_context) {}

  /// Whether somebody still reads.
  bool add(const execution_record& record);
  /// The whole family, root first. Errors: the list's.
  [[nodiscard]] result<void> add_family(const list_function& list, const std::string& root);
  void close();

private:
  void open();

  standard_output& out_;
  bool with_context_;
  bool is_open_ = false;
  bool is_first_ = true;
};

/// The family for people: a tree, or a summary of a large one. Errors: the list's.
[[nodiscard]] result<std::string> describe_family(const list_function& list,
                                                  const std::string& root, const look& how);

} // namespace millrace::cli
