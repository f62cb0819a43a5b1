// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/checker.hpp"
#include "rtl_models/dram/statistics.hpp"
#include "sim/machine/machine.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace quatrain::machine {

/// The observers of all channels: statistics, and as the settings say the checker and a listener.
class MemoryMonitor {
public:
    MemoryMonitor(const MachineParams& params, const Settings& settings);
    ~MemoryMonitor();
    MemoryMonitor(const MemoryMonitor&) = delete;
    MemoryMonitor& operator=(const MemoryMonitor&) = delete;

    dram::CommandObserver& channel(std::int64_t index);
    /// There is a listener: all channels have to run to the same cycle before a flush().
    bool listens() const { return static_cast<bool>(listener_); }
    /// All channels have run to the same cycle: hands the listener what they did.
    void flush();
    /// What channel `index` did up to (not including) DRAM cycle `cycle`, its last. Throws
    /// dram::ConstraintError when a refresh is missing.
    dram::ChannelStatistics finish(std::int64_t index, std::int64_t cycle);

private:
    class Channel;

    std::function<void(const dram::Command&)> listener_;
    std::vector<dram::Command> commands_;  ///< since the last flush(), where there is a listener
    std::vector<std::unique_ptr<Channel>> channels_;
};

}  // namespace quatrain::machine
