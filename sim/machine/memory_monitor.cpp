// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_monitor.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

namespace quatrain::machine {

class MemoryMonitor::Channel final : public dram::CommandObserver {
public:
    Channel(const MachineParams& params, bool check, std::vector<dram::Command>* commands)
        : statistics_(params.memory, params.dram.ranks), commands_(commands) {
        if (check) checker_.emplace(params.memory, params.dram.ranks, params.controller.refresh);
    }

    void issued(const dram::Command& command) override {
        statistics_.issued(command);
        if (checker_) checker_->issued(command);
        if (commands_ != nullptr) commands_->push_back(command);
    }

    dram::ChannelStatistics finish(std::int64_t cycle) const {
        if (checker_) checker_->finish(cycle);
        return statistics_.until(cycle);
    }

private:
    dram::StatisticsObserver statistics_;
    std::optional<dram::Checker> checker_;
    std::vector<dram::Command>* commands_;
};

MemoryMonitor::MemoryMonitor(const MachineParams& params, const Settings& settings)
    : listener_(settings.dram_command) {
    for (std::int64_t i = 0; i < params.dram.channels; ++i) {
        channels_.push_back(std::make_unique<Channel>(params, settings.check_dram,
                                                      listener_ ? &commands_ : nullptr));
    }
}

MemoryMonitor::~MemoryMonitor() = default;

dram::CommandObserver& MemoryMonitor::channel(std::int64_t index) {
    return *channels_[static_cast<std::size_t>(index)];
}

void MemoryMonitor::flush() {
    std::stable_sort(commands_.begin(), commands_.end(),
                     [](const dram::Command& a, const dram::Command& b) {
                         return std::tie(a.cycle, a.channel) < std::tie(b.cycle, b.channel);
                     });
    for (const dram::Command& command : commands_) listener_(command);
    commands_.clear();
}

dram::ChannelStatistics MemoryMonitor::finish(std::int64_t index, std::int64_t cycle) {
    return channels_[static_cast<std::size_t>(index)]->finish(cycle);
}

}  // namespace quatrain::machine
