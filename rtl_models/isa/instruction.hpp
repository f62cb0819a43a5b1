// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/semaphore.hpp"
#include "rtl_models/isa/stream.hpp"
#include "rtl_models/numerics/format.hpp"

#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace quatrain::isa {

/// The engines of a core; each executes one queue in order. Scaling-unit instructions are issued
/// from the vector queue: the scaling units sit between the accumulator buffer and the vector
/// buffer.
enum class Engine : std::uint8_t { load, store, array, vector };
inline constexpr std::size_t engine_count = 4;
std::string_view name(Engine engine);

enum class BufferId : std::uint8_t { moving, stationary, accumulator, vector, scalar };
inline constexpr std::size_t buffer_count = 5;
std::string_view name(BufferId buffer);

/// Address of nothing: an operand or scalar that the instruction does not use.
inline constexpr std::int64_t no_address = -1;

/// Moves a 4-D strided box between DRAM and a buffer; the queue (load or store) gives the
/// direction. `dram_address` is one of the core's address space (address_map.hpp): a store can also
/// go to a buffer of the next core. extent[0] is a run of contiguous bytes on both sides;
/// extents 1..3 count repetitions, innermost first, with strides [bytes] on both sides. Unused
/// extents are 1.
struct DmaTransfer {
    BufferId buffer = BufferId::vector;
    std::int64_t buffer_address = 0;  ///< [bytes]
    std::int64_t dram_address = 0;    ///< [bytes]
    std::array<std::int64_t, 4> extent{0, 1, 1, 1};
    std::array<std::int64_t, 3> buffer_stride{0, 0, 0};  ///< [bytes]
    std::array<std::int64_t, 3> dram_stride{0, 0, 0};    ///< [bytes]
};
BOOST_DESCRIBE_STRUCT(DmaTransfer, (),
                      (buffer, buffer_address, dram_address, extent, buffer_stride, dram_stride))

/// One weight-stationary pass: k_count x columns stationary operands, `vectors` moving vectors.
/// For vector t and column c: accumulator[t][c] (+)= round(sum over k of moving(t, k_offset + k) *
/// stationary[k][c]).
struct WeightStationaryPass {
    numerics::Format moving_format = numerics::Format::uint4;
    numerics::Format stationary_format = numerics::Format::int4;
    Stream moving;  ///< vectors out of the moving buffer
    std::int64_t k_offset =
        0;                     ///< first reduction element of this chunk in (ky, kx, channel) order
    std::int64_t k_count = 0;  ///< reduction elements, at most rows * lanes
    std::int64_t vectors = 0;  ///< moving vectors T
    std::int64_t stationary_address =
        0;  ///< of element [k_offset][0] in the stationary buffer [bytes]
    std::int64_t stationary_stride = 0;    ///< from one reduction element to the next [bytes]
    std::int64_t columns = 0;              ///< outputs, at most cols
    std::int64_t accumulator_address = 0;  ///< of element [0][0] [bytes]
    std::int64_t accumulator_stride = 0;   ///< from one vector's accumulators to the next [bytes]
    bool accumulate = false;  ///< false: the accumulators start from zero (first chunk)
};
BOOST_DESCRIBE_STRUCT(WeightStationaryPass, (),
                      (moving_format, stationary_format, moving, k_offset, k_count, vectors,
                       stationary_address, stationary_stride, columns, accumulator_address,
                       accumulator_stride, accumulate))

/// One output-stationary pass: `outputs` x columns accumulators in the PEs, `pixels` reduction
/// elements. For row r and column c: acc[r][c] (+)= chunked sum over p of moving(p, k_offset + r) *
/// stationary[p][c]. Rounds every `chunk` pixels (array parameter), counted from the pass's first
/// pixel, which the compiler keeps at a multiple of the chunk.
struct OutputStationaryPass {
    numerics::Format moving_format = numerics::Format::uint4;
    numerics::Format stationary_format = numerics::Format::fp4_r4;
    Stream moving;              ///< element (pixel, k) out of the moving buffer
    std::int64_t k_offset = 0;  ///< first row's index in (ky, kx, channel) order
    std::int64_t outputs = 0;   ///< rows in use, at most rows
    std::int64_t pixels = 0;    ///< reduction elements
    std::int64_t stationary_address =
        0;  ///< of pixel 0, column 0 of this pass, in the stationary buffer [bytes]
    std::int64_t stationary_stride = 0;  ///< from one pixel to the next [bytes]
    std::int64_t columns = 0;            ///< at most cols
    std::int64_t accumulator_address =
        0;  ///< where the result registers drain to (and resume from) [bytes]
    std::int64_t accumulator_stride = 0;  ///< from one row to the next [bytes]
    bool resume = false;  ///< true: result registers are first loaded from the accumulator buffer
};
BOOST_DESCRIBE_STRUCT(OutputStationaryPass, (),
                      (moving_format, stationary_format, moving, k_offset, outputs, pixels,
                       stationary_address, stationary_stride, columns, accumulator_address,
                       accumulator_stride, resume))

