// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_system.hpp"

#include <algorithm>
#include <limits>

namespace quatrain::machine {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t stream_bits = 8;  ///< of a request's id that name the stream

}  // namespace

MemorySystem::MemorySystem(const MachineParams& params, const Settings& settings)
    : dma_(params.dma),
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
    for (const dma::Direction direction : {dma::Direction::load, dma::Direction::store})
        streams_.push_back({{params.dma, direction}, {}, {}, 0});
}

void MemorySystem::start(dma::Direction direction, const isa::DmaTransfer& transfer,
                         std::int64_t now) {
    if (ideal_) {
        notices_.push_back({now, direction, Notice::Kind::last_burst_issued});
        notices_.push_back({now, direction, Notice::Kind::complete});
        return;
    }
    streams_[static_cast<std::size_t>(direction)].transfers.push_back(
        {dma::BurstCursor(dma_, transfer), now + 1});
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
        const std::int64_t response = next_response();
        if (next < response && next <= stop) {
            issue(issuer, next);
            continue;
        }
        const std::int64_t until = std::min(next, response);
        if (until > stop || until == never)
            return notice <= limit && notice != never ? std::optional(notice) : std::nullopt;
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
    stream.open.push_back({burst.bytes, 0, 0, last});
    request(index, burst, stream.timeline.issue(cycle, burst.bytes));
    if (!last) return;
    stream.transfers.pop_front();
    notices_.push_back(
        {cycle, static_cast<dma::Direction>(index), Notice::Kind::last_burst_issued});
}

/// The burst's request shows in `cycle`: its DRAM bursts go to their channels.
void MemorySystem::request(std::size_t index, const dma::Burst& burst, std::int64_t cycle) {
    Stream& stream = streams_[index];
    const std::uint64_t number = stream.completed + stream.open.size() - 1;
    const std::uint64_t id = (number << stream_bits) | index;
    const std::int64_t arrival =
        dram::crossing(cycle + 1, core_period_ps_, dram_period_ps_, request_stages_);
    const bool reads = static_cast<dma::Direction>(index) == dma::Direction::load;
    const std::int64_t end = burst.address + burst.bytes;
    for (std::int64_t at = burst.address - burst.address % burst_bytes_; at < end;
         at += burst_bytes_) {
        const auto [channel, location] = mapping_.locate(at);
        dram::Controller& controller = channels_[static_cast<std::size_t>(channel)];
        const dram::Request one{id, arrival, location};
        reads ? controller.read(one) : controller.write(one);
        ++stream.open.back().parts;
    }
}

/// No request shows before `cycle`: the controllers run until one could arrive.
void MemorySystem::run_channels(std::int64_t cycle) {
    const std::int64_t arrival =
        dram::crossing(cycle + 1, core_period_ps_, dram_period_ps_, request_stages_);
    for (dram::Controller& channel : channels_) channel.advance(arrival - 1, answers_);
    monitor_.flush();
    for (const dram::Answer& one : answers_) answer(one);
    answers_.clear();
}

void MemorySystem::answer(const dram::Answer& answer) {
    const auto index = static_cast<std::size_t>(answer.id & ((1U << stream_bits) - 1));
    Stream& stream = streams_[index];
    OpenBurst& burst = stream.open[(answer.id >> stream_bits) - stream.completed];
    burst.edge = std::max(burst.edge, answer.edge);
    --burst.parts;
    while (!stream.open.empty() && stream.open.front().parts == 0) complete_oldest(index);
}

void MemorySystem::complete_oldest(std::size_t index) {
    Stream& stream = streams_[index];
    const OpenBurst burst = stream.open.front();
    stream.open.pop_front();
    ++stream.completed;
    const std::int64_t response =
        dram::crossing(burst.edge, dram_period_ps_, core_period_ps_, response_stages_);
    const std::int64_t complete = stream.timeline.complete(response, burst.bytes);
    if (burst.last)
        notices_.push_back({complete, static_cast<dma::Direction>(index), Notice::Kind::complete});
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
