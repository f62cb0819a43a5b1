// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/ring/clocked.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::ring {

ClockedRing::ClockedRing(const sc_core::sc_module_name& name, const Params& params,
                         std::int64_t stops, std::int64_t waiting)
    : sc_module(name),
      inject("inject", static_cast<std::size_t>(in_range("ring stops", stops, 2, most_stops))),
      deliver("deliver", static_cast<std::size_t>(stops)),
      params_(params),
      stops_(static_cast<std::size_t>(stops)) {
    in_unsigned("ring bytes_per_cycle", params.bytes_per_cycle, bytes_per_cycle_bits);
    in_range("ring hop_cycles", params.hop_cycles, 1, most_hop_cycles);
    for (std::size_t side = 0; side < sides_.size(); ++side)
        for (std::size_t stop = 0; stop < stops_; ++stop) {
            sides_[side].links.emplace_back(
                fmt::format("from stop {} to {}", stop, next(side, stop)), params.hop_cycles);
            sides_[side].entries.emplace_back(static_cast<std::int64_t>(stop), waiting,
                                              params.bytes_per_cycle);
            sides_[side].exits.emplace_back();
        }
    SC_HAS_PROCESS(ClockedRing);
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
}

std::size_t ClockedRing::next(std::size_t side, std::size_t stop) const {
    if (side == clockwise) return stop + 1 == stops_ ? 0 : stop + 1;
    return stop == 0 ? stops_ - 1 : stop - 1;
}

std::size_t ClockedRing::side_of(std::size_t from, std::size_t to) const {
    const std::size_t ahead = from < to ? to - from : to + stops_ - from;
    return 2 * ahead <= stops_ ? clockwise : anticlockwise;
}

void ClockedRing::edge() {
    if (failure_) return;
    try {
        move();
    } catch (...) {
        failure_ = std::current_exception();
    }
}

void ClockedRing::move() {
    for (std::size_t stop = 0; stop < stops_; ++stop) accept(stop, inject[stop].read());
    std::vector<RingDeliveries> shown(stops_);
    for (std::size_t side = 0; side < sides_.size(); ++side) advance(side, shown);
    for (std::size_t stop = 0; stop < stops_; ++stop) deliver[stop].write(shown[stop]);
}

void ClockedRing::accept(std::size_t from, const RingMessage& message) {
    if (!message.valid) return;
    in_range("ring to", message.to, 0, static_cast<std::int64_t>(stops_) - 1);
    in_range("ring bytes", message.bytes, 1, (std::int64_t{1} << ring_byte_bits) - 1);
    in_unsigned("ring tag", static_cast<std::int64_t>(message.tag), ring_tag_bits);
    const auto to = static_cast<std::size_t>(message.to);
    if (from == to)
        throw std::logic_error(fmt::format("ring: a message from stop {} to itself", from));
    if (std::ssize(message.payload) > message.bytes)
        throw std::logic_error(fmt::format("ring: message {} has {} bytes and a payload of {}",
                                           message.tag, message.bytes, message.payload.size()));
    const std::size_t side = side_of(from, to);
    const std::int64_t flits = ceil_div(message.bytes, params_.bytes_per_cycle);
    sides_[side].entries[from].push(message, reserve(side, from, to, flits));
}

std::int64_t ClockedRing::reserve(std::size_t side, std::size_t from, std::size_t to,
                                  std::int64_t flits) {
    std::vector<ClockedLink>& links = sides_[side].links;
    std::int64_t enters_in = 0;
    std::int64_t travelled = 0;  // [cycles]
    for (std::size_t stop = from; stop != to; stop = next(side, stop)) {
        enters_in = std::max(enters_in, links[stop].free_in() - travelled);
        travelled += params_.hop_cycles;
    }
    std::int64_t passed = enters_in + flits;
    for (std::size_t stop = from; stop != to; stop = next(side, stop)) {
        links[stop].reserve(passed);
        passed += params_.hop_cycles;
    }
    return enters_in;
}

void ClockedRing::advance(std::size_t side, std::vector<RingDeliveries>& shown) {
    auto& [links, entries, exits] = sides_[side];
    std::vector<std::optional<Flit>> arrived(stops_);
    for (std::size_t stop = 0; stop < stops_; ++stop) {
        arrived[next(side, stop)] = links[stop].shift();
        links[stop].count_down();
    }
    for (std::size_t stop = 0; stop < stops_; ++stop) {
        if (arrived[stop] && arrived[stop]->to != static_cast<std::int64_t>(stop)) {
            links[stop].enter(*std::move(arrived[stop]));
        } else if (arrived[stop]) {
            if (auto message = exits[stop].take(*std::move(arrived[stop]))) {
                shown[stop].messages.push_back(*std::move(message));
                ++shown[stop].count;
            }
        }
        if (auto flit = entries[stop].edge()) links[stop].enter(*std::move(flit));
    }
}

}  // namespace quatrain::ring
