// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"

#include <boost/describe.hpp>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace quatrain::ring {

/// The ring between cores and memory: two links, one each way, between neighbouring stops.
struct Params {
    std::int64_t bytes_per_cycle = 128;
    std::int64_t hop_cycles = 2;
};
BOOST_DESCRIBE_STRUCT(Params, (), (bytes_per_cycle, hop_cycles))
std::span<const ParameterInfo> parameter_info(const Params&);

/// Clockwise is from stop k to stop k + 1, and from the last one to stop 0.
enum class Direction : std::uint8_t { clockwise, anticlockwise };

// Of a message between two of `stops` stops, which are numbered from 0 on.
/// The way with fewer hops; clockwise where both have as many.
Direction direction(std::int64_t from, std::int64_t to, std::int64_t stops);
/// Links on that way; 0 from a stop to itself.
std::int64_t hops(std::int64_t from, std::int64_t to, std::int64_t stops);
/// Flits that a message of `bytes` is cut into: cycles that it has a link for.
std::int64_t flits(const Params& params, std::int64_t bytes);
/// From the cycle in which a message shows at its stop to the one in which it shows at another, on
/// an idle ring [cycles].
std::int64_t unloaded_latency(const Params& params, std::int64_t from, std::int64_t to,
                              std::int64_t bytes, std::int64_t stops);

/// When messages arrive. A message reserves its whole way at once, in the order of requests, for
/// the first cycles in which all its flits pass every link behind those of the messages before;
/// gaps that those leave stay empty. Nothing waits on the way (docs/microarchitecture.md, "The
/// ring").
class Ring {
public:
    /// Throws ParamError unless there are two stops at least.
    Ring(const Params& params, std::int64_t stops);

    /// A message of `bytes` shows at stop `from` in `cycle`. Returns the cycle in which it shows at
    /// stop `to`. Throws std::logic_error for a message to its own stop or to none, one without
    /// bytes, and unless (cycle, from) is behind those of the call before: a stop sends one message
    /// per cycle.
    std::int64_t send(std::int64_t from, std::int64_t to, std::int64_t bytes, std::int64_t cycle);

private:
    void check(std::int64_t from, std::int64_t to, std::int64_t bytes, std::int64_t cycle) const;
    /// First cycle in which the link that leaves `stop` takes a flit again.
    std::int64_t& free(Direction way, std::int64_t stop);

    Params params_;
    std::int64_t stops_;
    std::vector<std::int64_t> free_;                     ///< clockwise links, then the others
    std::pair<std::int64_t, std::int64_t> last_{-1, 0};  ///< cycle and stop of the last request
};

}  // namespace quatrain::ring
