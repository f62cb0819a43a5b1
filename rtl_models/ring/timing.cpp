// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/ring/timing.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <stdexcept>

namespace quatrain::ring {
namespace {

constexpr std::int64_t least_stops = 2;

std::int64_t clockwise_hops(std::int64_t from, std::int64_t to, std::int64_t stops) {
    return (to - from + stops) % stops;
}

std::int64_t next_stop(Direction way, std::int64_t stop, std::int64_t stops) {
    if (way == Direction::clockwise) return stop + 1 == stops ? 0 : stop + 1;
    return stop == 0 ? stops - 1 : stop - 1;
}

[[noreturn]] void refuse(const char* field, std::int64_t value, const std::string& rule) {
    throw std::logic_error(fmt::format("ring {} = {}: {}", field, value, rule));
}

}  // namespace

std::span<const ParameterInfo> parameter_info(const Params&) {
    static constexpr std::array<ParameterInfo, 2> info{{
        {"bytes_per_cycle", "bytes/cycle", 1, 65536, "of a link, in each direction: one flit"},
        {"hop_cycles", "cycles", 1, 1000, "of a flit from one stop to the next"},
    }};
    return info;
}

Direction direction(std::int64_t from, std::int64_t to, std::int64_t stops) {
    const std::int64_t clockwise = clockwise_hops(from, to, stops);
    return clockwise <= stops - clockwise ? Direction::clockwise : Direction::anticlockwise;
}

std::int64_t hops(std::int64_t from, std::int64_t to, std::int64_t stops) {
    const std::int64_t clockwise = clockwise_hops(from, to, stops);
    return std::min(clockwise, stops - clockwise);
}

std::int64_t flits(const Params& params, std::int64_t bytes) {
    return ceil_div(bytes, params.bytes_per_cycle);
}

std::int64_t unloaded_latency(const Params& params, std::int64_t from, std::int64_t to,
                              std::int64_t bytes, std::int64_t stops) {
    return hops(from, to, stops) * params.hop_cycles + flits(params, bytes);
}

Ring::Ring(const Params& params, std::int64_t stops) : params_(params), stops_(stops) {
    require(stops >= least_stops, "stops", stops, fmt::format("must be at least {}", least_stops));
    free_.resize(static_cast<std::size_t>(2 * stops));
}

std::int64_t& Ring::free(Direction way, std::int64_t stop) {
    return free_[static_cast<std::size_t>(way == Direction::clockwise ? stop : stops_ + stop)];
}

void Ring::check(std::int64_t from, std::int64_t to, std::int64_t bytes, std::int64_t cycle) const {
    const auto is_stop = [&](std::int64_t stop) { return stop >= 0 && stop < stops_; };
    if (!is_stop(from)) refuse("from", from, fmt::format("must be a stop, 0 to {}", stops_ - 1));
    if (!is_stop(to)) refuse("to", to, fmt::format("must be a stop, 0 to {}", stops_ - 1));
    if (from == to) refuse("to", to, "must be another stop than the message comes from");
    if (bytes < 1) refuse("bytes", bytes, "must be at least 1");
    if (cycle < 0) refuse("cycle", cycle, "must be at least 0");
    if (std::pair(cycle, from) <= last_)
        refuse("cycle", cycle,
               fmt::format("from stop {}: must be behind cycle {} from stop {}", from, last_.first,
                           last_.second));
}

std::int64_t Ring::send(std::int64_t from, std::int64_t to, std::int64_t bytes,
                        std::int64_t cycle) {
    check(from, to, bytes, cycle);
    last_ = {cycle, from};
    const Direction way = direction(from, to, stops_);
    std::int64_t first_enters = cycle;
    std::int64_t travelled = 0;  // [cycles]
    for (std::int64_t stop = from; stop != to; stop = next_stop(way, stop, stops_)) {
        first_enters = std::max(first_enters, free(way, stop) - travelled);
        travelled += params_.hop_cycles;
    }
    std::int64_t passed = first_enters + flits(params_, bytes);
    for (std::int64_t stop = from; stop != to; stop = next_stop(way, stop, stops_)) {
        free(way, stop) = passed;
        passed += params_.hop_cycles;
    }
    return passed;
}

}  // namespace quatrain::ring
