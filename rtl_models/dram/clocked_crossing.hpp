// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_fifo.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace quatrain::dram {

/// Flops of a synchroniser.
inline constexpr std::int64_t least_crossing_stages = 1, most_crossing_stages = 8;

/// An asynchronous FIFO between two clocks: a memory, whose write pointer goes through `stages`
/// flops of the reader's clock. Times are those of the edges, in any unit; a clock's edges come in
/// the order of time, those of both clocks at one time in any order: the reader's does not see what
/// the writer's does then.
template <class T>
class ClockedCrossing {
public:
    /// Throws std::overflow_error unless there are 1 to 8 stages.
    ClockedCrossing(const std::string& name, std::int64_t depth, std::int64_t stages)
        : memory_(name, depth),
          flops_(static_cast<std::size_t>(
              in_range(name + " stages", stages, least_crossing_stages, most_crossing_stages))) {}

    /// At an edge of the writer's clock, once for every entry. Throws std::overflow_error when the
    /// memory is full.
    void write(std::uint64_t time, T entry) {
        memory_.push_back(std::move(entry));
        if (time != moved_at_) {
            moved_from_ = write_pointer_;
            moved_at_ = time;
        }
        ++write_pointer_;
    }

    /// At an edge of the reader's clock: what shows in the cycle that it begins, oldest first.
    std::vector<T> edge(std::uint64_t time) {
        for (std::size_t i = flops_.size(); i-- > 1;) flops_[i] = flops_[i - 1];
        flops_[0] = time == moved_at_ ? moved_from_ : write_pointer_;
        std::vector<T> shown;
        for (; read_pointer_ != flops_.back(); ++read_pointer_) {
            shown.push_back(std::move(memory_.front()));
            memory_.pop_front();
        }
        return shown;
    }

    /// Entries that have not shown.
    std::size_t size() const { return memory_.size(); }

private:
    ClockedFifo<T> memory_;
    std::uint64_t write_pointer_ = 0, read_pointer_ = 0;
    std::uint64_t moved_at_ = 0;    ///< when the write pointer moved last
    std::uint64_t moved_from_ = 0;  ///< where it was before
    std::vector<std::uint64_t> flops_;
};

}  // namespace quatrain::dram
