// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::golden {

/// A tensor as the golden reference sees it: one raw code per element, in row-major order of
/// `shape`, not packed. fp32 and int32 codes are the 32 bits of the value; narrower formats sit in
/// the low bits.
struct Tensor {
    std::string format;  ///< the numerics page's name: "fp32", "uint4", ...
    std::array<std::int64_t, 4> shape{1, 1, 1, 1};
    std::vector<std::uint32_t> codes;
};

}  // namespace quatrain::golden
