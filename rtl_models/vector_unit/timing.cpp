// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/vector_unit/timing.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <stdexcept>

namespace quatrain::vector_unit {
namespace {

using isa::VectorOperation;

/// A pass offers an adder and a multiplier, so the busier of the two decides; moving data alone is
/// one pass.
constexpr LaneCost lane(std::int64_t adds, std::int64_t multiplies, std::int64_t specials = 0) {
    return {std::max({std::int64_t{1}, adds, multiplies}), adds, multiplies, specials};
}
/// Special functions whose operands and results stay in the lane: no pass of their own.
constexpr LaneCost special_only(std::int64_t specials) {
    return {0, 0, 0, specials};
}

struct Row {
    VectorOperation operation{};
    OperationCost cost;
};

constexpr std::array cost_table{
    Row{VectorOperation::fill_zero, {lane(0, 0), {}}},
    Row{VectorOperation::input_normalise, {lane(1, 1), {}}},
    Row{VectorOperation::relu, {lane(1, 0), {}}},
    Row{VectorOperation::relu_backward, {lane(1, 0), {}}},
    // x against 0, x against alpha (both flags of one comparison), the sum
    Row{VectorOperation::activation_backward, {lane(3, 0), {}, Spread::channels}},
    Row{VectorOperation::add,
        {lane(1, 0), {}}},  // a step multiplies in the read port: counted in work()
    Row{VectorOperation::bias_add, {lane(1, 0), {}}},
    Row{VectorOperation::column_sum, {lane(1, 0), {}, Spread::channels}},
    Row{VectorOperation::reduce_columns, {lane(1, 0), {}, Spread::serial}},
    Row{VectorOperation::batch_norm_statistics, {lane(2, 1), {}, Spread::channels}},
    // mean, E[z^2], sqrt, 1/x are special; v = E - m*m, clamp, + eps; two running updates of 2 and
    // 3 products
    Row{VectorOperation::batch_norm_finish, {lane(5, 6, 4), {}}},
    Row{VectorOperation::batch_norm_normalise, {lane(2, 2), {}}},
    // x-hat = (z - mean) * i, then sum of dy and sum of dy * x-hat
    Row{VectorOperation::batch_norm_backward_statistics, {lane(3, 2), {}, Spread::channels}},
    // per element k * ((dy - b) - x-hat * g); per column k = gamma * i, b and g by division
    Row{VectorOperation::batch_norm_backward_apply, {lane(3, 3), lane(0, 1, 2)}},
    Row{VectorOperation::max_pool, {lane(1, 0), {}}},
    // per window element: the comparison that finds the maximum again, and the sum into dx
    Row{VectorOperation::max_pool_backward, {lane(2, 0), {}}},
    Row{VectorOperation::average_pool, {lane(1, 0), special_only(1)}},
    Row{VectorOperation::average_pool_backward, {lane(0, 0), special_only(1)}},
    // per element max, l - m, S, p - [j = t]; exp, / S, / N. Per row l_t - m, log(S) - it; log. The
    // sum of the losses runs from row to row, and so from lane to lane
    Row{VectorOperation::softmax_cross_entropy,
        {lane(4, 0, 3), lane(2, 0, 1), Spread::results, lane(1, 0)}},
    Row{VectorOperation::divide_scalar, {lane(0, 0, 1), {}}},
    // |w| against alpha, + wd * w, + mu * v, - lr * v
    Row{VectorOperation::sgd_update, {lane(4, 3), {}}},
    Row{VectorOperation::sgd_update_scalar, {lane(3, 3), {}}},
    Row{VectorOperation::add_scalars, {lane(1, 0), {}}},
};

/// What an instruction works on.
struct Extent {
    std::int64_t results;  ///< that a lane keeps until they are complete
    std::int64_t steps;    ///< elements per result
    std::int64_t vectors;  ///< how many times the per-vector part is done
    std::int64_t elements() const { return results * steps; }
};

Extent extent(const isa::VectorInstruction& instruction) {
    const std::int64_t tile = instruction.rows * instruction.columns;
    const isa::WindowGeometry& window = instruction.window;
    switch (instruction.operation) {
        case VectorOperation::divide_scalar:
        case VectorOperation::sgd_update_scalar:
        case VectorOperation::add_scalars:
            return {1, 1, 0};
        case VectorOperation::average_pool:
        case VectorOperation::average_pool_backward:
            return {tile, instruction.immediate, tile};
        case VectorOperation::softmax_cross_entropy:
            return {instruction.rows, instruction.columns, instruction.rows};
        case VectorOperation::max_pool:
            return {tile, window.kernel * window.kernel, 0};
        case VectorOperation::max_pool_backward: {
            const std::int64_t result_pixels = window.result_rows * window.input_width;
            const std::int64_t images = result_pixels == 0 ? 0 : instruction.rows / result_pixels;
            return {images * window.output_rows * window.output_width * instruction.columns,
                    window.kernel * window.kernel, 0};
        }
        default:
            return {tile, 1, instruction.columns};
    }
}

std::int64_t element_groups(const Params& params, Spread spread,
                            const isa::VectorInstruction& instruction, const Extent& extent) {
    switch (spread) {
        case Spread::channels:
            return instruction.rows * ceil_div(instruction.columns, params.lanes);
        case Spread::serial:
            return extent.elements();
        default:
            return ceil_div(extent.results, params.lanes) * extent.steps;
    }
}

std::int64_t scalars_given(const isa::VectorInstruction& instruction,
                           std::initializer_list<std::size_t> which) {
    return std::count_if(which.begin(), which.end(),
                         [&](std::size_t i) { return instruction.scalars[i] != isa::no_address; });
}

std::int64_t lane_cycles(const Params& params, const LaneCost& cost, std::int64_t groups) {
    return groups * (cost.passes + cost.specials * params.special_cycles);
}

}  // namespace

std::span<const ParameterInfo> parameter_info(const Params&) {
    static constexpr std::array<ParameterInfo, 3> info{{
        {"lanes", "lanes", 1, 65536, "FP32 elements that one pass works on in a cycle"},
        {"depth", "cycles", 1, 1024, "pipeline stages from the vector buffer and back"},
        {"special_cycles", "cycles", 1, 1024,
         "time that a divide, square root, exp or log holds its lane"},
    }};
    return info;
}

OperationCost cost(isa::VectorOperation operation) {
    for (const Row& row : cost_table)
        if (row.operation == operation) return row.cost;
    throw std::invalid_argument(fmt::format(
        "vector_unit: operation {} belongs to the scaling units", static_cast<int>(operation)));
}

Work work(const isa::VectorInstruction& instruction) {
    const OperationCost price = cost(instruction.operation);
    const Extent counts = extent(instruction);
    const std::int64_t elements = counts.elements();
    Work result{.elements = elements};
    const auto add = [&result](const LaneCost& part, std::int64_t times) {
        result.adds += times * part.adds;
        result.multiplies += times * part.multiplies;
        result.specials += times * part.specials;
    };
    add(price.element, elements);
    add(price.vector, counts.vectors);
    add(price.serial, instruction.rows);
    // Operands that are not given leave their adder or multiplier idle; the passes stay the same.
    switch (instruction.operation) {
        case VectorOperation::add:
            result.multiplies += elements * scalars_given(instruction, {0, 1});
            break;
        case VectorOperation::average_pool:
            result.multiplies += elements * scalars_given(instruction, {0});
            break;
        case VectorOperation::batch_norm_finish:
            if (instruction.in[2].address == isa::no_address) {  // no running statistics
                result.adds -= 2 * elements;
                result.multiplies -= 5 * elements;
            }
            break;
        case VectorOperation::sgd_update:
            result.adds -= elements * (2 - scalars_given(instruction, {2, 3}));
            result.multiplies -= elements * (1 - scalars_given(instruction, {2}));
            break;
        case VectorOperation::sgd_update_scalar:
            result.adds -= 1 - scalars_given(instruction, {5});
            result.multiplies -= 1 - scalars_given(instruction, {5});
            break;
        case VectorOperation::add_scalars:
            result.adds -= 1 - scalars_given(instruction, {1});
            break;
        default:
            break;
    }
    return result;
}

std::int64_t cycles(const Params& params, const isa::VectorInstruction& instruction) {
    const OperationCost price = cost(instruction.operation);
    const Extent counts = extent(instruction);
    const std::int64_t groups = element_groups(params, price.spread, instruction, counts);
    return lane_cycles(params, price.element, groups) +
           lane_cycles(params, price.vector, ceil_div(counts.vectors, params.lanes)) +
           lane_cycles(params, price.serial, instruction.rows) + params.depth;
}

}  // namespace quatrain::vector_unit
