// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/mac_array/function.hpp"
#include "rtl_models/scaling_unit/function.hpp"
#include "rtl_models/scaling_unit/timing.hpp"
#include "sim/machine/event_charges.hpp"
#include "tests/support/random_cases.hpp"
#include "tests/support/random_stream.hpp"
#include "tests/unit/scaling_unit/clocked_bench.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <vector>

namespace quatrain::scaling_unit {
namespace {

using test::below;
using test::Random;

constexpr std::uint64_t cases_per_operation = 500;

std::int64_t closed_form(const Problem& problem) {
    return std::visit([&](const auto& body) { return cycles(problem.params, body); },
                      problem.command.body);
}

mac_array::Accumulator accumulator_of(numerics::Format format) {
    for (const auto accumulator : {mac_array::Accumulator::dlfloat16, mac_array::Accumulator::fp16,
                                   mac_array::Accumulator::bf16, mac_array::Accumulator::fp32})
        if (mac_array::accumulator_format(accumulator) == format) return accumulator;
    return mac_array::Accumulator::int32;
}

/// What the machine charges for the instruction, with the faults that the function view met.
EventCounts charged(const Problem& problem, const numerics::Faults& faults) {
    machine::MachineParams params;
    params.scaling_unit = problem.params;
    params.array.accumulator = accumulator_of(problem.accumulator_format);
    isa::Instruction instruction;
    std::visit([&](const auto& body) { instruction.body = body; }, problem.command.body);
    EventCounts counts;
    machine::charge(params, 0, isa::Engine::vector, instruction, {},
                    machine::footprint(params, isa::Engine::vector, instruction), counts);
    counts[Event::instructions] = 0;  // the sequencer's
    counts[Event::fault_nan] += faults.nan;
    counts[Event::fault_infinity] += faults.infinity;
    counts[Event::fault_saturated] += faults.saturated;
    counts[Event::gradient_odd_clipped] += faults.odd_clipped;
    return counts;
}

/// Executes the problem's command by the function view, in place.
numerics::Faults execute_function(Problem& problem) {
    const Memory memory{problem.accumulator, problem.vector, problem.scalar};
    if (const auto* drain = std::get_if<isa::Drain>(&problem.command.body))
        return execute(*drain, problem.accumulator_format, memory).faults;
    return execute(std::get<isa::VectorInstruction>(problem.command.body), memory).faults;
}

/// Cycles from the one after the start to the one in which done is 1, under random stalls.
struct Duration {
    std::int64_t cycles = 0;
    std::int64_t stalled = 0;
};

std::string why(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    }
}

/// `limit`: cycles after which the unit is taken to hang.
Duration run_one(ClockedBench& bench, const Command& command, std::int64_t stall_percent,
                 Random& random, std::int64_t limit) {
    const auto ready = [&] { return below(random, 100) >= stall_percent; };
    bench.cycle_with_start(command, ready(), ready());
    Duration duration;
    while (!bench.done()) {
        const bool operands = ready(), results = ready();
        bench.cycle(operands, results);
        ++duration.cycles;
        duration.stalled += operands && results ? 0 : 1;
        if (bench.unit().failure()) throw std::runtime_error(why(bench.unit().failure()));
        if (duration.cycles - duration.stalled > limit)
            throw std::runtime_error(fmt::format("not done after {} cycles", duration.cycles));
    }
    return duration;
}

std::string first_difference(const std::string& memory, const std::vector<std::byte>& is,
                             const std::vector<std::byte>& expected) {
    const auto [a, b] = std::ranges::mismatch(is, expected);
    if (a == is.end()) return "";
    return fmt::format("{} byte {}: {:#04x}, expected {:#04x}\n", memory, a - is.begin(),
                       std::to_integer<int>(*a), std::to_integer<int>(*b));
}

std::string differences(const EventCounts& is, const EventCounts& expected) {
    std::string text;
    for (std::size_t i = 0; i < event_count; ++i) {
        const auto event = static_cast<Event>(i);
        if (is[event] != expected[event])
            text += fmt::format("{}: {}, expected {}\n", event_info(event).name, is[event],
                                expected[event]);
    }
    return text;
}

/// Nothing when the clocked view agrees with function, closed form and charges.
std::optional<std::string> disagreement(const Case& one) {
    Problem expected = problem_of(one);
    Problem problem = expected;
    const numerics::Faults faults = execute_function(expected);
    const KernelContext kernel;
    ClockedBench bench(problem);
    Random random(one.seed);
    std::string text;
    try {
        const std::int64_t cycles = closed_form(problem);
        for (std::int64_t idle = below(random, 3); idle > 0; --idle) bench.cycle(true, true);
        const Duration duration =
            run_one(bench, problem.command, one.stall_percent, random, cycles + 10);
        if (duration.cycles != cycles + duration.stalled)
            text += fmt::format("{} cycles, expected {} and {} stalled\n", duration.cycles, cycles,
                                duration.stalled);
        text += differences(bench.unit().take_counts(), charged(problem, faults));
        const bool already_written = problem.vector == expected.vector;
        for (int i = 0; i < 3; ++i) {
            bench.cycle(true, true);
            if (bench.done()) text += "done a second time\n";
        }
        if (already_written != (problem.vector == expected.vector))
            text += "writes after it was done\n";
    } catch (const std::exception& error) {
        text += error.what();
    }
    text += first_difference("accumulator", problem.accumulator, expected.accumulator);
    text += first_difference("vector", problem.vector, expected.vector);
    text += first_difference("scalar", problem.scalar, expected.scalar);
    if (text.empty()) return std::nullopt;
    return text;
}

std::vector<Case> smaller(const Case& one) {
    static constexpr std::array<std::pair<std::int64_t Case::*, std::int64_t>, 6> fields{
        {{&Case::stall_percent, 0},
         {&Case::rows, 1},
         {&Case::columns, 1},
         {&Case::lanes, 1},
         {&Case::depth, 1},
         {&Case::special_cycles, 1}}};
    std::vector<Case> all;
    for (const auto& [field, minimum] : fields)
        for (const std::int64_t value : {minimum, (one.*field + 1) / 2, one.*field - 1}) {
            if (value < minimum || value >= one.*field) continue;
            all.push_back(one);
            all.back().*field = value;
        }
    return all;
}

void prove(const std::string& operation) {
    test::check_random_cases(
        cases_per_operation, [&](std::uint64_t seed) { return random_case(operation, seed); },
        disagreement, smaller, describe);
}

TEST(ClockedScalingUnit, DrainsAsFunctionTimingAndChargesSay) {
    prove("drain");
}
TEST(ClockedScalingUnit, SumsWeightsAsFunctionTimingAndChargesSay) {
    prove("weight_statistics");
}
TEST(ClockedScalingUnit, ScalesWeightsAsFunctionTimingAndChargesSay) {
    prove("weight_scale");
}
TEST(ClockedScalingUnit, QuantisesWeightsAsFunctionTimingAndChargesSay) {
    prove("quantise_weight");
}
TEST(ClockedScalingUnit, QuantisesGradientsAsFunctionTimingAndChargesSay) {
    prove("quantise_gradient");
}
TEST(ClockedScalingUnit, UpdatesGradscaleAsFunctionTimingAndChargesSay) {
    prove("update_gradscale");
}
TEST(ClockedScalingUnit, VotesAddsVotesAndAppliesThemAsFunctionTimingAndChargesSay) {
    prove("gradscale_vote");
    prove("add_votes");
    prove("apply_gradscale");
    prove("least_vote");
}
TEST(ClockedScalingUnit, ScalesActivationsAsFunctionTimingAndChargesSay) {
    prove("activation_scale");
}
TEST(ClockedScalingUnit, QuantisesActivationsAsFunctionTimingAndChargesSay) {
    prove("quantise_activation");
}

}  // namespace
}  // namespace quatrain::scaling_unit
