// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/vector_unit/clocked.hpp"

#include "rtl_models/vector_unit/function.hpp"
#include "rtl_models/vector_unit/timing.hpp"
#include "tests/support/random_cases.hpp"
#include "tests/unit/vector_unit/clocked_cases.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>

namespace quatrain::vector_unit {
namespace {

constexpr std::uint64_t cases_per_operation = 100;

/// Operand roles: t tile, v vector, r one element per row, p pixels of average pooling, x and y
/// bands of a pooling window; of scalars r read, w written, b both. The rule by which the machine
/// charges its buffers, written out once more.
struct Roles {
    std::string_view in, out, scalars;
};
Roles roles(VectorOperation operation) {
    switch (operation) {
        case VectorOperation::fill_zero:
            return {"", "t", ""};
        case VectorOperation::input_normalise:
            return {"tvv", "t", ""};
        case VectorOperation::relu:
            return {"t", "t", ""};
        case VectorOperation::relu_backward:
            return {"tt", "t", ""};
        case VectorOperation::activation_backward:
            return {"tt", "tv", "r"};
        case VectorOperation::add:
            return {"tt", "t", "rr"};
        case VectorOperation::bias_add:
            return {"tv", "t", ""};
        case VectorOperation::column_sum:
            return {"t", "v", ""};
        case VectorOperation::reduce_columns:
            return {"v", "", "w"};
        case VectorOperation::batch_norm_statistics:
            return {"t", "vv", ""};
        case VectorOperation::batch_norm_finish:
            return {"vvvv", "vvvv", "rrrr"};
        case VectorOperation::batch_norm_normalise:
            return {"tvvvv", "t", ""};
        case VectorOperation::batch_norm_backward_statistics:
            return {"ttvv", "vv", ""};
        case VectorOperation::batch_norm_backward_apply:
            return {"ttvvvvv", "t", ""};
        case VectorOperation::max_pool:
            return {"x", "t", ""};
        case VectorOperation::max_pool_backward:
            return {"yx", "t", ""};
        case VectorOperation::average_pool:
            return {"p", "t", "r"};
        case VectorOperation::average_pool_backward:
            return {"t", "p", ""};
        case VectorOperation::softmax_cross_entropy:
            return {"tr", "t", "b"};
        case VectorOperation::divide_scalar:
            return {"", "", "b"};
        case VectorOperation::sgd_update:
            return {"ttt", "tt", "rrrr"};
        case VectorOperation::sgd_update_scalar:
            return {"", "", "bbrrrr"};
        case VectorOperation::add_scalars:
            return {"", "", "rrw"};
        default:
            throw std::logic_error("no operation of the vector unit");
    }
}

std::int64_t elements(const VectorInstruction& instruction, char role) {
    const isa::WindowGeometry& w = instruction.window;
    const std::int64_t pixels = instruction.operation == VectorOperation::max_pool
                                    ? w.output_rows * w.output_width
                                    : w.result_rows * w.input_width;
    const std::int64_t images = pixels == 0 ? 0 : instruction.rows / pixels;
    if (role == 'v') return instruction.columns;
    if (role == 'r') return instruction.rows;
    if (role == 'p') return instruction.rows * instruction.immediate * instruction.columns;
    if (role == 'x') return images * w.input_rows * w.input_width * instruction.columns;
    if (role == 'y') return images * w.output_rows * w.output_width * instruction.columns;
    return instruction.rows * instruction.columns;
}

EventCounts charged(const VectorInstruction& instruction, const numerics::Faults& faults) {
    EventCounts counts;
    const Roles role = roles(instruction.operation);
    const auto charge = [&](Event event, const isa::Operand& operand, char letter) {
        if (operand.address == isa::no_address) return;
        counts[event] += 8 * static_cast<std::uint64_t>(numerics::packed_bytes(
                                 operand.format, elements(instruction, letter)));
    };
    for (std::size_t i = 0; i < role.in.size(); ++i)
        charge(Event::vector_read_bits, instruction.in.at(i), role.in[i]);
    for (std::size_t i = 0; i < role.out.size(); ++i) {
        if (instruction.accumulate && role.out[i] == 'v')
            charge(Event::vector_read_bits, instruction.out.at(i), role.out[i]);
        charge(Event::vector_write_bits, instruction.out.at(i), role.out[i]);
    }
    for (std::size_t i = 0; i < role.scalars.size(); ++i) {
        if (instruction.scalars.at(i) == isa::no_address) continue;
        if (role.scalars[i] != 'w') counts[Event::scalar_read_bits] += 32;
        if (role.scalars[i] != 'r') counts[Event::scalar_write_bits] += 32;
    }
    const Work done = work(instruction);
    counts[Event::vector_unit_adds] = static_cast<std::uint64_t>(done.adds);
    counts[Event::vector_unit_multiplies] = static_cast<std::uint64_t>(done.multiplies);
    counts[Event::vector_unit_special] = static_cast<std::uint64_t>(done.specials);
    counts[Event::fault_nan] = faults.nan;
    counts[Event::fault_infinity] = faults.infinity;
    counts[Event::fault_saturated] = faults.saturated;
    return counts;
}

std::optional<std::string> difference(const std::vector<std::byte>& got,
                                      const std::vector<std::byte>& wanted,
                                      std::string_view buffer) {
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (got[i] != wanted[i])
            return fmt::format("{} buffer, byte {}: {:#x} instead of {:#x}", buffer, i,
                               std::to_integer<unsigned>(got[i]),
                               std::to_integer<unsigned>(wanted[i]));
    return std::nullopt;
}

/// What is wrong with the clocked view in this case, if anything.
std::optional<std::string> disagreement(const Case& one) {
    std::vector<std::byte> vector = one.vector, scalar = one.scalar;
    const std::int64_t expected = cycles(one.params, one.instruction);
    // At 3 stalls of 8 cycles on both sides, two fifths of the cycles are left.
    const Observed seen = observe(one, 10 * one.times * expected + 1000);
    if (seen.failure) try {
            std::rethrow_exception(seen.failure);
        } catch (const std::exception& error) {
            return std::string("failure: ") + error.what();
        }
    for (int i = 0; i < one.times; ++i) {
        const Outcome outcome = execute(one.instruction, {vector, scalar});
        const auto index = static_cast<std::size_t>(i);
        if (seen.cycles[index] != expected)
            return fmt::format("{} cycles instead of {}", seen.cycles[index], expected);
        const EventCounts counts = charged(one.instruction, outcome.faults);
        for (std::size_t e = 0; e < event_count; ++e) {
            const auto event = static_cast<Event>(e);
            if (seen.counts[index][event] != counts[event])
                return fmt::format("{} = {} instead of {}", event_info(event).name,
                                   seen.counts[index][event], counts[event]);
        }
    }
    if (auto wrong = difference(seen.vector, vector, "vector")) return wrong;
    return difference(seen.scalar, scalar, "scalar");
}

std::vector<Shape> smaller(const Shape& shape) {
    std::vector<Shape> all;
    for (const auto& [field, least] : shape_fields)
        for (const std::int64_t value : {least, shape.*field / 2, shape.*field - 1}) {
            if (value < least || value >= shape.*field) continue;
            all.push_back(shape);
            all.back().*field = value;
        }
    return all;
}

std::string describe(const Shape& s) {
    return fmt::format(
        "rows {}, columns {}, immediate {}, lanes {}, depth {}, special_cycles {}, height {}, "
        "width {}, kernel {}, stride {}, images {}, times {}, stalls {}/8",
        s.rows, s.columns, s.immediate, s.lanes, s.depth, s.special_cycles, s.height, s.width,
        s.kernel, s.stride, s.images, s.times, s.stalls);
}

std::vector<VectorOperation> operations() {
    std::vector<VectorOperation> result;
    for (auto i = static_cast<std::size_t>(VectorOperation::fill_zero);
         i < isa::vector_operation_count; ++i)
        result.push_back(static_cast<VectorOperation>(i));
    return result;
}

class ClockedVectorUnitOperations : public testing::TestWithParam<VectorOperation> {};

TEST_P(ClockedVectorUnitOperations, EqualFunctionTimingAndChargesWithStallsOnBothSides) {
    const VectorOperation operation = GetParam();
    // A smaller shape keeps the operands' values as far as it has them.
    struct Drawn {
        Shape shape{};
        std::uint64_t seed = 0;
    };
    test::check_random_cases(
        cases_per_operation,
        [&](std::uint64_t number) {
            const std::uint64_t seed = static_cast<std::uint64_t>(operation) * 1000 + number;
            return Drawn{random_shape(seed), seed};
        },
        [&](const Drawn& one) {
            return disagreement(CaseBuilder(operation, one.shape, one.seed).build());
        },
        [](const Drawn& one) {
            std::vector<Drawn> all;
            for (const Shape& shape : smaller(one.shape)) all.push_back({shape, one.seed});
            return all;
        },
        [](const Drawn& one) { return describe(one.shape); });
    RecordProperty("cases", static_cast<int>(cases_per_operation));
}

INSTANTIATE_TEST_SUITE_P(Every, ClockedVectorUnitOperations, testing::ValuesIn(operations()),
                         [](const auto& one) { return std::string(isa::name(one.param)); });

/// Passes and special functions of the sweeps over these domains, and the uses of their units.
LaneCost cost_of(const MicroProgram& program, std::initializer_list<Domain> domains) {
    LaneCost total;
    for (std::size_t i = 0; i < program.sweeps.size(); ++i) {
        if (std::ranges::find(domains, program.sweeps[i].domain) == domains.end()) continue;
        total.passes += interval(program, i).passes;
        for (const Step& step : program.sweeps[i].steps) {
            total.adds += unit_uses(step).adder;
            total.multiplies += unit_uses(step).multiplier;
            total.specials += unit_uses(step).special;
        }
    }
    return total;
}

void expect_equal(const LaneCost& program, const LaneCost& price, VectorOperation operation) {
    EXPECT_EQ(program.passes, price.passes) << isa::name(operation);
    EXPECT_EQ(program.adds, price.adds) << isa::name(operation);
    EXPECT_EQ(program.multiplies, price.multiplies) << isa::name(operation);
    EXPECT_EQ(program.specials, price.specials) << isa::name(operation);
}

TEST(VectorMicrocode, ThePriceOfAnOperationFollowsFromItsProgram) {
    for (const VectorOperation operation : operations()) {
        const MicroProgram program = micro_program(operation);
        const OperationCost price = cost(operation);
        expect_equal(cost_of(program, {Domain::elements, Domain::elements_backward}), price.element,
                     operation);
        expect_equal(cost_of(program, {Domain::columns, Domain::result}), price.vector, operation);
        expect_equal(cost_of(program, {Domain::lane_by_lane}), price.serial, operation);
    }
    EXPECT_THROW(micro_program(VectorOperation::weight_scale), std::invalid_argument);
}

TEST(VectorMicrocode, AStepThatUsesAUnitMoreOftenThanItsPassAllowsIsCaught) {
    for (const Action action : {Action::add, Action::compare, Action::multiply, Action::divide}) {
        MicroProgram program = micro_program(VectorOperation::batch_norm_finish);
        for (Step& step : program.sweeps[0].steps) {
            if (unit(step.actions[0].action) != unit(action)) continue;
            step.actions.push_back({.action = action});
            break;
        }
        if (unit(action) == Unit::adder)
            program.sweeps[0].steps[2].actions.push_back({.action = action});
        EXPECT_THROW(interval(program, 0), std::logic_error) << static_cast<int>(action);
    }
    MicroProgram mixed = micro_program(VectorOperation::divide_scalar);
    mixed.sweeps[0].steps[1].actions.push_back({.action = Action::add});
    EXPECT_THROW(interval(mixed, 0), std::logic_error);
}

TEST(VectorSharedRegisters, TwoLanesThatWriteOneInOneCycleAreCaught) {
    SharedRegisters sums;
    sums.resize(2);
    sums.write(0, 1.0F, 1);
    sums.write(1, 1.0F, 1);
    sums.write(0, 2.0F, 2);
    EXPECT_THROW(sums.write(0, 3.0F, 2), std::logic_error);
    EXPECT_THROW(sums.write(2, 3.0F, 3), std::logic_error);
}

Case case_of(VectorOperation operation) {
    Shape shape = random_shape(1);
    shape.times = 1;
    return CaseBuilder(operation, shape, 1).build();
}

template <class Error>
std::string message_of(const Case& one) {
    const Observed seen = observe(one, 1000);
    if (!seen.failure) return "no failure";
    try {
        std::rethrow_exception(seen.failure);
    } catch (const Error& error) {
        return error.what();
    }
}

TEST(ClockedVectorUnitErrors, AValueThatItsRegisterDoesNotHoldIsNamed) {
    Case rows = case_of(VectorOperation::relu);
    rows.instruction.rows = 1LL << 32;
    EXPECT_EQ(message_of<std::overflow_error>(rows),
              "register vector_unit row counter = 4294967296: holds 0 to 4294967295");
    Case pixels = case_of(VectorOperation::average_pool);
    pixels.instruction.immediate = 1LL << 24;
    EXPECT_EQ(message_of<std::overflow_error>(pixels),
              "register vector_unit step counter = 16777216: holds 0 to 16777215");
}

TEST(ClockedVectorUnitErrors, AnInstructionThatIsNoneStopsTheUnitWithoutUnwindingTheKernel) {
    Case scaling = case_of(VectorOperation::relu);
    scaling.instruction.operation = VectorOperation::quantise_gradient;
    EXPECT_EQ(message_of<std::invalid_argument>(scaling),
              "vector_unit quantise_gradient: belongs to the scaling units");
    Case empty = case_of(VectorOperation::relu);
    empty.instruction.rows = 0;
    EXPECT_EQ(message_of<std::invalid_argument>(empty),
              fmt::format("vector_unit relu: rows x columns = 0 x {}: must be at least 1 x 1",
                          empty.instruction.columns));
    Case missing = case_of(VectorOperation::relu_backward);
    missing.instruction.in[1].address = isa::no_address;
    EXPECT_EQ(message_of<std::invalid_argument>(missing),
              "vector_unit relu_backward: in[1] is not given");
    Case label = case_of(VectorOperation::softmax_cross_entropy);
    numerics::store_code(label.vector.data() + label.instruction.in[1].address, Format::int32, 0,
                         1000);
    EXPECT_EQ(message_of<std::invalid_argument>(label),
              fmt::format("vector_unit softmax_cross_entropy: label = 1000: must be a column, 0 "
                          "to {}",
                          label.instruction.columns - 1));
    Case outside = case_of(VectorOperation::relu);
    outside.instruction.in[0].address = 1 << 20;
    EXPECT_EQ(message_of<std::out_of_range>(outside),
              fmt::format("vector_buffer: bit {} of {}", 8 << 20, 8 * outside.vector.size()));
}

TEST(ClockedVectorUnitErrors, AStartWhileTheUnitWorksStopsIt) {
    const KernelContext kernel;
    const Case one = case_of(VectorOperation::relu);
    Stand stand(one);
    EXPECT_THROW(stand.unit().take_counts(), std::logic_error);
    for (std::uint64_t id = 1; id < 3; ++id) {
        EXPECT_FALSE(stand.unit().failure());
        stand.drive(true, {one.instruction, id}, false, true);
        stand.step();
    }
    EXPECT_THROW(std::rethrow_exception(stand.unit().failure()), std::logic_error);
}

}  // namespace
}  // namespace quatrain::vector_unit
