// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/mac_array/timing.hpp"
#include "rtl_models/numerics/gemm.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace quatrain::mac_array {

/// The operand streamer's side of a pass: writes the decoded elements [k_offset, k_offset +
/// k_count) (weight stationary) or [k_offset, k_offset + outputs) (output stationary) of vectors
/// [first, first + count) of the pass's stream into rows `stride` elements apart. The rows are zero
/// when it is called. Several host threads call it at once, for different vectors.
using MovingVectors = std::function<void(std::int64_t first, std::int64_t count,
                                         numerics::DecodedRows rows, std::int64_t stride)>;

/// The same for vectors [first, first + count) as vectors that overlap (output stationary: the
/// vectors are the steps); false where they are not to be had in this way.
using MovingLayout = std::function<bool(std::int64_t first, std::int64_t count,
                                        numerics::OverlappingVectors& vectors)>;

/// What a pass did.
struct PassCounts {
    std::int64_t macs = 0;       ///< multiply-accumulates, padding included
    std::int64_t zero_macs = 0;  ///< of these, with a zero operand: the multiplier does not switch
    std::int64_t accumulator_adds = 0;  ///< rounded chunk sums added to accumulators
    bool operator==(const PassCounts&) const = default;
};

/// The numerics format that an accumulator is stored in.
numerics::Format accumulator_format(Accumulator accumulator);

/// Memory of one host thread, or of one block of reduction elements, while a pass is executed.
struct Workspace {
    numerics::DecodedBuffer moving, stationary;
    numerics::OverlappingVectors overlapping;
    numerics::PackedOperand packed_moving, packed_stationary;
    numerics::MovingWords moving_words;  ///< in what was gathered or laid out
    std::vector<std::uint32_t> accumulators;
    std::vector<std::int64_t> moving_zeros;  ///< by reduction element
    std::int64_t zero_macs = 0;
};

/// Memory that passes reuse. One per thread of control.
struct Scratch {
    std::vector<Workspace> workspaces;
    Workspace shared;  ///< by the threads: the stationary operand, or the accumulators
};

/// Function of a weight-stationary pass, to the bit of docs/training-step.md: one chunk.
/// Accumulators are stored in the accumulator format, 2 or 4 bytes. By `threads` threads of the
/// host where the pass is large enough: nothing that comes out depends on them. Without
/// `count_zeros`, zero_macs stays zero, and `layout`, where it is given, is asked for the vectors
/// first. Throws std::out_of_range when the pass addresses bytes outside a buffer,
/// std::invalid_argument when it does not fit the array, std::overflow_error when an int32
/// accumulator overflows.
PassCounts weight_stationary_pass(const Params& params, const isa::WeightStationaryPass& pass,
                                  const MovingVectors& moving,
                                  std::span<const std::byte> stationary,
                                  std::span<std::byte> accumulators, Scratch& scratch, int threads,
                                  bool count_zeros = true, const MovingLayout& layout = {});
/// Function of an output-stationary pass: chunks of params.chunk pixels, then the drain. Threads,
/// zeros and errors as above.
PassCounts output_stationary_pass(const Params& params, const isa::OutputStationaryPass& pass,
                                  const MovingVectors& moving,
                                  std::span<const std::byte> stationary,
                                  std::span<std::byte> accumulators, Scratch& scratch, int threads,
                                  bool count_zeros = true, const MovingLayout& layout = {});

/// A pass of any k_count and columns: what weight_stationary_pass() makes of the passes that the
/// array takes for it, one after the other. Their chunks, rows * lanes reduction elements, are
/// whole words (numerics::elements_per_word) where there are several: else std::invalid_argument.
PassCounts weight_stationary_tile(const Params& params, const isa::WeightStationaryPass& pass,
                                  const MovingVectors& moving,
                                  std::span<const std::byte> stationary,
                                  std::span<std::byte> accumulators, Scratch& scratch, int threads,
                                  bool count_zeros = true, const MovingLayout& layout = {});
/// Likewise for output_stationary_pass(): any outputs and columns.
PassCounts output_stationary_tile(const Params& params, const isa::OutputStationaryPass& pass,
                                  const MovingVectors& moving,
                                  std::span<const std::byte> stationary,
                                  std::span<std::byte> accumulators, Scratch& scratch, int threads,
                                  bool count_zeros = true, const MovingLayout& layout = {});

}  // namespace quatrain::mac_array
