// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/clocked_memory_stop.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::machine {
namespace {

constexpr std::uint64_t tag_count = std::uint64_t{1} << burst_tag_bits;
constexpr int waiting_bits = 22;  ///< `outstanding` of each of 32 cores

}  // namespace

ClockedMemoryStop::ClockedMemoryStop(const sc_core::sc_module_name& name,
                                     const MachineParams& params)
    : sc_module(name),
      load_asked("load_asked", static_cast<std::size_t>(params.cores)),
      store_asked("store_asked", load_asked.size()),
      store_request("store_request", load_asked.size()),
      load_responses("load_responses", load_asked.size()),
      outstanding_(params.dma.outstanding),
      loads_(load_asked.size()),
      waiting_("waiting answers", params.cores * params.dma.outstanding) {
    announced_.assign(load_asked.size(), {"announced stores", outstanding_});
    SC_HAS_PROCESS(ClockedMemoryStop);
    SC_METHOD(send);
    sensitive << changed_;
    for (std::size_t core = 0; core < load_asked.size(); ++core) sensitive << load_responses[core];
    SC_METHOD(receive);
    sensitive << deliver << changed_;
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
}

std::uint64_t ClockedMemoryStop::distance(const Loads& loads, std::uint64_t tag) const {
    return (tag + tag_count - loads.oldest_tag) % tag_count;
}

std::vector<ClockedMemoryStop::Answer> ClockedMemoryStop::arriving() const {
    std::vector<Answer> all;
    for (std::size_t core = 0; core < load_responses.size(); ++core) {
        const auto first = static_cast<std::ptrdiff_t>(all.size());
        for (const BurstResponse& one : load_responses[core].read().bursts)
            all.push_back({static_cast<std::int64_t>(core), one});
        std::sort(all.begin() + first, all.end(), [&](const Answer& a, const Answer& b) {
            return distance(loads_[core], a.burst.tag) < distance(loads_[core], b.burst.tag);
        });
    }
    return all;
}

void ClockedMemoryStop::send() {
    guarded([this] {
        const std::vector<Answer> now = waiting_.empty() ? arriving() : std::vector<Answer>{};
        if (waiting_.empty() && now.empty()) return inject.write({});
        const auto& [core, burst] = waiting_.empty() ? now.front() : waiting_.front();
        inject.write({true, core, burst.tag, std::ssize(burst.data), burst.data});
    });
}

void ClockedMemoryStop::receive() {
    guarded([this] {
        std::vector<BurstRequest> shown(store_request.size());
        for (const RingDelivery& one : deliver.read().messages) {
            const auto core = static_cast<std::size_t>(one.from);
            if (announced_[core].empty()) continue;  // edge() complains
            shown[core] = announced_[core].front();
            shown[core].data = one.payload;
        }
        for (std::size_t core = 0; core < shown.size(); ++core)
            store_request[core].write(shown[core]);
    });
}

void ClockedMemoryStop::edge() {
    guarded([this] {
        for (const RingDelivery& one : deliver.read().messages) {
            ClockedFifo<BurstRequest>& announced = announced_[static_cast<std::size_t>(one.from)];
            if (announced.empty() || announced.front().tag != one.tag)
                throw std::logic_error(fmt::format(
                    "memory stop: message {} from stop {} was not announced", one.tag, one.from));
            announced.pop_front();
        }
        for (Answer& one : arriving()) waiting_.push_back(std::move(one));
        if (!waiting_.empty()) waiting_.pop_front();
        for (std::size_t core = 0; core < loads_.size(); ++core) {
            for (const BurstResponse& one : load_responses[core].read().bursts)
                close_load(loads_[core], one.tag);
            if (load_asked[core].read().valid) open_load(loads_[core], load_asked[core].read().tag);
            if (store_asked[core].read().valid)
                announced_[core].push_back(store_asked[core].read());
        }
        changed_.write(!changed_.read());
    });
}

void ClockedMemoryStop::open_load(Loads& loads, std::uint64_t tag) const {
    if (loads.answered.empty()) loads.oldest_tag = tag;
    if (distance(loads, tag) != loads.answered.size())
        throw std::logic_error(fmt::format("memory stop: load {} is not the next", tag));
    in_range("memory stop open loads", std::ssize(loads.answered) + 1, 0, outstanding_);
    loads.answered.push_back(false);
}

void ClockedMemoryStop::close_load(Loads& loads, std::uint64_t tag) const {
    loads.answered.at(distance(loads, tag)) = true;
    while (!loads.answered.empty() && loads.answered.front()) {
        loads.answered.pop_front();
        loads.oldest_tag = (loads.oldest_tag + 1) % tag_count;
    }
}

void ClockedMemoryStop::probe(Probes& probes, const std::string& block) const {
    probes.number(block + ".waiting_answers", waiting_bits, [this] { return waiting_.size(); });
    for (std::size_t core = 0; core < loads_.size(); ++core) {
        const std::string name = block + ".core_" + std::to_string(core);
        probes.number(name + ".announced_stores", burst_count_bits,
                      [this, core] { return announced_[core].size(); });
        probes.number(name + ".open_loads", burst_count_bits,
                      [this, core] { return loads_[core].answered.size(); });
    }
}

}  // namespace quatrain::machine
