// SPDX-License-Identifier: Apache-2.0
//
// The one place that knows whether Catch2 is version 2 (Debian 12, Ubuntu 24.04 has 3) or 3.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
