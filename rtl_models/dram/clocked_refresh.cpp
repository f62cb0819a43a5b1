// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked_refresh.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <limits>

namespace quatrain::dram {

ClockedRefresh::ClockedRefresh(const Standard& standard, std::int64_t ranks, Refresh refresh)
    : refresh_(refresh),
      banks_(standard.organisation.banks),
      all_banks_(standard.organisation.rank_banks()),
      ranks_(static_cast<std::size_t>(ranks)) {
    if (refresh_ == Refresh::none) return;
    interval_ = standard.refresh_interval / (refresh_ == Refresh::per_bank ? all_banks_ : 1);
    in_range("dram refresh interval", interval_, 1, std::numeric_limits<std::int32_t>::max());
    for (std::int64_t rank = 0; rank < ranks; ++rank)
        ranks_[static_cast<std::size_t>(rank)].cycles_left = interval_ + rank * interval_ / ranks;
}

void ClockedRefresh::edge() {
    if (refresh_ == Refresh::none) return;
    for (Rank& rank : ranks_) {
        if (rank.cycles_left == 0) {
            rank.due = in_unsigned("dram refreshes due", rank.due + 1, refreshes_due_bits);
            rank.cycles_left = interval_;
        }
        --rank.cycles_left;
        rank.pending = rank.due > 0;
    }
}

void ClockedRefresh::issued(std::int32_t rank) {
    Rank& one = ranks_[static_cast<std::size_t>(rank)];
    --one.due;
    one.next_bank = (one.next_bank + 1) % all_banks_;
    one.pending = false;
}

bool ClockedRefresh::pending(std::int32_t rank) const {
    return ranks_[static_cast<std::size_t>(rank)].pending;
}

Location ClockedRefresh::bank(std::int32_t rank) const {
    const std::int64_t bank = ranks_[static_cast<std::size_t>(rank)].next_bank;
    return {.rank = rank,
            .bank_group = static_cast<std::int32_t>(bank / banks_),
            .bank = static_cast<std::int32_t>(bank % banks_)};
}

bool ClockedRefresh::holds(const Location& location) const {
    if (!pending(location.rank)) return false;
    if (refresh_ == Refresh::all_bank) return true;
    const Location refreshed = bank(location.rank);
    return refreshed.bank_group == location.bank_group && refreshed.bank == location.bank;
}

}  // namespace quatrain::dram