/// Scaling unit: reads accumulators, multiplies by the scale, rounds into `format`, writes to the
/// vector buffer. scale = product of the scalars that are given, x 2^-gradscale, x 2^exponent
/// (training-step page, GEMM).
struct Drain {
    std::int64_t accumulator_address = 0;  ///< [bytes]
    std::int64_t accumulator_stride = 0;   ///< [bytes]
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t destination = 0;         ///< in the vector buffer [bytes]
    std::int64_t destination_stride = 0;  ///< from one row to the next [bytes]
    numerics::Format format = numerics::Format::fp16;
    std::int64_t step_a = no_address;     ///< scalar (fp32) or no_address
    std::int64_t step_b = no_address;     ///< scalar (fp32) or no_address
    std::int64_t gradscale = no_address;  ///< scalar (int32, log2) or no_address
    std::int64_t exponent =
        0;  ///< power of two: -1 for the odd phase, -6 more for int32 sums of fp4_r4
};
BOOST_DESCRIBE_STRUCT(Drain, (),
                      (accumulator_address, accumulator_stride, rows, columns, destination,
                       destination_stride, format, step_a, step_b, gradscale, exponent))

/// What the vector unit and the scaling units do to tiles in the vector buffer. Operand roles per
/// operation are listed beside each; "vector" operands have one element per column (FP32), "tile"
/// operands rows x columns. Accumulating operations add to their outputs when `accumulate` is set
/// and start from zero otherwise.
enum class VectorOperation : std::uint8_t {
    // Scaling unit
    weight_statistics,  ///< in: w (fp32 tile). out: sum|w|, sum w^2, max|w| (vectors, accumulate)
    weight_scale,  ///< in: the three vectors, rows = 1; immediate = count. scalar out: [0] alpha,
                   ///< [1] step
    quantise_weight,  ///< in: w. scalar in: [0] step (no_address: round to out format). out: [0]
                      ///< codes
    ///< rows x columns, [1] codes columns x rows (transposed; address may be no_address)
    quantise_gradient,  ///< in: dy. scalar in: [0] gradscale. out: [0] even (fp4_r4) or fp8_152
                        ///< codes, [1] behind even codes: odd (fp4_r4) or fp8_152 codes, or
                        ///< no_address.
    ///< scalar out: [2] running max |t| (accumulate), [3] elements that underflow, [4] that
    ///< overflow (both int32, accumulate). immediate = FP32 pattern of the threshold of fp4_r4, 1
    ///< to 4; 0: 2.5
    update_gradscale,  ///< scalars: [0] gradscale in and out, [1] max |t| in, [2] vote out (int32)
    activation_scale,  ///< scalars: [0] alpha in, [1] step = alpha/15 out, [2] 15/alpha out
    quantise_activation,  ///< in: x. scalars: [0] alpha, [1] 15/alpha. out: uint4 codes
    // Of several cores (docs/several-cores.md); votes are int32
    gradscale_vote,   ///< scalars: [0] max |t| in, [1] vote out
    add_votes,        ///< scalars: [0] a, [1] b (no_address: a copy of a), [2] sum out, clamped
    apply_gradscale,  ///< scalars: [0] gradscale in and out, [1] sum of the votes in
    least_vote,       ///< scalars: [0] a, [1] b (no_address: a copy of a), [2] the lesser out; of a
                      ///< global
                      ///< loss scale
    // Vector unit
    fill_zero,            ///< out: zeros
    input_normalise,      ///< in: image (uint8), scale (vector), shift (vector). out: tile
    relu,                 ///< in: x. out: tile
    relu_backward,        ///< in: dy, x. out: tile
    activation_backward,  ///< in: dy, x. scalar: [0] alpha. out: dx (tile), sum of dy over x >=
                          ///< alpha (vector, accumulate)
    add,  ///< in: a, b. scalars: [0] step of a, [1] step of b (no_address unless uint4). out: tile
    bias_add,               ///< in: x, bias (vector). out: tile
    column_sum,             ///< in: x. out: vector (accumulate)
    reduce_columns,         ///< in: vector (rows = 1). scalar out: [0] sequential sum
    batch_norm_statistics,  ///< in: z. out: sum, sum of squares (vectors, accumulate)
    batch_norm_finish,      ///< in: sum, sumsq, running mean, running variance (vectors, rows = 1);
                            ///< immediate = M.
    ///< scalars: [0] eps, [1] momentum m, [2] 1-m, [3] u. out: mean, inverse deviation, running
    ///< mean, running variance (vectors)
    batch_norm_normalise,            ///< in: z, mean, inverse deviation, gamma, beta. out: tile
    batch_norm_backward_statistics,  ///< in: dy, z, mean, inverse deviation. out: dbeta, dgamma
                                     ///< (vectors, accumulate)
    batch_norm_backward_apply,       ///< in: dy, z, mean, inverse deviation, gamma, dbeta, dgamma;
                                     ///< immediate = M. out: tile
    max_pool,  ///< in: x (window tile, see WindowGeometry). out: rows x columns output pixels
    max_pool_backward,  ///< in: dy, x. out: dx
    average_pool,  ///< in: x; rows = images, immediate = pixels per image. scalars: [0] step. out:
                   ///< tile
    average_pool_backward,  ///< in: dy (rows = images); immediate = pixels per image. out:
                            ///< rows*immediate x columns
    softmax_cross_entropy,  ///< in: logits, labels (int32, one per row); immediate = batch N. out:
                            ///< dlogits (tile).
                            ///< scalar: [0] loss sum (accumulate)
    divide_scalar,          ///< scalars: [0] = [0] / immediate
    sgd_update,  ///< in: g, w, v. scalars: [0] lr, [1] mu, [2] wd (no_address: none), [3] alpha
                 ///< mask (or
                 ///< no_address). out: w, v (fp32)
    sgd_update_scalar,  ///< scalars: [0] w, [1] v, [2] g, [3] lr, [4] mu, [5] wd or no_address
    add_scalars,  ///< of several cores. scalars: [0] a, [1] b (no_address: a copy of a), [2] sum
};
inline constexpr std::size_t vector_operation_count =
    static_cast<std::size_t>(VectorOperation::add_scalars) + 1;
