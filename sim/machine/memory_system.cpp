// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_system.hpp"

#include <algorithm>
#include <limits>

namespace quatrain::machine {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
/// Bursts to run ahead without a notice: bounds the work that a start in between throws away.
constexpr int horizon = 128;

}  // namespace

MemorySystem::MemorySystem(const dma::Params& dma, const dram::Params& dram)
    : dma_(dma),
      ideal_(dram.ideal),
      state_{.streams = {Stream{.timeline = {dma, dma::Direction::load}, .transfers = {}},
                         Stream{.timeline = {dma, dma::Direction::store}, .transfers = {}}},
             .channels = dram::Channels(dram),
             .notices = {}},
      certain_(state_) {}

void MemorySystem::start(dma::Direction direction, const isa::DmaTransfer& transfer,
                         std::int64_t now) {
    if (ideal_) {
        state_.notices.push_back({now, direction, Notice::Kind::last_burst_issued});
        state_.notices.push_back({now, direction, Notice::Kind::complete});
        return;
    }
    if (state_.served_until > now) {
        state_ = certain_;
        for (Stream* stream = next_stream(); stream && stream->arrival <= now;
             stream = next_stream())
            serve(*stream);
    }
    const auto index = static_cast<std::size_t>(direction);
    Stream& stream = state_.streams[index];
    stream.transfers.push_back({dma::BurstCursor(dma_, transfer), now + 1});
    if (!stream.has_burst) prepare(index);
    certain_ = state_;
}

std::optional<std::int64_t> MemorySystem::next_cycle() {
    for (int ahead = 0; ahead < horizon; ++ahead) {
        Stream* stream = next_stream();
        if (!stream || next_notice() <= stream->arrival) break;
        serve(*stream);
    }
    const Stream* stream = next_stream();
    const std::int64_t cycle = std::min(next_notice(), stream ? stream->arrival : never);
    return cycle == never ? std::nullopt : std::optional(cycle);
}

std::vector<MemorySystem::Notice> MemorySystem::take(std::int64_t now) {
    std::vector<Notice> due;
    const auto is_due = [now](const Notice& notice) { return notice.cycle <= now; };
    std::copy_if(state_.notices.begin(), state_.notices.end(), std::back_inserter(due), is_due);
    std::erase_if(state_.notices, is_due);
    if (state_.served_until <= now) certain_ = state_;
    return due;
}

MemorySystem::Stream* MemorySystem::next_stream() {
    auto& [load, store] = state_.streams;
    if (!load.has_burst) return store.has_burst ? &store : nullptr;
    return store.has_burst && store.arrival < load.arrival ? &store : &load;
}

/// Issues the stream's next burst, if it has one.
void MemorySystem::prepare(std::size_t index) {
    Stream& stream = state_.streams[index];
    stream.has_burst = !stream.transfers.empty();
    if (!stream.has_burst) return;
    Transfer& transfer = stream.transfers.front();
    const std::int64_t issue = stream.timeline.issue_cycle(transfer.earliest);
    stream.burst = transfer.bursts.next();
    stream.arrival = stream.timeline.issue(issue, stream.burst.bytes);
    if (transfer.bursts.done()) {
        state_.notices.push_back(
            {issue, static_cast<dma::Direction>(index), Notice::Kind::last_burst_issued});
    }
}

/// The stream's burst reaches DRAM.
void MemorySystem::serve(Stream& stream) {
    state_.served_until = stream.arrival;
    const std::int64_t response =
        state_.channels.serve(stream.burst.address, stream.burst.bytes, stream.arrival);
    const std::int64_t complete = stream.timeline.complete(response, stream.burst.bytes);
    const auto index = static_cast<std::size_t>(&stream - state_.streams.data());
    if (stream.transfers.front().bursts.done()) {
        state_.notices.push_back(
            {complete, static_cast<dma::Direction>(index), Notice::Kind::complete});
        stream.transfers.erase(stream.transfers.begin());
    }
    prepare(index);
}

std::int64_t MemorySystem::next_notice() const {
    std::int64_t cycle = never;
    for (const Notice& notice : state_.notices) cycle = std::min(cycle, notice.cycle);
    return cycle;
}

}  // namespace quatrain::machine
