// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/architecture.hpp"
#include "sim/machine/machine.hpp"
#include "sim/run/result.hpp"
#include "workloads/compiler/compiler.hpp"

#include <array>

namespace quatrain::run {

/// Makes the timeline of a run out of the machine's records.
class TimelineRecorder {
public:
    TimelineRecorder(const config::Architecture& architecture, const compiler::Program& program);
    void add(const machine::InstructionRecord& record);
    /// Hands out what was recorded; the recorder is spent.
    Timeline take();

private:
    void add_occupancy(std::int64_t core, const std::array<isa::SemaphoreUse, 4>& uses,
                       std::int64_t cycle, std::int64_t sign);

    /// What one count of a `*_free` semaphore stands for.
    struct Region {
        isa::BufferId buffer{};
        std::int64_t bytes = 0;  ///< 0: the semaphore guards no region
    };
    std::array<Region, isa::semaphore_count> regions_{};
    Timeline timeline_;
};

}  // namespace quatrain::run
