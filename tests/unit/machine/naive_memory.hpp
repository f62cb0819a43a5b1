// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/address_map.hpp"
#include "sim/machine/memory_system.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace quatrain::machine::naive {

using Direction = dma::Direction;
using Notice = MemorySystem::Notice;
using Kind = Notice::Kind;

/// A transfer that a core's engine starts.
struct Start {
    std::int64_t cycle;
    Direction direction;
    isa::DmaTransfer transfer;
    std::int64_t core = 0;
};

/// The same rules without looking ahead: one core cycle after the other, and of the DRAM's what
/// lies in it.
class Memory {
public:
    explicit Memory(const MachineParams& params)
        : params_(params),
          cores_(params.cores),
          mapping_(params.memory, params.dram.channels, params.dram.ranks,
                   dram::mapping_order(params.memory, params.dram), params.dram.bank_hash),
          monitor_(params, {}),
          scratchpad_(params.scratchpad) {
        if (cores_ > 1) ring_.emplace(params.ring, cores_ + 1);
        for (std::int64_t i = 0; i < params.dram.channels; ++i)
            channels_.emplace_back(params.memory, params.dram.ranks, params.controller,
                                   static_cast<std::int32_t>(i), monitor_.channel(i));
        for (std::int64_t i = 0; i < 2 * cores_; ++i)
            engines_.push_back({dma::BurstTimeline(params.dma, direction(i)), {}, {}, 0});
    }

    std::vector<Notice> run(const std::vector<Start>& starts, std::int64_t cycles) {
        std::size_t next = 0;
        for (std::int64_t cycle = 0; cycle < cycles; ++cycle) {
            for (std::int64_t engine = 0; engine < 2 * cores_; ++engine) issue(engine, cycle);
            for (std::int64_t engine = 0; engine < 2 * cores_; ++engine) show(engine, cycle);
            send_answer(cycle);
            for (std::int64_t engine = 0; engine < 2 * cores_; ++engine) request(engine, cycle);
            run_channels(arrival(cycle + 1));
            for (; next < starts.size() && starts[next].cycle == cycle; ++next) {
                const Start& start = starts[next];
                engine(2 * start.core + static_cast<std::int64_t>(start.direction))
                    .transfers.emplace_back(cycle + 1,
                                            dma::BurstCursor(params_.dma, start.transfer));
            }
        }
        return notices_;
    }

private:
    struct Burst {
        dma::Burst burst;
        std::int64_t shows = 0;  ///< at its core's stop
        std::int64_t at_memory = -1;
        std::int64_t parts = -1;  ///< without an answer; -1: not at the memory yet
        std::int64_t edge = 0;
        std::int64_t answered = -1;  ///< at the memory
        std::int64_t response = -1;  ///< at the engine
        bool last = false;
    };
    struct EngineState {
        dma::BurstTimeline timeline;
        std::deque<std::pair<std::int64_t, dma::BurstCursor>> transfers;
        std::vector<Burst> bursts;  ///< all so far
        std::size_t complete = 0;
    };

    static Direction direction(std::int64_t engine) {
        return engine % 2 == 0 ? Direction::load : Direction::store;
    }
    EngineState& engine(std::int64_t index) { return engines_[static_cast<std::size_t>(index)]; }
    std::int64_t wires(std::int64_t index) const { return wires_between(index / 2, cores_); }
    std::int64_t wires_between(std::int64_t from, std::int64_t to) const {
        return ring_ ? params_.ring.hop_cycles * ring::hops(from, to, cores_ + 1) : 0;
    }
    std::int64_t arrival(std::int64_t cycle) const {
        return (cycle + 1) * params_.clock_period_ps / params_.memory.clock_period_ps +
               params_.dram.request_stages;
    }

    void issue(std::int64_t index, std::int64_t cycle) {
        EngineState& one = engine(index);
        if (one.transfers.empty()) return;
        const auto open = static_cast<std::int64_t>(one.bursts.size() - one.complete);
        if (open == params_.dma.outstanding) return;
        auto& [earliest, cursor] = one.transfers.front();
        if (one.timeline.issue_cycle(earliest) != cycle) return;
        Burst burst{.burst = cursor.next()};
        burst.shows = one.timeline.issue(cycle, burst.burst.bytes);
        burst.last = cursor.done();
        one.bursts.push_back(burst);
        if (!burst.last) return;
        notices_.push_back({cycle, direction(index), Kind::last_burst_issued, index / 2});
        one.transfers.pop_front();
    }

