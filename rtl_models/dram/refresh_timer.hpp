// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/controller_params.hpp"
#include "rtl_models/dram/standard.hpp"

#include <cstdint>
#include <vector>

namespace quatrain::dram {

/// When which rank or bank of a channel has to be refreshed (docs/dram.md, rule 3).
class RefreshTimer {
public:
    RefreshTimer(const Standard& standard, std::int64_t ranks, Refresh refresh);

    bool per_bank() const { return per_bank_; }
    /// The next cycle in which a refresh becomes pending, unless one issues before; the greatest
    /// number when none does.
    std::int64_t next_due() const { return next_due_; }
    /// Makes pending what is due in `cycle`.
    void update(std::int64_t cycle);
    bool any_pending() const { return pending_ > 0; }
    bool pending(std::int32_t rank) const { return at(rank).pending; }
    /// The bank that `rank`'s next refresh is for, as a number in its rank, bank group first. Per
    /// bank only.
    std::int32_t bank(std::int32_t rank) const {
        return static_cast<std::int32_t>(at(rank).done % banks_);
    }
    /// The pending refresh of `rank` issued.
    void issued(std::int32_t rank);

private:
    struct Rank {
        std::int64_t due = 0;   ///< the next one [cycles]
        std::int64_t done = 0;  ///< so far
        bool pending = false;
    };
    Rank& at(std::int32_t rank) { return ranks_[static_cast<std::size_t>(rank)]; }
    const Rank& at(std::int32_t rank) const { return ranks_[static_cast<std::size_t>(rank)]; }
    void find_next_due();

    bool per_bank_;
    std::int64_t banks_;       ///< of a rank
    std::int64_t interval_;    ///< between two of a rank
    std::vector<Rank> ranks_;  ///< empty: no refresh
    std::int64_t pending_ = 0;
    std::int64_t next_due_ = 0;
};

}  // namespace quatrain::dram
