// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::dram {

ClockedDram::ClockedDram(const sc_core::sc_module_name& name, const Params& params,
                         std::int64_t bursts_in_flight, DramImage& image)
    : sc_module(name),
      params_(params),
      image_(image),
      channels_(static_cast<std::size_t>(
                    in_unsigned("dram channels", params.channels, channel_count_bits)),
                ClockedFifo<Part>("dram channel queue", 2 * bursts_in_flight)),
      delay_line_("dram delay line", 2 * bursts_in_flight) {
    in_unsigned("dram latency_cycles", params.latency_cycles, delay_bits);
    in_unsigned("dram channel_millibytes_per_cycle", params.channel_millibytes_per_cycle,
                bandwidth_bits);
    SC_HAS_PROCESS(ClockedDram);
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
}

void ClockedDram::edge() {
    if (failure_) return;
    try {
        for (const std::size_t engine : {load, store}) accept(engine, requests[engine].read());
        for (ClockedFifo<Part>& queue : channels_) move_data(queue);
        answer();
    } catch (...) {
        failure_ = std::current_exception();
    }
}

/// Cuts a burst at the channels' boundaries and queues the parts. The contents move here: bursts to
/// the same bytes wait in the same channel's queue, so the order of arrival is the order of
/// service.
void ClockedDram::accept(std::size_t engine, const BurstRequest& request) {
    if (!request.valid) return;
    in_unsigned("dram address", request.address, dram_address_bits);
    in_range("dram burst bytes", request.bytes, 1, (std::int64_t{1} << burst_byte_bits) - 1);
    in_unsigned("dram tag", static_cast<std::int64_t>(request.tag), burst_tag_bits);
    const BurstId id{engine, request.tag};
    const auto [place, is_new] = open_.try_emplace(id);
    if (!is_new)
        throw std::logic_error(
            fmt::format("dram: a request with tag {}, which is in flight", request.tag));
    OpenBurst& burst = place->second;
    burst.address = request.address;
    if (engine == load) {
        burst.data.resize(static_cast<std::size_t>(request.bytes));
        image_.read(request.address, burst.data);
    } else {
        image_.write(request.address, request.data);
    }
    std::int64_t address = request.address;
    const std::int64_t end = address + request.bytes;
    while (address < end) {
        const std::int64_t block = address / params_.interleave_bytes;
        const std::int64_t next = std::min(end, (block + 1) * params_.interleave_bytes);
        queue_part(static_cast<std::size_t>(block % params_.channels), id, next - address);
        address = next;
    }
}

/// Bytes of the burst that was accepted last: those for one bus make one part.
void ClockedDram::queue_part(std::size_t channel, const BurstId& burst, std::int64_t bytes) {
    ClockedFifo<Part>& queue = channels_[channel];
    if (queue.empty() || queue.back().burst != burst) {
        queue.push_back({burst, 0});
        ++open_.at(burst).channels_left;  // at most one for every channel
    }
    queue.back().millibytes_left = in_unsigned(
        "dram part millibytes", queue.back().millibytes_left + 1000 * bytes, millibyte_bits);
}

/// One channel's bus for one cycle.
void ClockedDram::move_data(ClockedFifo<Part>& queue) {
    std::int64_t budget = params_.channel_millibytes_per_cycle;
    while (!queue.empty() && budget > 0) {
        Part& part = queue.front();
        const std::int64_t moved = std::min(budget, part.millibytes_left);
        part.millibytes_left -= moved;
        budget -= moved;
        if (part.millibytes_left > 0) return;
        const auto burst = open_.find(part.burst);
        if (--burst->second.channels_left == 0) {
            delay_line_.push_back({params_.latency_cycles,
                                   part.burst.first,
                                   {part.burst.second, std::move(burst->second.data)}});
            open_.erase(burst);
        }
        queue.pop_front();
    }
}

/// What leaves the delay line at this edge.
void ClockedDram::answer() {
    std::array<BurstResponses, 2> now;
    for (; !delay_line_.empty() && delay_line_.front().cycles_left == 0; delay_line_.pop_front()) {
        Answer& answer = delay_line_.front();
        now[answer.engine].bursts.push_back(std::move(answer.response));
        ++now[answer.engine].count;
    }
    for (Answer& answer : delay_line_) --answer.cycles_left;
    for (const std::size_t engine : {load, store}) responses[engine].write(now[engine]);
}

}  // namespace quatrain::dram
