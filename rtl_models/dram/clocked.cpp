// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked.hpp"

#include <algorithm>

namespace quatrain::dram {

ClockedDram::ClockedDram(const sc_core::sc_module_name& name, const Params& params,
                         DramImage& image)
    : sc_module(name),
      params_(params),
      image_(image),
      channels_(static_cast<std::size_t>(params.channels)) {
    SC_HAS_PROCESS(ClockedDram);
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
}

void ClockedDram::edge() {
    if (failure_) return;
    try {
        for (const std::size_t engine : {load, store}) accept(engine, requests[engine].read());
        for (std::deque<Part>& queue : channels_) move_data(queue);
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
    OpenBurst& burst = open_[{engine, request.tag}];
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
        channels_[static_cast<std::size_t>(block % params_.channels)].push_back(
            {{engine, request.tag}, 1000 * (next - address)});
        ++burst.parts_left;
        address = next;
    }
}

/// One channel's bus for one cycle.
void ClockedDram::move_data(std::deque<Part>& queue) {
    std::int64_t budget = params_.channel_millibytes_per_cycle;
    while (!queue.empty() && budget > 0) {
        Part& part = queue.front();
        const std::int64_t moved = std::min(budget, part.millibytes_left);
        part.millibytes_left -= moved;
        budget -= moved;
        if (part.millibytes_left > 0) return;
        const auto burst = open_.find(part.burst);
        if (--burst->second.parts_left == 0) {
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
    for (Answer& answer : delay_line_) {
        if (answer.cycles_left-- > 0) continue;
        now[answer.engine].bursts.push_back(std::move(answer.response));
        ++now[answer.engine].count;
    }
    std::erase_if(delay_line_, [](const Answer& answer) { return answer.cycles_left < 0; });
    for (const std::size_t engine : {load, store}) responses[engine].write(now[engine]);
}

}  // namespace quatrain::dram
