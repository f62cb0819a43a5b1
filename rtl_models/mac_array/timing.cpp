// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/timing.hpp"

#include <algorithm>

namespace quatrain::mac_array {

std::int64_t Timeline::earliest_start(std::int64_t issue, Dataflow dataflow, bool overlaps) {
    const bool same = dataflow == dataflow_;
    dataflow_ = dataflow;
    return overlaps && same ? issue : std::max(issue, done_);
}

PassTimes Timeline::weight_stationary(std::int64_t issue, std::int64_t preload_cycles,
                                      std::int64_t stream_cycles) {
    const bool overlaps = params_.double_stationary;
    const std::int64_t start = earliest_start(issue, Dataflow::weight_stationary, overlaps);
    PassTimes times{};
    times.preload_start = std::max({start, preload_free_, shadow_free_});
    times.preload_end = times.preload_start + std::max(preload_cycles, params_.rows);
    times.stream_start = std::max(times.preload_end, stream_free_);
    times.stream_end = times.stream_start + stream_cycles;
    times.done = times.stream_end + params_.rows + params_.cols - 2;
    preload_free_ = times.preload_end;
    shadow_free_ = overlaps ? times.stream_start : times.done;
    return finish(times, issue, overlaps);
}

PassTimes Timeline::output_stationary(std::int64_t issue, bool resume, std::int64_t stream_cycles) {
    const bool overlaps = params_.double_result;
    const std::int64_t start = earliest_start(issue, Dataflow::output_stationary, overlaps);
    PassTimes times{};
    times.preload_start = start;
    if (resume) times.preload_start = std::max({start, preload_free_, drain_start_ + 1});
    times.preload_end = times.preload_start + (resume ? params_.rows : 0);
    // The drain follows the skew: row 0 is complete, in all columns, cols - 1 cycles after its
    // first PE.
    const std::int64_t drain_delay = params_.cols - 2;
    times.stream_start = std::max(times.preload_end, stream_free_);
    // Only the last step waits for the drain path: how long the operands will take is not known
    // before.
    times.stream_end = std::max(times.stream_start + stream_cycles, drain_free_ - drain_delay);
    times.done = times.stream_end + params_.rows + params_.cols - 2;
    if (resume) preload_free_ = times.preload_end;
    drain_start_ = times.stream_end + drain_delay;
    // One drain at a time, and a PE's result register is read, cols - 1 cycles at most after it was
    // written, before it is written again.
    drain_free_ = drain_start_ + std::max(params_.rows, params_.cols - 1);
    return finish(times, issue, overlaps);
}

PassTimes Timeline::finish(PassTimes times, std::int64_t issue, bool overlaps) {
    stream_free_ = overlaps ? times.stream_end : times.done;
    done_ = std::max(done_, times.done);
    times.next_issue = overlaps ? std::max(times.stream_start, issue + 1) : times.done;
    return times;
}

}  // namespace quatrain::mac_array
