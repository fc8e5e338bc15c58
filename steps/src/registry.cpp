// SPDX-License-Identifier: Apache-2.0
#include <millrace/step_handler.hpp>