    void show(std::int64_t index, std::int64_t cycle) {
        EngineState& one = engine(index);
        for (std::size_t i = one.complete; i < one.bursts.size(); ++i) {
            Burst& burst = one.bursts[i];
            if (burst.shows != cycle || burst.at_memory >= 0) continue;
            burst.at_memory = cycle + wires(index);
            if (!ring_ || direction(index) == Direction::load) continue;
            const std::int64_t core = index / 2;
            const bool put = isa::space_of(burst.burst.address) == isa::Space::next_core;
            const std::int64_t to = put ? (core + 1) % cores_ : cores_;
            burst.at_memory = ring_->send(core, to, burst.burst.bytes, cycle);
            if (!put) continue;
            burst.parts = 0;
            burst.response = burst.at_memory + wires_between(core, to);
            complete(index);
        }
    }

    /// The memory's stop sends the answer to a load that has waited longest.
    void send_answer(std::int64_t cycle) {
        if (!ring_) return;
        Burst* first = nullptr;
        std::int64_t core = 0;
        for (std::int64_t i = 0; i < 2 * cores_; i += 2)
            for (Burst& burst : engine(i).bursts) {
                if (burst.answered < 0 || burst.answered > cycle || burst.response >= 0) continue;
                if (first != nullptr && first->answered <= burst.answered) continue;
                first = &burst;
                core = i / 2;
            }
        if (first == nullptr) return;
        first->response = ring_->send(cores_, core, first->burst.bytes, cycle);
        complete(2 * core);
    }

    void request(std::int64_t index, std::int64_t cycle) {
        EngineState& one = engine(index);
        for (std::size_t i = one.complete; i < one.bursts.size(); ++i) {
            Burst& burst = one.bursts[i];
            if (burst.at_memory != cycle || burst.parts >= 0) continue;
            const std::int64_t size = params_.memory.organisation.burst_bytes();
            burst.parts = 0;
            if (isa::space_of(burst.burst.address) == isa::Space::scratchpad) {
                answer(index, burst, scratchpad_.serve(cycle, burst.burst.bytes));
                continue;
            }
            const std::int64_t first =
                index / 2 * config::dram_share_bytes(params_) + burst.burst.address;
            for (std::int64_t at = first / size * size; at < first + burst.burst.bytes;
                 at += size) {
                const auto [channel, location] = mapping_.locate(at);
                const dram::Request request{i * 64 + static_cast<std::uint64_t>(index),
                                            arrival(cycle), location};
                auto& controller = channels_[static_cast<std::size_t>(channel)];
                direction(index) == Direction::load ? controller.read(request)
                                                    : controller.write(request);
                ++burst.parts;
            }
        }
    }

    void run_channels(std::int64_t end) {
        std::vector<dram::Answer> answers;
        for (dram::Controller& channel : channels_)
            while (channel.now() < end) channel.advance(channel.now(), answers);
        for (const dram::Answer& part : answers) {
            const auto index = static_cast<std::int64_t>(part.id % 64);
            Burst& burst = engine(index).bursts[part.id / 64];
            burst.edge = std::max(burst.edge, part.edge);
            if (--burst.parts > 0) continue;
            answer(index, burst,
                   burst.edge * params_.memory.clock_period_ps / params_.clock_period_ps +
                       params_.dram.response_stages);
        }
    }

    /// The memory's answer shows there in `cycle`.
    void answer(std::int64_t index, Burst& burst, std::int64_t cycle) {
        burst.answered = cycle;
        if (ring_ && direction(index) == Direction::load) return;  // send_answer()
        burst.response = burst.answered + wires(index);
        complete(index);
    }

    void complete(std::int64_t index) {
        EngineState& one = engine(index);
        while (one.complete < one.bursts.size() && one.bursts[one.complete].response >= 0) {
            const Burst& burst = one.bursts[one.complete++];
            const std::int64_t cycle = one.timeline.complete(burst.response, burst.burst.bytes);
            if (burst.last)
                notices_.push_back({cycle, direction(index), Kind::complete, index / 2});
        }
    }

    const MachineParams& params_;
    std::int64_t cores_;
    std::optional<ring::Ring> ring_;
    dram::AddressMapping mapping_;
    MemoryMonitor monitor_;
    scratchpad::Port scratchpad_;
    std::vector<dram::Controller> channels_;
    std::vector<EngineState> engines_;
    std::vector<Notice> notices_;
};

}  // namespace quatrain::machine::naive
