// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"
#include "rtl_models/numerics/format.hpp"

#include <boost/describe.hpp>
#include <cstdint>

namespace quatrain::mac_array {

BOOST_DEFINE_ENUM_CLASS(Accumulator, dlfloat16, fp16, bf16, fp32, int32)

/// The array of processing elements (PE). A mode with 0 lanes is not built.
struct Params {
    std::int64_t rows = 32;
    std::int64_t cols = 32;
    std::int64_t lanes_4bit = 4;
    std::int64_t lanes_8bit = 2;
    std::int64_t lanes_16bit = 1;
    std::int64_t lanes_32bit = 0;
    Accumulator accumulator = Accumulator::dlfloat16;
    std::int64_t chunk = 64;
    bool double_stationary = true;
    bool double_result = true;
};
BOOST_DESCRIBE_STRUCT(Params, (),
                      (rows, cols, lanes_4bit, lanes_8bit, lanes_16bit, lanes_32bit, accumulator,
                       chunk, double_stationary, double_result))
std::span<const ParameterInfo> parameter_info(const Params&);
/// Throws ParamError when fields contradict each other (chunk not a multiple of the lanes).
void validate(const Params& params);

/// Multipliers per PE in a mode; 0: the array has no such mode.
std::int64_t lanes(const Params& params, numerics::Precision precision);
/// Multipliers per PE in the mode of a pair of formats. Throws std::invalid_argument when the array
/// has no such mode, or no mode multiplies the pair.
std::int64_t lanes(const Params& params, numerics::Format moving, numerics::Format stationary);

/// Bits of one accumulator: 16 or 32.
int accumulator_bits(Accumulator accumulator);

/// When one pass occupies what [cycles, absolute]. Passes are given in issue order; see
/// docs/microarchitecture.md.
struct PassTimes {
    std::int64_t preload_start,
        preload_end;  ///< stationary operand (WS) or resumed results (OS, if resuming)
    std::int64_t stream_start, stream_end;  ///< moving vectors enter in [stream_start, stream_end)
    std::int64_t done;                      ///< the last result is in the accumulator buffer
    std::int64_t next_issue;                ///< earliest cycle in which the next pass can issue
};

/// The array's occupancy between passes; R = rows, C = cols of the array (not of the tile), T =
/// stream_cycles.
///
/// Weight stationary. The preload takes max(R, preload_cycles); vectors enter from its end on, in T
/// cycles; the skew of one cycle per row and per column puts `done` R + C - 2 cycles after the last
/// vector. Without a second stationary register a pass starts when the one before is done: 2R + C +
/// T - 2 cycles per pass. With it, the preload may start when the pass before starts streaming
/// (that pass has then taken over the register, row by row ahead of the preload), and the stream
/// may follow the stream before without a gap: max(R, T) cycles per pass. Accumulators are in time:
/// the same vector's sums of two passes are T cycles apart.
///
/// Output stationary. Steps enter in T cycles. Results drain one row per cycle behind the skew: row
/// r in the cycle in which its last column completes, so the drain takes the R cycles up to `done`,
/// again R + C - 2 after the last step: R + C + T - 2 cycles per pass without a second result
/// register. With it, the stream may follow the stream before without a gap, but its last step is
/// held until the stream ends at least max(R, C - 1) cycles after the end of the stream before:
/// there is one drain path, and a result register is read before it is written again. A resuming
/// pass first loads R rows of results, one per cycle and each after the pass before has drained
/// that row: it starts one cycle behind that drain.
///
/// A pass of the other dataflow than the one before starts when that one is done: partial sums and
/// draining results share the column wires. The next pass can issue when this one streams (its
/// preload then has a register), or, without the second register, when it is done.
class Timeline {
public:
    explicit Timeline(const Params& params) : params_(params) {}
    /// `issue`: cycle in which the pass issues. `preload_cycles` includes the streamer's word
    /// limit, `stream_cycles` likewise (both from operand_streamer/timing.hpp).
    PassTimes weight_stationary(std::int64_t issue, std::int64_t preload_cycles,
                                std::int64_t stream_cycles);
    PassTimes output_stationary(std::int64_t issue, bool resume, std::int64_t stream_cycles);

private:
    enum class Dataflow : std::uint8_t { none, weight_stationary, output_stationary };

    /// The first cycle in which a pass may touch the array at all.
    std::int64_t earliest_start(std::int64_t issue, Dataflow dataflow, bool overlaps);
    PassTimes finish(PassTimes times, std::int64_t issue, bool overlaps);

    Params params_;
    Dataflow dataflow_ = Dataflow::none;
    std::int64_t preload_free_ = 0;  ///< the preload path is idle from here on
    std::int64_t shadow_free_ =
        0;  ///< the second stationary register (or the only one) can be overwritten from here on
    std::int64_t stream_free_ = 0;   ///< the next pass's first vector may enter from here on
    std::int64_t drain_start_ = -1;  ///< the latest drain moves its first row in this cycle
    std::int64_t drain_free_ = 0;    ///< the next drain may move its first row from here on
    std::int64_t done_ = 0;          ///< every pass so far is done from here on
};

}  // namespace quatrain::mac_array
