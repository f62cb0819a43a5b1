// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_system.hpp"

#include "rtl_models/isa/address_map.hpp"

#include <algorithm>
#include <limits>

namespace quatrain::machine {
namespace {

constexpr std::size_t stream_bits = 8;  ///< of a request's id that name the stream

dma::Direction direction_of(std::size_t stream) {
    return static_cast<dma::Direction>(stream % 2);
}
std::int64_t core_of(std::size_t stream) {
    return static_cast<std::int64_t>(stream / 2);
}
std::size_t stream_of(std::uint64_t id) {
    return static_cast<std::size_t>(id & ((1U << stream_bits) - 1));
}

}  // namespace

MemorySystem::MemorySystem(const MachineParams& params, const Settings& settings)
    : dma_(params.dma),
      dram_share_(config::dram_share_bytes(params)),
      ideal_(params.dram.ideal),
      core_period_ps_(params.clock_period_ps),
      dram_period_ps_(params.memory.clock_period_ps),
      request_stages_(params.dram.request_stages),
      response_stages_(params.dram.response_stages),
      burst_bytes_(params.memory.organisation.burst_bytes()),
      mapping_(params.memory, params.dram.channels, params.dram.ranks,
               dram::mapping_order(params.memory, params.dram), params.dram.bank_hash),
      monitor_(params, settings) {
    for (std::int64_t i = 0; i < params.dram.channels; ++i) {
        channels_.emplace_back(params.memory, params.dram.ranks, params.controller,
                               static_cast<std::int32_t>(i), monitor_.channel(i));
    }
    if (params.cores > 1) path_.emplace(params.ring, params.cores);
    for (std::size_t i = 0; i < static_cast<std::size_t>(2 * params.cores); ++i)
        streams_.push_back({{params.dma, direction_of(i)}, {}, {}, 0});
}

void MemorySystem::start(dma::Direction direction, const isa::DmaTransfer& transfer,
                         std::int64_t now, std::int64_t core) {
    if (ideal_) {
        notices_.push_back({now, direction, Notice::Kind::last_burst_issued, core});
        notices_.push_back({now, direction, Notice::Kind::complete, core});
        return;
    }
    const auto index = static_cast<std::size_t>(2 * core) + static_cast<std::size_t>(direction);
    streams_[index].transfers.push_back({dma::BurstCursor(dma_, transfer), now + 1});
}

std::optional<std::int64_t> MemorySystem::advance(std::int64_t limit) {
    for (;;) {
        const std::int64_t notice = next_notice();
        const std::int64_t stop = std::min(limit, notice);
        std::size_t issuer = 0;
        std::int64_t next = never;
        for (std::size_t i = 0; i < streams_.size(); ++i) {
            const std::int64_t cycle = next_issue(streams_[i]);
            if (cycle < next) {
                next = cycle;
                issuer = i;
            }
        }
        const std::int64_t response = next_response(), on_ring = next_on_ring();
        const std::int64_t until = std::min({next, response, on_ring});
        if (until > stop || until == never)
            return notice <= limit && notice != never ? std::optional(notice) : std::nullopt;
        // What issues in a cycle goes before what moves on the ring in it: that may be on its way
        // at once.
        if (next < response && next <= on_ring)
            issue(issuer, next);
        else if (on_ring < response)
            move_on_ring();
        else
            run_channels(until);
    }
}

bool MemorySystem::quiet() const {
    return notices_.empty() && std::all_of(streams_.begin(), streams_.end(), [](const Stream& one) {
               return one.transfers.empty() && one.open.empty();
           });
}

std::vector<MemorySystem::Notice> MemorySystem::take(std::int64_t now) {
    std::vector<Notice> due;
    const auto is_due = [now](const Notice& notice) { return notice.cycle <= now; };
    std::copy_if(notices_.begin(), notices_.end(), std::back_inserter(due), is_due);
    std::erase_if(notices_, is_due);
    return due;
}

/// When the stream's next burst issues; `never` when it has none, or when that hangs on an answer.
std::int64_t MemorySystem::next_issue(const Stream& stream) const {
    if (stream.transfers.empty() ||
        static_cast<std::int64_t>(stream.open.size()) == dma_.outstanding)
        return never;
    return stream.timeline.issue_cycle(stream.transfers.front().earliest);
}

/// No response that is not known yet shows in an earlier cycle.
std::int64_t MemorySystem::next_response() const {
    std::int64_t edge = never;
    for (const dram::Controller& channel : channels_) edge = std::min(edge, channel.next_answer());
    return edge == never ? never
                         : dram::crossing(edge, dram_period_ps_, core_period_ps_, response_stages_);
}

std::int64_t MemorySystem::next_notice() const {
    std::int64_t cycle = never;
    for (const Notice& notice : notices_) cycle = std::min(cycle, notice.cycle);
    return cycle;
}

void MemorySystem::issue(std::size_t index, std::int64_t cycle) {
    Stream& stream = streams_[index];
    Transfer& transfer = stream.transfers.front();
    const dma::Burst burst = transfer.bursts.next();
    const bool last = transfer.bursts.done();
    const std::uint64_t number = stream.completed + stream.open.size();
    const std::uint64_t id = (number << stream_bits) | index;
    stream.open.push_back({.burst = burst, .last = last});
    const std::int64_t shows = stream.timeline.issue(cycle, burst.bytes);
    if (!path_) {
        request(index, stream.open.back(), id, shows);
    } else if (direction_of(index) == dma::Direction::load) {
        path_->load(id, core_of(index), shows);
    } else if (isa::space_of(burst.address) == isa::Space::next_core) {
        path_->put(id, core_of(index), burst.bytes, shows);
    } else {
        path_->store(id, core_of(index), burst.bytes, shows);
    }
    if (!last) return;
    stream.transfers.pop_front();
    notices_.push_back(
        {cycle, direction_of(index), Notice::Kind::last_burst_issued, core_of(index)});
}

/// The burst's request shows at the memory in `cycle`: its DRAM bursts go to their channels.
void MemorySystem::request(std::size_t index, OpenBurst& burst, std::uint64_t id,
                           std::int64_t cycle) {
    const std::int64_t arrival =
        dram::crossing(cycle + 1, core_period_ps_, dram_period_ps_, request_stages_);
    const bool reads = direction_of(index) == dma::Direction::load;
    const std::int64_t first = core_of(index) * dram_share_ + burst.burst.address;
    const std::int64_t end = first + burst.burst.bytes;
    for (std::int64_t at = first - first % burst_bytes_; at < end; at += burst_bytes_) {
        const auto [channel, location] = mapping_.locate(at);
        dram::Controller& controller = channels_[static_cast<std::size_t>(channel)];
        const dram::Request one{id, arrival, location};
        reads ? controller.read(one) : controller.write(one);
        ++burst.parts;
    }
}

/// Something moves on the ring, and may arrive at the memory or a core.
void MemorySystem::move_on_ring() {
    const std::optional<RingPath::Step> step = path_->step();
    if (!step) return;
    OpenBurst& burst = open_burst(step->id);
    const std::size_t index = stream_of(step->id);
    if (step->arrival == RingPath::Arrival::at_memory)
        request(index, burst, step->id, step->cycle);
    else
        respond(index, burst, step->cycle);
}

/// No request shows at the memory before `cycle`: the controllers run until one could arrive.
void MemorySystem::run_channels(std::int64_t cycle) {
    const std::int64_t arrival =
        dram::crossing(cycle + 1, core_period_ps_, dram_period_ps_, request_stages_);
    for (dram::Controller& channel : channels_) channel.advance(arrival - 1, answers_);
    monitor_.flush();
    for (const dram::Answer& one : answers_) answer(one);
    answers_.clear();
}

MemorySystem::OpenBurst& MemorySystem::open_burst(std::uint64_t id) {
    Stream& stream = streams_[stream_of(id)];
    return stream.open[(id >> stream_bits) - stream.completed];
}

void MemorySystem::answer(const dram::Answer& answer) {
    OpenBurst& burst = open_burst(answer.id);
    burst.edge = std::max(burst.edge, answer.edge);
    if (--burst.parts > 0) return;
    const std::size_t index = stream_of(answer.id);
    const std::int64_t shows =
        dram::crossing(burst.edge, dram_period_ps_, core_period_ps_, response_stages_);
    if (!path_) {
        respond(index, burst, shows);
    } else if (direction_of(index) == dma::Direction::load) {
        path_->answer_load(answer.id, core_of(index), burst.burst.bytes, shows);
    } else {
        path_->answer_store(answer.id, core_of(index), shows);
    }
}

/// The burst's response shows at its engine in `cycle`. Bursts complete in order.
void MemorySystem::respond(std::size_t index, OpenBurst& burst, std::int64_t cycle) {
    burst.response = cycle;
    Stream& stream = streams_[index];
    while (!stream.open.empty() && stream.open.front().response) complete_oldest(index);
}

void MemorySystem::complete_oldest(std::size_t index) {
    Stream& stream = streams_[index];
    const OpenBurst burst = stream.open.front();
    stream.open.pop_front();
    ++stream.completed;
    const std::int64_t complete = stream.timeline.complete(*burst.response, burst.burst.bytes);
    if (burst.last)
        notices_.push_back({complete, direction_of(index), Notice::Kind::complete, core_of(index)});
}

std::vector<dram::ChannelStatistics> MemorySystem::finish(std::int64_t cycle) {
    std::vector<dram::ChannelStatistics> all;
    run_channels(cycle);
    std::int64_t end = 0;
    for (dram::Controller& channel : channels_) {
        while (!channel.idle()) channel.advance(channel.now(), answers_);
        end = std::max(end, channel.now());
    }
    for (dram::Controller& channel : channels_) channel.advance(end - 1, answers_);
    monitor_.flush();
    for (std::size_t i = 0; i < channels_.size(); ++i)
        all.push_back(monitor_.finish(static_cast<std::int64_t>(i), channels_[i].now()));
    return all;
}

}  // namespace quatrain::machine
