// SPDX-License-Identifier: Apache-2.0
#include "failing_store.hpp"

namespace millrace::storage::testing {

failing_store::failing_store(std::unique_ptr<store> inner, std::shared_ptr<failure_plan> plan)
    : write_decorator(std::move(inner)), plan_(std::move(plan)) {}

} // namespace millrace::storage::testing
