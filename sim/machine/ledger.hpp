// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/machine.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quatrain::machine {

/// Keeps the account of every operator over all cores: events, first issue, last completion; and
/// tells when operators are complete.
class Ledger {
public:
    Ledger(std::span<const OperatorQueues> operators, const Settings& settings,
           std::int64_t cores = 1);

    EventCounts& events(std::size_t index) { return result_.operators[index].events; }
    const std::string& name(std::size_t index) const { return operators_[index].name; }
    /// An instruction of operator `index` issues in `cycle`.
    void issued(std::size_t index, std::int64_t cycle);
    /// An instruction of operator `index` is done in `cycle`; `cycle` never decreases. Calls the
    /// progress callback.
    void done(std::size_t index, std::int64_t cycle);
    /// Hands an instruction that is done to the listener, if there is one.
    void record(const InstructionRecord& one) const {
        if (settings_.record) settings_.record(one);
    }
    /// True once the callback has asked to stop.
    bool stopped() const { return stopped_; }
    bool all_done() const { return result_.operators_done == operators_.size(); }
    /// The result so far.
    MachineResult result() const;

private:
    void advance(std::int64_t cycle);

    std::span<const OperatorQueues> operators_;
    const Settings& settings_;
    std::vector<std::uint64_t> remaining_;  ///< instructions of each operator that are not done
    std::vector<bool> started_;
    MachineResult result_;
    bool stopped_ = false;
};

}  // namespace quatrain::machine
