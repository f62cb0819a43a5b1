// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/vector_unit/clocked.hpp"

#include "tests/support/port_memory.hpp"

#include <fmt/format.h>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace quatrain::vector_unit {

/// Instructions, what they find in the buffers, and what happens around them.
struct Case {
    Params params;
    isa::VectorInstruction instruction;
    int times = 1;  ///< executions, each issued in the cycle in which the one before is done
    std::vector<std::byte> vector;
    std::vector<std::byte> scalar;
    std::uint32_t stalls = 0;  ///< of 8 cycles, on either side
    std::uint64_t seed = 0;    ///< of the stalls
};

struct Observed {
    std::vector<std::int64_t> cycles;  ///< from the cycle after issue to done, per execution,
                                       ///< stalled cycles taken off
    std::vector<EventCounts> counts;
    std::vector<std::byte> vector;
    std::vector<std::byte> scalar;
    std::exception_ptr failure;
};

/// A unit with its two memories and signals on its pins, driven cycle by cycle.
class Stand {
public:
    explicit Stand(const Case& one)
        : vector_bytes_(one.vector),
          scalar_bytes_(one.scalar),
          vector_("vector_buffer", vector_bytes_),
          scalar_("scalar_buffer", scalar_bytes_),
          unit_("vector_unit", one.params) {
        unit_.clock(clock_);
        unit_.start(start_);
        unit_.instruction(instruction_);
        unit_.operands_ready(operands_ready_);
        unit_.results_ready(results_ready_);
        unit_.done(done_);
        unit_.vector(vector_);
        unit_.scalar(scalar_);
    }

    /// The pins of the present cycle.
    void drive(bool start, const Command& command, bool operands_ready, bool results_ready) {
        start_.write(start);
        instruction_.write(command);
        operands_ready_.write(operands_ready);
        results_ready_.write(results_ready);
    }
    /// To the next rising edge, and over it.
    void step() {
        clock_.write(false);
        sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_NS));
        clock_.write(true);
        sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_NS));
    }
    bool done() const { return done_.read(); }
    ClockedVectorUnit& unit() { return unit_; }
    const std::vector<std::byte>& vector() const { return vector_bytes_; }
    const std::vector<std::byte>& scalar() const { return scalar_bytes_; }

private:
    sc_core::sc_signal<bool> clock_{"clock"}, start_{"start"}, done_{"done"};
    sc_core::sc_signal<bool> operands_ready_{"operands_ready"}, results_ready_{"results_ready"};
    sc_core::sc_signal<Command> instruction_{"instruction"};
    std::vector<std::byte> vector_bytes_, scalar_bytes_;
    test::PortMemory vector_, scalar_;
    ClockedVectorUnit unit_;
};

/// Runs the case at the pins of a unit in a kernel of its own. The failure is the unit's, or a
/// std::runtime_error when it has not finished after `limit` cycles or keeps `done`.
inline Observed observe(const Case& one, std::int64_t limit) {
    const KernelContext kernel;
    Stand stand(one);
    std::mt19937_64 random(one.seed);
    Observed result;
    std::int64_t worked = 0, cycle = 0;
    bool start = true, working = false;
    while (static_cast<int>(result.cycles.size()) < one.times && !stand.unit().failure()) {
        if (++cycle > limit) {
            result.failure = std::make_exception_ptr(
                std::runtime_error(fmt::format("not finished after {} cycles", limit)));
            return result;
        }
        const bool operands = random() % 8 >= one.stalls;
        const bool results = random() % 8 >= one.stalls;
        stand.drive(start, {one.instruction, result.cycles.size() + 1}, operands, results);
        stand.step();
        worked += working && operands && results ? 1 : 0;
        if (start) {
            working = true;
            start = false;
            worked = 0;
        }
        if (stand.done()) {
            result.cycles.push_back(worked);
            working = false;
            start = true;
        }
    }
    result.failure = stand.unit().failure();
    if (result.failure) return result;
    stand.drive(false, {}, true, true);
    stand.step();
    if (stand.done()) {
        result.failure =
            std::make_exception_ptr(std::runtime_error("done lasts longer than a cycle"));
        return result;
    }
    for (int i = 0; i < one.times; ++i) result.counts.push_back(stand.unit().take_counts());
    result.vector = stand.vector();
    result.scalar = stand.scalar();
    return result;
}

}  // namespace quatrain::vector_unit
