// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/codec.hpp"

#include <cstdint>
#include <span>

namespace quatrain::numerics {

// Chunked accumulation (docs/training-step.md, GEMM): a chunk's sum is rounded once into the
// accumulator format and added, the sum rounded once again. This is the plain definition; the
// kernels must equal it to the bit.

/// Accumulator after a chunk of 4-bit products: `accumulator` is a value of `format` (fp32, fp16,
/// dlfloat16, bf16), the chunk's exact sum is chunk_sum * 2^unit_exponent. |chunk_sum| <= 2^53,
/// |unit_exponent| <= 100.
float add_chunk(Format format, float accumulator, std::int64_t chunk_sum, int unit_exponent,
                Faults* faults = nullptr);

/// Accumulator after a chunk of products whose FP32 sum is chunk_sum.
float add_chunk(Format format, float accumulator, float chunk_sum, Faults* faults = nullptr);

/// The int32 accumulator: exact. Throws std::overflow_error when the sum leaves int32.
std::int32_t add_chunk_int32(std::int32_t accumulator, std::int64_t chunk_sum);

/// The exact sum of a[i] * b[i], rounded once to FP32 (nearest even; a zero sum is +0; subnormals
/// kept; overflow is infinity). Any FP32 values; a.size() == b.size() <= 64. Infinity and NaN
/// behave as in IEEE 754 addition and multiplication.
float group_sum(std::span<const float> a, std::span<const float> b);

}  // namespace quatrain::numerics
