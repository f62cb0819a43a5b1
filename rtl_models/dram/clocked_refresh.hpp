// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/controller_params.hpp"
#include "rtl_models/dram/standard.hpp"

#include <cstdint>
#include <vector>

namespace quatrain::dram {

/// Width of the count of refreshes of a rank that are due and have not issued [bits].
inline constexpr int refreshes_due_bits = 32;

/// When refreshes are due: a timer for every rank, which runs on whatever is pending.
class ClockedRefresh {
public:
    /// Throws std::overflow_error when the interval is shorter than a cycle.
    ClockedRefresh(const Standard& standard, std::int64_t ranks, Refresh refresh);

    /// Rule 3 of a cycle: what is pending in it.
    void edge();
    /// The rank's pending refresh issues.
    void issued(std::int32_t rank);

    bool pending(std::int32_t rank) const;
    /// The bank that the rank's next refresh_bank concerns. [bank group, bank]
    Location bank(std::int32_t rank) const;
    /// A pending refresh holds this bank.
    bool holds(const Location& location) const;

private:
    struct Rank {
        std::int64_t cycles_left = 0;  ///< until the next is due
        std::int64_t due = 0;          ///< those that have not issued
        std::int64_t next_bank = 0;    ///< in the rank, bank group first
        bool pending = false;
    };

    Refresh refresh_;
    std::int64_t banks_;      ///< of a bank group
    std::int64_t all_banks_;  ///< of a rank
    std::int64_t interval_ = 0;
    std::vector<Rank> ranks_;
};

}  // namespace quatrain::dram
