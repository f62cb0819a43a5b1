// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/ring/clocked_stop.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::ring {

void ClockedEntry::push(RingMessage message, std::int64_t cycles) {
    const std::int64_t bytes = message.bytes;
    waiting_.push_back({std::move(message), cycles, bytes});
}

std::optional<Flit> ClockedEntry::edge() {
    std::optional<Flit> flit;
    if (!waiting_.empty() && waiting_.front().enters_in == 0) {
        flit = cut(waiting_.front());
        if (flit->last) waiting_.pop_front();
    }
    for (Waiting& one : waiting_) one.enters_in -= one.enters_in > 0 ? 1 : 0;
    return flit;
}

/// The payload goes first, then what goes with it.
Flit ClockedEntry::cut(Waiting& oldest) const {
    const RingMessage& message = oldest.message;
    const auto payload_bytes = static_cast<std::int64_t>(message.payload.size());
    const std::int64_t passed = message.bytes - oldest.bytes_left;
    const std::int64_t passes = std::min(oldest.bytes_left, bytes_per_cycle_);
    oldest.bytes_left -= passes;
    return {.first = passed == 0,
            .last = oldest.bytes_left == 0,
            .from = stop_,
            .to = message.to,
            .tag = message.tag,
            .bytes = message.bytes,
            .payload = {message.payload.begin() + std::min(passed, payload_bytes),
                        message.payload.begin() + std::min(passed + passes, payload_bytes)}};
}

std::optional<RingDelivery> ClockedExit::take(Flit flit) {
    const bool continues = open_ && open_->from == flit.from && open_->tag == flit.tag;
    if (flit.first == open_.has_value() || (!flit.first && !continues))
        throw std::logic_error(fmt::format(
            "ring: a flit of message {} from stop {} to {} that {}", flit.tag, flit.from, flit.to,
            open_ ? fmt::format("interrupts message {} from stop {}", open_->tag, open_->from)
                  : "nothing came before"));
    if (flit.first) open_ = {flit.from, flit.tag, flit.bytes, {}};
    open_->payload.insert(open_->payload.end(), flit.payload.begin(), flit.payload.end());
    if (!flit.last) return std::nullopt;
    return std::exchange(open_, std::nullopt);
}

}  // namespace quatrain::ring
