// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/refresh_timer.hpp"

#include <algorithm>
#include <limits>

namespace quatrain::dram {

RefreshTimer::RefreshTimer(const Standard& standard, std::int64_t ranks, Refresh refresh)
    : per_bank_(refresh == Refresh::per_bank),
      banks_(standard.organisation.rank_banks()),
      interval_(per_bank_ ? standard.refresh_interval / banks_ : standard.refresh_interval),
      ranks_(static_cast<std::size_t>(refresh == Refresh::none ? 0 : ranks)) {
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank)
        ranks_[rank].due = interval_ + static_cast<std::int64_t>(rank) * interval_ / ranks;
    find_next_due();
}

void RefreshTimer::update(std::int64_t cycle) {
    if (cycle < next_due_) return;
    for (Rank& rank : ranks_) {
        if (rank.pending || rank.due > cycle) continue;
        rank.pending = true;
        ++pending_;
    }
    find_next_due();
}

void RefreshTimer::issued(std::int32_t rank) {
    Rank& one = at(rank);
    one.pending = false;
    one.due += interval_;
    ++one.done;
    --pending_;
    find_next_due();
}

void RefreshTimer::find_next_due() {
    next_due_ = std::numeric_limits<std::int64_t>::max();
    for (const Rank& rank : ranks_)
        if (!rank.pending) next_due_ = std::min(next_due_, rank.due);
}

}  // namespace quatrain::dram
