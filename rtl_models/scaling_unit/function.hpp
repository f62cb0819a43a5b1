// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/scaling_unit/scratch.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace quatrain::scaling_unit {

/// The buffers that the units read and write.
struct Memory {
    std::span<const std::byte> accumulator;
    std::span<std::byte> vector;
    std::span<std::byte> scalar;
};

/// What an instruction met on its way.
struct Outcome {
    numerics::Faults faults;    ///< of its conversions
    std::int64_t elements = 0;  ///< as elements() in timing.hpp
};

/// Executes a drain to the bit as docs/training-step.md defines it (GEMM, "Scaling unit"):
/// float(accumulator) * scale, rounded once into drain.format. `accumulator` is the array's format:
/// dlfloat16, fp16, bf16 (2 bytes an element), fp32 or int32 (4 bytes). Rows are packed; each
/// starts on a byte of its own. By `threads` threads of the host where the tile is large enough: no
/// bit depends on them.
///
/// Throws std::invalid_argument (no accumulator format, a negative shape, a scale that is no power
/// of two in FP32) and std::out_of_range (outside a buffer), naming operand, value and rule.
Outcome execute(const isa::Drain& drain, numerics::Format accumulator, const Memory& memory,
                Scratch& scratch, int threads = 1);
/// The same, with memory of its own.
Outcome execute(const isa::Drain& drain, numerics::Format accumulator, const Memory& memory);

/// Executes an operation of the scaling units to the bit (docs/training-step.md, rules 2, 5 and
/// 12). Operands are documented at isa::VectorOperation: tiles of fp32, fp16, dlfloat16 or bf16 go
/// in, codes of the out operand's format come out; vectors and scalars are fp32, votes, scales and
/// counts int32. Several tiles of one tensor give the same bits as one: sums and maxima continue
/// when `accumulate` is set.
///
/// quantise_gradient makes fp4_r4 codes of either phase and fp8_152 codes; out[1] may have no
/// address, and must have none behind fp8_152. It counts as underflow every nonzero t whose code in
/// out[0] is zero, as overflow every |t| > 64 (infinity included); scalars [2] to [4] may have no
/// address. A NaN is a fault and enters neither the maximum nor the counts. Threads as above.
///
/// Throws as above, and std::invalid_argument for an operation of the vector unit and for a missing
/// operand.
Outcome execute(const isa::VectorInstruction& instruction, const Memory& memory, Scratch& scratch,
                int threads = 1);
/// The same, with memory of its own.
Outcome execute(const isa::VectorInstruction& instruction, const Memory& memory);

}  // namespace quatrain::scaling_unit
