// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace quatrain::datasets {

/// Element `position` of a random permutation of 0 .. count-1 that is chosen by `key`. Needs no
/// table: a Feistel network over the next even power of two, walked until it lands inside.
/// `position` must be in 0 .. count-1.
std::int64_t permuted(std::uint64_t key, std::int64_t position, std::int64_t count);

}  // namespace quatrain::datasets
