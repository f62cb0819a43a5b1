// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scratchpad/clocked.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>
#include <utility>

namespace quatrain::scratchpad {

ClockedScratchpad::ClockedScratchpad(const sc_core::sc_module_name& name, const Params& params,
                                     std::int64_t ports, std::int64_t bursts_in_flight,
                                     ScratchpadImage& image)
    : sc_module(name),
      requests("requests", static_cast<std::size_t>(ports)),
      responses("responses", static_cast<std::size_t>(ports)),
      bytes_per_cycle_(in_range("scratchpad bytes_per_cycle", params.bytes_per_cycle, 1,
                                (std::int64_t{1} << bytes_per_cycle_bits) - 1)),
      bursts_in_flight_(bursts_in_flight),
      image_(image),
      open_(static_cast<std::size_t>(ports)),
      waiting_("scratchpad bursts", ports * bursts_in_flight),
      answers_(static_cast<std::size_t>(
          in_range("scratchpad latency_cycles", params.latency_cycles, 0, most_latency_cycles))) {
    SC_HAS_PROCESS(ClockedScratchpad);
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
}

void ClockedScratchpad::edge() {
    if (failure_) return;
    try {
        for (std::size_t port = 0; port < requests.size(); ++port)
            accept(port, requests[port].read());
        respond(serve());
    } catch (...) {
        failure_ = std::current_exception();
    }
}

/// Takes a burst. Its contents move here: what orders bursts to the same bytes, a semaphore, waits
/// for the response of the first.
void ClockedScratchpad::accept(std::size_t port, const BurstRequest& request) {
    if (!request.valid) return;
    in_unsigned("scratchpad address", request.address, address_bits);
    in_range("scratchpad burst bytes", request.bytes, 1, (std::int64_t{1} << burst_byte_bits) - 1);
    in_unsigned("scratchpad tag", static_cast<std::int64_t>(request.tag), burst_tag_bits);
    open(port, request.tag);
    Burst burst{port, request.bytes, {request.tag, {}}};
    if (is_store(port)) {
        if (std::ssize(request.data) != request.bytes)
            throw std::logic_error(fmt::format("scratchpad: store {} has {} bytes and data of {}",
                                               request.tag, request.bytes, request.data.size()));
        image_.write(request.address, request.data);
    } else {
        burst.answer.data.resize(static_cast<std::size_t>(request.bytes));
        image_.read(request.address, burst.answer.data);
    }
    waiting_.push_back(std::move(burst));
}

void ClockedScratchpad::open(std::size_t port, std::uint64_t tag) {
    if (!open_[port].insert(tag).second)
        throw std::logic_error(
            fmt::format("scratchpad: a request with tag {}, which is in flight", tag));
    in_range("scratchpad open bursts", std::ssize(open_[port]), 0, bursts_in_flight_);
}

std::optional<ClockedScratchpad::Burst> ClockedScratchpad::serve() {
    if (waiting_.empty()) return std::nullopt;
    Burst& oldest = waiting_.front();
    oldest.bytes_left -= std::min(oldest.bytes_left, bytes_per_cycle_);
    if (oldest.bytes_left > 0) return std::nullopt;
    std::optional<Burst> served = std::move(oldest);
    waiting_.pop_front();
    return served;
}

void ClockedScratchpad::respond(std::optional<Burst> served) {
    answers_.push_front(std::move(served));
    std::vector<BurstResponses> shown(responses.size());
    if (std::optional<Burst>& burst = answers_.back()) {
        open_[burst->port].erase(burst->answer.tag);
        shown[burst->port].bursts.push_back(std::move(burst->answer));
        ++shown[burst->port].count;
    }
    answers_.pop_back();
    for (std::size_t port = 0; port < responses.size(); ++port) responses[port].write(shown[port]);
}

}  // namespace quatrain::scratchpad
