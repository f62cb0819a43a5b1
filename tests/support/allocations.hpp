// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace quatrain::test {

/// Calls of operator new so far, by every thread of the program. An executable that calls this is
/// linked with counting operators.
std::int64_t allocations();

}  // namespace quatrain::test
