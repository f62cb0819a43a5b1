// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/program.hpp"
#include "rtl_models/isa/semaphore.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace quatrain::sequencer {

/// The counting semaphores of a core, with their initial counts.
class SemaphoreFile {
public:
    SemaphoreFile() : counts_(isa::initial_semaphores()) {}

    /// The first of `waits` that cannot be acquired now; Semaphore::none when all can. Entries for
    /// the same semaphore add up.
    isa::Semaphore missing(std::span<const isa::SemaphoreUse> waits) const;
    /// Acquires all of `waits`, or none and returns false.
    bool try_acquire(std::span<const isa::SemaphoreUse> waits);
    /// Adds all of `signals`.
    void release(std::span<const isa::SemaphoreUse> signals);
    std::uint32_t count(isa::Semaphore semaphore) const {
        return counts_[static_cast<std::size_t>(semaphore)];
    }

private:
    std::array<std::uint32_t, isa::semaphore_count> counts_;
};

/// Fetches the instructions of one engine: its queues, one per operator, one after the other.
class Fetcher {
public:
    /// `queues`: in operator order; they must outlive the fetcher.
    explicit Fetcher(std::vector<const isa::Queue*> queues) : queues_(std::move(queues)) {}

    /// Writes the next instruction and returns true, or returns false at the end of the last queue.
    bool next(isa::Instruction& instruction);
    /// Index of the queue that the last instruction came from; the number of queues at the end.
    std::size_t queue_index() const { return index_; }

private:
    std::vector<const isa::Queue*> queues_;
    std::size_t index_ = 0;
    std::optional<isa::QueueCursor>
        cursor_;  ///< of queues_[index_], empty before its first instruction
};

}  // namespace quatrain::sequencer
