// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace quatrain::golden {

/// Calls body(i) once for every i in 0..count-1, from `threads` threads. The calls must be
/// independent of each other. An exception of a call stops the loop and is thrown here.
void for_each_index(std::int64_t count, int threads, const std::function<void(std::int64_t)>& body);

}  // namespace quatrain::golden
