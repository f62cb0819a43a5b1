// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/vector_unit/scratch.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace quatrain::vector_unit {

/// The buffers that the unit reads and writes.
struct Memory {
    std::span<std::byte> vector;
    std::span<std::byte> scalar;
};

/// What an instruction met on its way.
struct Outcome {
    numerics::Faults faults;    ///< of its conversions
    std::int64_t elements = 0;  ///< Work::elements
};

/// Executes an instruction to the bit as docs/training-step.md defines it: operands are decoded to
/// FP32, every operation is rounded to FP32 in the page's order, results are rounded once into
/// their format.
///
/// Operands are documented at isa::VectorOperation. Tile formats: fp32, fp16, dlfloat16, bf16 and
/// fp8_143; uint4 where a step is given or none is needed; uint8 images and int32 labels where
/// listed. Vectors and scalars are fp32. Several tiles of one tensor give the same bits as one:
/// sums continue in the output vectors when `accumulate` is set. An output may stand in the place
/// of an input of the same width, and then both have the same address; other overlaps are not
/// supported.
///
/// max_pool: rows = output pixels of the band, of one image or of several whole ones.
/// max_pool_backward: rows = result pixels (result_rows * input_width), likewise; its x holds
/// input_rows, its dy output_rows. An element larger than all before it in raster order, or the
/// first, is the maximum; a NaN in front stays. divide_scalar, sgd_update_scalar: rows and columns
/// are not used. batch_norm_finish: running statistics and their scalars [1] to [3] are left out
/// when in[2] has no address.
///
/// By `threads` threads of the host where the tile is large enough: no bit depends on them.
///
/// Throws std::invalid_argument (an operand or scalar is missing, an operation of the scaling
/// units, a band that does not hold what its windows need, a label that is no column) and
/// std::out_of_range (outside the buffer), naming operation, operand, value and rule.
Outcome execute(const isa::VectorInstruction& instruction, const Memory& memory, Scratch& scratch,
                int threads = 1);
/// The same, with memory of its own.
Outcome execute(const isa::VectorInstruction& instruction, const Memory& memory);

}  // namespace quatrain::vector_unit