std::string_view name(VectorOperation operation);

/// A tile or vector in the vector buffer.
struct Operand {
    std::int64_t address = no_address;  ///< [bytes]
    numerics::Format format = numerics::Format::fp32;
};
BOOST_DESCRIBE_STRUCT(Operand, (), (address, format))

/// Shape of a pooling tile. Whole images or bands of rows: output rows [first_output_row, +
/// output_rows) of one image, from input rows [first_input_row, + input_rows) of it. For the
/// backward operation the roles are the same: dy covers the output rows, dx exactly `result_rows`
/// input rows from `first_result_row`.
struct WindowGeometry {
    std::int64_t kernel = 0, stride = 0, padding = 0;
    std::int64_t input_height = 0, input_width = 0;    ///< of the whole image
    std::int64_t output_height = 0, output_width = 0;  ///< of the whole image
    std::int64_t first_input_row = 0, input_rows = 0;
    std::int64_t first_output_row = 0, output_rows = 0;
    std::int64_t first_result_row = 0, result_rows = 0;
};
BOOST_DESCRIBE_STRUCT(WindowGeometry, (),
                      (kernel, stride, padding, input_height, input_width, output_height,
                       output_width, first_input_row, input_rows, first_output_row, output_rows,
                       first_result_row, result_rows))

/// One streaming operation over a tile of `rows` x `columns` elements, all operands contiguous and
/// packed.
struct VectorInstruction {
    VectorOperation operation = VectorOperation::fill_zero;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::array<Operand, 7> in{};
    std::array<Operand, 4> out{};
    std::array<std::int64_t, 6> scalars{no_address, no_address, no_address, no_address,
                                        no_address, no_address};  ///< scalar buffer [bytes]
    std::int64_t immediate = 0;
    bool accumulate = false;
    WindowGeometry window{};
};
BOOST_DESCRIBE_STRUCT(VectorInstruction, (),
                      (operation, rows, columns, in, out, scalars, immediate, accumulate, window))

using Body =
    std::variant<DmaTransfer, WeightStationaryPass, OutputStationaryPass, Drain, VectorInstruction>;

/// What an engine executes: wait for semaphores (acquire), do the body, signal semaphores.
struct Instruction {
    std::uint32_t operator_index = 0;       ///< the operator that the counters are charged to
    std::array<SemaphoreUse, 4> waits{};    ///< all acquired together, before issue
    std::array<SemaphoreUse, 4> signals{};  ///< released when done
    Body body;
};

/// A field of the encoded instruction that changes by `stride` in every iteration of a loop.
struct FieldStride {
    std::uint32_t field = 0;  ///< index into encode()
    std::int64_t stride = 0;
    bool operator==(const FieldStride&) const = default;
};

/// The instruction as integers, one per field in declaration order (the body's variant index
/// first). Two instructions with bodies of the same kind have encodings of equal length.
std::vector<std::int64_t> encode(const Instruction& instruction);
/// Inverse of encode(). Throws std::invalid_argument when the words are no instruction.
Instruction decode(const std::vector<std::int64_t>& words);

/// One line for people: operation, shapes, addresses, waits and signals.
std::string describe(const Instruction& instruction);

}  // namespace quatrain::isa
