// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"
#include "rtl_models/isa/stream.hpp"

#include <boost/describe.hpp>
#include <cstdint>

namespace quatrain::operand_streamer {

/// Reads vectors from the moving buffer (implicit im2col) and rows from the stationary buffer.
struct Params {
    std::int64_t read_ports = 4;
    std::int64_t word_bytes = 32;
    std::int64_t banks = 8;
};
BOOST_DESCRIBE_STRUCT(Params, (), (read_ports, word_bytes, banks))
std::span<const ParameterInfo> parameter_info(const Params&);
/// Throws ParamError: a word holds whole elements of every format.
void validate(const Params& params);

/// A step (a vector, or what enters the array on one side in one cycle) that needs a set of words
/// takes as many cycles as its words need ports, or the fullest bank's words need turns if that is
/// more, at least 1: max(1, ceil(words / read_ports), largest number of words in one bank). Word i
/// of a buffer lies in bank i modulo banks.
struct StreamCost {
    std::int64_t cycles = 0;
    std::int64_t words = 0;  ///< words read from the buffer; elements outside the tensor need none
    /// Of the cycles, those that the ports alone would not take: a bank held more than its share.
    std::int64_t conflict_cycles = 0;
    bool operator==(const StreamCost&) const = default;
};

/// Rows of a dense tile.
struct DenseRows {
    std::int64_t address = 0;  ///< of row 0 in the buffer [bytes]
    std::int64_t stride = 0;   ///< from one row to the next [bytes]
    int element_bits = 4;
    std::int64_t columns = 0;  ///< elements of a row that are read
};

/// Both sides of an output-stationary pass. A step enters the array on both sides at once: it takes
/// the cycles of its slower side.
struct JointCost {
    std::int64_t cycles = 0;
    StreamCost moving, stationary;  ///< each side as if it were alone
    bool operator==(const JointCost&) const = default;
};

/// Weight stationary: `vectors` vectors of the elements [k_offset, k_offset + k_count).
StreamCost weight_stationary_cost(const Params& params, const isa::Stream& stream, int element_bits,
                                  std::int64_t k_offset, std::int64_t k_count,
                                  std::int64_t vectors);
/// Output stationary: `pixels` vectors of [k_offset, k_offset + k_count) and as many rows of
/// `stationary`, `lanes` of them per step; a side's step needs the distinct words of all of them.
JointCost output_stationary_cost(const Params& params, const isa::Stream& stream, int element_bits,
                                 std::int64_t k_offset, std::int64_t k_count, std::int64_t pixels,
                                 std::int64_t lanes, const DenseRows& stationary);
/// `count` rows of a dense tile, `lanes` rows per step (the preload of WS).
StreamCost row_cost(const Params& params, const DenseRows& rows, std::int64_t count,
                    std::int64_t lanes);

}  // namespace quatrain::operand_streamer
