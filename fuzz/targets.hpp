// SPDX-License-Identifier: Apache-2.0
//
// The fuzz targets: functions that take any bytes and check what is promised about them. The fuzzer
// calls them with bytes of its own making, the tests with inputs that are kept.
#pragma once

#include <array>
#include <stdexcept>
#include <string_view>

namespace millrace::fuzz {

/// What a target throws when a promise is broken. Any other exception is a broken promise too:
/// nothing of this throws.
class broken_promise : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

/// Between an expression and the JSON document that it is evaluated on, between a definition and
/// the overrides of its steps, between a schedule and its time zone. The second part may be
/// missing.
inline constexpr std::string_view separator = "\n---\n";

/// JSON text: what is read is written and read again the same, its depth is counted right, and a
/// refusal names a place within the text.
void json(std::string_view input);
/// A path and a document: both readings of JSONPath, each giving the same result every time.
void jsonpath(std::string_view input);
/// A condition and a context: the same answer every time, and with a trace as without.
void condition(std::string_view input);
/// A template and a context: rendered as a text and, where the first part is JSON, as a value whose
/// texts are templates; the same every time, and plain texts are left alone.
void text_template(std::string_view input);
/// A flow definition and overrides of its steps: the same problems every time, each at a place of
/// the document; what compiles can be compiled again from what is stored of it.
void definition(std::string_view input);
/// A flow source: taken apart the same every time, each flow as it stands at its pointer; all of
/// them are compiled.
void bundle(std::string_view input);
/// A schedule expression and a file of the time zone database: runs go forward, each is the next
/// one of the one before it, and the clock shows what it was asked for.
void schedule(std::string_view input);
/// A received message: it says the same every time, within its bounds.
void mail(std::string_view input);

/// A target by the name of its program and its folders.
struct target {
  std::string_view name;
  void (*run)(std::string_view input);
};
inline constexpr std::array targets{
    target{"json", json},
    target{"jsonpath", jsonpath},
    target{"condition", condition},
    target{"template", text_template},
    target{"definition", definition},
    target{"bundle", bundle},
    target{"schedule", schedule},
    target{"mail", mail},
};

} // namespace millrace::fuzz
