// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_system.hpp"

#include "rtl_models/isa/address_map.hpp"

#include <algorithm>
#include <tuple>

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
      mapping_(params.memory, params.dram.channels, params.dram.ranks,
               dram::mapping_order(params.memory, params.dram), params.dram.bank_hash),
      monitor_(params, settings),
      scratchpad_(params.scratchpad),
      issues_(static_cast<std::size_t>(2 * params.cores)),
      answer_edges_(static_cast<std::size_t>(params.dram.channels)) {
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
        notify({now, direction, Notice::Kind::last_burst_issued, core});
        notify({now, direction, Notice::Kind::complete, core});
        return;
    }
    const auto index = static_cast<std::size_t>(2 * core) + static_cast<std::size_t>(direction);
    streams_[index].transfers.push({dma::BurstCursor(dma_, transfer), now + 1});
    find_next_issue(index);
}

std::optional<std::int64_t> MemorySystem::advance(std::int64_t limit) {
    for (;;) {
        const std::int64_t stop = std::min(limit, next_notice_);
        const std::int64_t next = issues_.cycle();
        const std::int64_t response = next_response();
        const std::int64_t on_ring = path_ ? path_->next_cycle() : never;
        const std::int64_t at_scratchpad = next_at_scratchpad();
        const std::int64_t until = std::min({next, response, on_ring, at_scratchpad});
        if (until > stop || until == never) {
            return next_notice_ <= limit && next_notice_ != never ? std::optional(next_notice_)
                                                                  : std::nullopt;
        }
        // What issues in a cycle goes before what moves on the ring in it: that may be on its way
        // at once. The scratchpad waits for both: it takes the requests of a cycle in their order.
        if (next < response && next <= std::min(on_ring, at_scratchpad))
            issue(issues_.slot(), next);
        else if (on_ring < response && on_ring <= at_scratchpad)
            move_on_ring();
        else if (at_scratchpad < response)
            serve_scratchpad();
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
    if (next_notice_ > now) return due;
    const auto later = [now](const Notice& notice) { return notice.cycle > now; };
    const auto first = std::partition(notices_.begin(), notices_.end(), later);
    due.assign(first, notices_.end());
    notices_.erase(first, notices_.end());
    std::sort(due.begin(), due.end(), [](const Notice& a, const Notice& b) {
        return std::tie(a.cycle, a.core, a.direction, a.kind) <
               std::tie(b.cycle, b.core, b.direction, b.kind);
    });
    next_notice_ = never;
    for (const Notice& notice : notices_) next_notice_ = std::min(next_notice_, notice.cycle);
    return due;
}

void MemorySystem::notify(const Notice& notice) {
    notices_.push_back(notice);
    next_notice_ = std::min(next_notice_, notice.cycle);
}

void MemorySystem::find_next_issue(std::size_t index) {
    const Stream& stream = streams_[index];
    const bool waits = stream.transfers.empty() ||
                       static_cast<std::int64_t>(stream.open.size()) == dma_.outstanding;
    issues_.set(index,
                waits ? never : stream.timeline.issue_cycle(stream.transfers.front().earliest));
}

/// No response that is not known yet shows in an earlier cycle.
std::int64_t MemorySystem::next_response() const {
    const std::int64_t edge = answer_edges_.cycle();
    return edge == never ? never
                         : dram::crossing(edge, dram_period_ps_, core_period_ps_, response_stages_);
}

void MemorySystem::issue(std::size_t index, std::int64_t cycle) {
    Stream& stream = streams_[index];
    Transfer& transfer = stream.transfers.front();
    const dma::Burst burst = transfer.bursts.next();
    const bool last = transfer.bursts.done();
    const std::uint64_t number = stream.completed + stream.open.size();
    const std::uint64_t id = (number << stream_bits) | index;
    stream.open.push({.burst = burst, .last = last});
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
    if (last) {
        stream.transfers.pop();
        notify({cycle, direction_of(index), Notice::Kind::last_burst_issued, core_of(index)});
    }
    find_next_issue(index);
}

/// The burst's request shows at the memory in `cycle`.
void MemorySystem::request(std::size_t index, OpenBurst& burst, std::uint64_t id,
                           std::int64_t cycle) {
    if (isa::space_of(burst.burst.address) == isa::Space::scratchpad)
        at_scratchpad_.push({cycle, index, id});
    else
        request_dram(index, burst, id, cycle);
}

/// Its DRAM bursts go to their channels.
void MemorySystem::request_dram(std::size_t index, OpenBurst& burst, std::uint64_t id,
                                std::int64_t cycle) {
    const std::int64_t arrival = horizon(cycle);
    const bool reads = direction_of(index) == dma::Direction::load;
    const std::int64_t first = core_of(index) * dram_share_ + burst.burst.address;
    std::int32_t parts = 0;
    mapping_.locate(first, first + burst.burst.bytes,
                    [&](std::int32_t channel, const dram::Location& location) {
                        const auto at = static_cast<std::size_t>(channel);
                        dram::Controller& controller = channels_[at];
                        const dram::Request one{id, arrival, location};
                        reads ? controller.read(one) : controller.write(one);
                        answer_edges_.set(at, controller.next_answer());
                        ++parts;
                    });
    burst.parts = parts;
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

/// The first DRAM cycle in which a request could arrive that shows at the memory in `cycle`.
std::int64_t MemorySystem::horizon(std::int64_t cycle) const {
    return dram::crossing(cycle + 1, core_period_ps_, dram_period_ps_, request_stages_);
}

/// No request shows at the memory before `cycle`: the controllers that may have an answer then run
/// until one could arrive. A listener hears all channels' commands in one order: for it, all run.
void MemorySystem::run_channels(std::int64_t cycle) {
    const std::int64_t end = horizon(cycle);
    if (monitor_.listens()) {
        for (std::size_t i = 0; i < channels_.size(); ++i) run_channel(i, end);
        monitor_.flush();
    }
    const std::int64_t last_due =
        ((cycle - response_stages_ + 1) * core_period_ps_ - 1) / dram_period_ps_;
    while (answer_edges_.cycle() <= last_due) run_channel(answer_edges_.slot(), end);
    take_answers();
}

void MemorySystem::run_channel(std::size_t channel, std::int64_t end) {
    channels_[channel].advance(end - 1, answers_);
    answer_edges_.set(channel, channels_[channel].next_answer());
}

void MemorySystem::take_answers() {
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
    answered(stream_of(answer.id), burst, answer.id,
             dram::crossing(burst.edge, dram_period_ps_, core_period_ps_, response_stages_));
}

/// The port takes the first of the requests that wait for it.
void MemorySystem::serve_scratchpad() {
    const ScratchpadRequest one = at_scratchpad_.top();
    at_scratchpad_.pop();
    OpenBurst& burst = open_burst(one.id);
    answered(one.stream, burst, one.id, scratchpad_.serve(one.cycle, burst.burst.bytes));
}

/// The burst's answer shows at the memory in `cycle`.
void MemorySystem::answered(std::size_t index, OpenBurst& burst, std::uint64_t id,
                            std::int64_t cycle) {
    if (!path_) {
        respond(index, burst, cycle);
    } else if (direction_of(index) == dma::Direction::load) {
        path_->answer_load(id, core_of(index), burst.burst.bytes, cycle);
    } else {
        respond(index, burst, path_->answer_store(core_of(index), cycle));
    }
}

/// The burst's response shows at its engine in `cycle`. Bursts complete in order.
void MemorySystem::respond(std::size_t index, OpenBurst& burst, std::int64_t cycle) {
    burst.answered = true;
    burst.response = cycle;
    Stream& stream = streams_[index];
    if (!stream.open.front().answered) return;
    while (!stream.open.empty() && stream.open.front().answered) complete_oldest(index);
    find_next_issue(index);
}

void MemorySystem::complete_oldest(std::size_t index) {
    Stream& stream = streams_[index];
    const OpenBurst burst = stream.open.front();
    stream.open.pop();
    ++stream.completed;
    const std::int64_t complete = stream.timeline.complete(burst.response, burst.burst.bytes);
    if (burst.last) notify({complete, direction_of(index), Notice::Kind::complete, core_of(index)});
}

std::vector<dram::ChannelStatistics> MemorySystem::finish(std::int64_t cycle) {
    std::int64_t end = horizon(cycle);
    for (const dram::Controller& channel : channels_) end = std::max(end, channel.now());
    for (dram::Controller& channel : channels_) channel.advance(end - 1, answers_);
    for (dram::Controller& channel : channels_) {
        while (!channel.idle()) channel.advance(channel.now(), answers_);
        end = std::max(end, channel.now());
    }
    for (dram::Controller& channel : channels_) channel.advance(end - 1, answers_);
    monitor_.flush();
    std::vector<dram::ChannelStatistics> all;
    for (std::size_t i = 0; i < channels_.size(); ++i)
        all.push_back(monitor_.finish(static_cast<std::int64_t>(i), channels_[i].now()));
    return all;
}

}  // namespace quatrain::machine
