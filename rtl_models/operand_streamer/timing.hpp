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
};
BOOST_DESCRIBE_STRUCT(Params, (), (read_ports, word_bytes))
std::span<const ParameterInfo> parameter_info(const Params&);
/// Throws ParamError: a word holds whole elements of every format.
void validate(const Params& params);

struct StreamCost {
    std::int64_t cycles =
        0;  ///< a vector that needs w distinct words takes ceil(w / read_ports), at least 1
    std::int64_t words = 0;  ///< words read from the buffer; elements outside the tensor need none
    bool operator==(const StreamCost&) const = default;
};

/// Weight stationary: `vectors` vectors of the elements [k_offset, k_offset + k_count).
StreamCost weight_stationary_cost(const Params& params, const isa::Stream& stream, int element_bits,
                                  std::int64_t k_offset, std::int64_t k_count,
                                  std::int64_t vectors);
/// Output stationary: `pixels` vectors of [k_offset, k_offset + k_count), `lanes` of them per step;
/// a step costs as one vector that needs the distinct words of all of them.
StreamCost output_stationary_cost(const Params& params, const isa::Stream& stream, int element_bits,
                                  std::int64_t k_offset, std::int64_t k_count, std::int64_t pixels,
                                  std::int64_t lanes);
/// Rows of a dense tile: `count` rows of `columns` elements, `stride` bytes apart, `lanes` rows per
/// step (the preload of WS, the stationary side of OS).
StreamCost row_cost(const Params& params, std::int64_t address, std::int64_t stride,
                    int element_bits, std::int64_t columns, std::int64_t count, std::int64_t lanes);

}  // namespace quatrain::operand_streamer
