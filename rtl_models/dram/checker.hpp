// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/controller_params.hpp"
#include "rtl_models/dram/standard.hpp"

#include <cstdint>
#include <memory>

namespace quatrain::dram {

/// Watches the commands of one channel and trusts nobody: every constraint of the table, bank
/// states, command buses, bursts that overlap on the data bus, order, ranges, and refreshes that
/// are missing. One of every rank (`all_bank`) or bank (`per_bank`; a refresh_all is one of each)
/// is due whenever a refresh interval has passed since cycle 0; 8 at most may be postponed, and no
/// more than 8 in advance count (JESD79-4, 4.26). Knows nothing of the controller that it checks.
class Checker final : public CommandObserver {
public:
    /// `refresh` says which refreshes must come. The standard is valid.
    Checker(const Standard& standard, std::int64_t ranks, Refresh refresh);
    ~Checker() override;

    /// Throws ConstraintError.
    void issued(const Command& command) override;
    /// The channel ran until `cycle`, exclusive: throws ConstraintError when refreshes are missing.
    void finish(std::int64_t cycle) const;
    std::int64_t commands() const;  ///< that were checked

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace quatrain::dram
