// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a template: compiling and rendering end within the limits, give the same result
// every time, and leave plain texts alone.
#include <millrace/template.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace millrace;
using namespace millrace::flows;

namespace {

const json::value& context() {
  static const json::value made =
      parse_json(R"({"a":1,"b":"text","c":null,"d":{"e":[1,2,{"f":true}],"1":"x"},
                     "g":[["h"],[]],"i":"$.a","j":"$.k","k":"{{i}}","l":"$.m","m":"$.l"})",
                 "fuzz")
          .value();
  return made;
}

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

template <class Result>
bool same(const Result& left, const Result& right) {
  if (left.has_error() != right.has_error()) {
    return false;
  }
  return left.has_error() ? left.error().message() == right.error().message() : *left == *right;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const scope visible(context());
  const text_template compiled = text_template::compile(text);
  const result<std::string> rendered = compiled.render(visible);
  require(same(rendered, text_template::compile(text).render(visible)));
  require(!compiled.is_plain() || (rendered.has_value() && *rendered == text));
  require(compiled.problem() == nullptr || rendered.has_error());

  const json::value nested(text);
  const value_template value = value_template::compile(nested);
  require(same(value.render(visible), value.render(visible)));
  return 0;
}
