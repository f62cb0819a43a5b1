// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"

#include <boost/describe.hpp>
#include <cstdint>

namespace quatrain::mac_array {

BOOST_DEFINE_ENUM_CLASS(Accumulator, dlfloat16, fp16, bf16, fp32, int32)

/// The array of processing elements (PE).
struct Params {
    std::int64_t rows = 32;
    std::int64_t cols = 32;
    std::int64_t lanes_4bit = 4;
    std::int64_t lanes_8bit = 2;
    std::int64_t lanes_16bit = 1;
    Accumulator accumulator = Accumulator::dlfloat16;
    std::int64_t chunk = 64;
    bool double_stationary = true;
    bool double_result = true;
};
BOOST_DESCRIBE_STRUCT(Params, (), (rows, cols, lanes_4bit, lanes_8bit, lanes_16bit, accumulator, chunk,
                                   double_stationary, double_result))
std::span<const ParameterInfo> parameter_info(const Params&);
/// Throws ParamError when fields contradict each other (chunk not a multiple of the lanes).
void validate(const Params& params);

/// Bits of one accumulator: 16 or 32.
int accumulator_bits(Accumulator accumulator);

/// When one pass occupies what [cycles, absolute]. Passes are given in issue order; see docs/microarchitecture.md.
struct PassTimes {
    std::int64_t preload_start, preload_end;  ///< stationary operand (WS) or resumed results (OS, if resuming)
    std::int64_t stream_start, stream_end;    ///< moving vectors enter in [stream_start, stream_end)
    std::int64_t done;                        ///< the last result is in the accumulator buffer
    std::int64_t next_issue;                  ///< earliest cycle in which the next pass can issue
};

/// The array's occupancy between passes. With no overlap and no stalls a WS pass over T vectors takes
/// 2R + C + T - 2 cycles, an OS pass of K steps R + C + K - 2.
class Timeline {
public:
    explicit Timeline(const Params& params) : params_(params) {}
    /// `issue`: cycle in which the pass issues. `preload_cycles` includes the streamer's word limit,
    /// `stream_cycles` likewise (both from operand_streamer/timing.hpp).
    PassTimes weight_stationary(std::int64_t issue, std::int64_t preload_cycles, std::int64_t stream_cycles);
    PassTimes output_stationary(std::int64_t issue, bool resume, std::int64_t stream_cycles);

private:
    Params params_;
    std::int64_t preload_free_ = 0;  ///< the preload path is idle from here on
    std::int64_t shadow_free_ = 0;   ///< the second register (or the only one) can be overwritten from here on
    std::int64_t stream_free_ = 0;   ///< the next pass's first vector may enter from here on
    std::int64_t drain_free_ = 0;    ///< the result drain is idle from here on
};

}  // namespace quatrain::mac_array
