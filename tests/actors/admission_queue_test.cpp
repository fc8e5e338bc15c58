// SPDX-License-Identifier: Apache-2.0
//
// The order in which executions are admitted.
#include "admission_queue.hpp"

#include "catch.hpp"

#include <vector>

using namespace millrace::actors;

namespace {

std::vector<execution_key> all_of(admission_queue& queue) {
  std::vector<execution_key> keys;
  while (!queue.empty())
    keys.push_back(queue.pop().first);
  return keys;
}

} // namespace

TEST_CASE("a line is served in its order, and the lines take turns") {
  admission_queue queue;
  for (const execution_key key : {11, 12, 13, 14})
    queue.push(1, key, {});
  for (const execution_key key : {21, 22})
    queue.push(2, key, {});
  queue.push(admission_queue::common_line, 5, {});
  CHECK(queue.size() == 7);
  CHECK(queue.size_of(1) == 4);
  CHECK(queue.size_of(3) == 0);
  CHECK(all_of(queue) == std::vector<execution_key>{11, 21, 5, 12, 22, 13, 14});
  CHECK(queue.size() == 0);
}

TEST_CASE("a line that was empty comes last again") {
  admission_queue queue;
  queue.push(1, 11, {});
  queue.push(2, 21, {});
  queue.push(2, 22, {});
  CHECK(queue.pop().first == 11);
  queue.push(1, 12, {});
  CHECK(all_of(queue) == std::vector<execution_key>{21, 12, 22});
}

TEST_CASE("what is cleared is gone, with its turns") {
  admission_queue queue;
  queue.push(1, 11, {});
  queue.clear();
  CHECK(queue.empty());
  queue.push(2, 21, {});
  CHECK(all_of(queue) == std::vector<execution_key>{21});
}
