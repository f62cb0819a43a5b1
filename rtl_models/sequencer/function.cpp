// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/sequencer/function.hpp"

namespace quatrain::sequencer {

isa::Semaphore SemaphoreFile::missing(std::span<const isa::SemaphoreUse> waits) const {
    auto left = counts_;
    for (const isa::SemaphoreUse& wait : waits) {
        if (wait.semaphore == isa::Semaphore::none) continue;
        std::uint32_t& count = left[static_cast<std::size_t>(wait.semaphore)];
        if (count < wait.count) return wait.semaphore;
        count -= wait.count;
    }
    return isa::Semaphore::none;
}

bool SemaphoreFile::try_acquire(std::span<const isa::SemaphoreUse> waits) {
    if (missing(waits) != isa::Semaphore::none) return false;
    for (const isa::SemaphoreUse& wait : waits) {
        if (wait.semaphore != isa::Semaphore::none)
            counts_[static_cast<std::size_t>(wait.semaphore)] -= wait.count;
    }
    return true;
}

void SemaphoreFile::release(std::span<const isa::SemaphoreUse> signals) {
    for (const isa::SemaphoreUse& signal : signals) {
        if (signal.semaphore != isa::Semaphore::none)
            counts_[static_cast<std::size_t>(signal.semaphore)] += signal.count;
    }
}

bool Fetcher::next(isa::Instruction& instruction) {
    for (; index_ < queues_.size(); ++index_) {
        if (!cursor_) cursor_.emplace(*queues_[index_]);
        if (cursor_->next(instruction)) return true;
        cursor_.reset();
    }
    return false;
}

}  // namespace quatrain::sequencer
