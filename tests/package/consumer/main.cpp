// SPDX-License-Identifier: Apache-2.0
//
// A program outside the tree that uses the installed package.
#include <millrace/execution.hpp>

#include <iostream>

int main() {
  std::cout << millrace::to_string(millrace::execution_status::completed) << '\n';
  return 0;
}
