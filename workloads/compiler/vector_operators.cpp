// SPDX-License-Identifier: Apache-2.0
// What every vector operator does to its tiles: operands and scalars in the order of
// isa::VectorOperation.
#include "workloads/compiler/tile_group.hpp"

#include "rtl_models/numerics/fp4_r4.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace quatrain::compiler {

using isa::no_address;
using isa::VectorOperation;
using training::Operator;
using training::OperatorKind;
using Accumulate = TileGroup::Accumulate;

namespace {

/// Adds one operator to a group.
class Adder {
public:
    Adder(TileGroup& group, const Lowering& lowering, const Operator& op)
        : group_(group), lowering_(lowering), op_(op) {}

    void elementwise(VectorOperation operation, std::vector<std::int64_t> scalars = {}) {
        std::vector<TileGroup::Operand> in;
        for (std::size_t i = 0; i < tile_inputs(); ++i) in.push_back(group_.load(input(i)));
        for (std::size_t i = tile_inputs(); i < op_.inputs.size(); ++i)
            if (!lowering_.tensor(input(i)).scalar) in.push_back(group_.vector(input(i)));
        group_.steps.push_back({operation,
                                in,
                                {group_.store(output(0))},
                                std::move(scalars),
                                statistics_rows(),
                                Accumulate::never});
    }

    void addition() {
        std::vector<std::int64_t> steps;
        for (std::size_t i = 0; i < 2; ++i) {
            const auto& operand = lowering_.tensor(input(i));
            steps.push_back(operand.format == numerics::Format::uint4
                                ? lowering_.scalar(operand.step)
                                : no_address);
        }
        elementwise(VectorOperation::add, steps);
    }

    void weight_statistics() {
        const auto w = group_.load(input(0));
        const std::vector sums{group_.result(), group_.result(), group_.result()};
        group_.steps.push_back(
            {VectorOperation::weight_statistics, {w}, sums, {}, 0, Accumulate::over_rows});
        group_.finish.push_back({VectorOperation::weight_scale,
                                 sums,
                                 {},
                                 {scalar(output(0)), scalar(output(1))},
                                 lowering_.tensor(input(0)).elements(),
                                 Accumulate::never});
    }

    void weight_quantise() {
        const auto w = group_.load(input(0));
        group_.steps.push_back({VectorOperation::quantise_weight,
                                {w},
                                {group_.store(output(0))},
                                {op_.inputs.size() > 1 ? scalar(input(1)) : no_address},
                                0,
                                Accumulate::never});
    }

    void batch_norm_statistics() {
        const auto z = group_.load(input(0));
        const std::vector sums{group_.result(), group_.result()};
        group_.steps.push_back(
            {VectorOperation::batch_norm_statistics, {z}, sums, {}, 0, Accumulate::over_rows});
        batch_norm_moments(sums, 1);
    }

    void batch_norm_sums() {
        group_.steps.push_back({VectorOperation::batch_norm_statistics,
                                {group_.load(input(0))},
                                {group_.result(output(0)), group_.result(output(1))},
                                {},
                                0,
                                Accumulate::over_rows});
    }

    void batch_norm_finish() {
        batch_norm_moments({group_.vector(input(0)), group_.vector(input(1))}, 2);
    }

    /// Mean and deviation from the sums; what else they are made of are inputs from `first` on.
    void batch_norm_moments(const std::vector<TileGroup::Operand>& sums, std::size_t first) {
        TileGroup::Step finish{
            VectorOperation::batch_norm_finish, sums, {}, {}, statistics_rows(), Accumulate::never};
        for (const auto id : op_.outputs) finish.out.push_back(group_.result(id));
        for (std::size_t i = first; i < op_.inputs.size(); ++i) {
            if (lowering_.tensor(input(i)).scalar) {
                finish.scalars.push_back(scalar(input(i)));
            } else {
                finish.in.push_back(group_.vector(input(i)));
                finish.out.push_back(group_.result(input(i)));
            }
        }
        group_.finish.push_back(finish);
    }

    void batch_norm_backward_statistics() {
        group_.steps.push_back({VectorOperation::batch_norm_backward_statistics,
                                {group_.load(input(0)), group_.load(input(1)),
                                 group_.vector(input(2)), group_.vector(input(3))},
                                {group_.result(output(0)), group_.result(output(1))},
                                {},
                                0,
                                Accumulate::over_rows});
    }

    void activation_backward() {
        const auto dy = group_.load(input(0)), x = group_.load(input(1));
        const auto sum = group_.result();
        group_.steps.push_back({VectorOperation::activation_backward,
                                {dy, x},
                                {group_.store(output(0)), sum},
                                {scalar(input(2))},
                                0,
                                Accumulate::over_rows});
        group_.finish.push_back({VectorOperation::reduce_columns,
                                 {sum},
                                 {},
                                 {scalar(output(1))},
                                 0,
                                 Accumulate::never});
    }

    void column_sum() {
        group_.steps.push_back({VectorOperation::column_sum,
                                {group_.load(input(0))},
                                {group_.result(output(0))},
                                {},
                                0,
                                Accumulate::over_rows});
    }

    void gradient_quantise() {
        const auto dy = group_.load(input(0));
        std::vector<TileGroup::Operand> codes;
        std::vector<std::int64_t> scalars{scalar(input(1)), no_address};
        for (const auto id : op_.outputs) {
            if (lowering_.tensor(id).scalar) {
                scalars.push_back(scalar(id));
            } else {
                codes.push_back(group_.store(id));
            }
        }
        const float threshold = numerics::fp4_threshold_of(lowering_.graph.recipe.threshold_factor);
        const std::int64_t pattern =
            threshold == numerics::fp4_threshold ? 0 : std::bit_cast<std::uint32_t>(threshold);
        group_.steps.push_back({VectorOperation::quantise_gradient,
                                {dy},
                                codes,
                                scalars,
                                pattern,
                                Accumulate::over_tiles});
    }

    void average_pool(bool backward) {
        const auto& image = lowering_.tensor(backward ? output(0) : input(0));
        const std::int64_t pixels = image.shape[1] * image.shape[2];
        const auto in = group_.load(input(0), backward ? 1 : pixels);
        const auto out = group_.store(output(0), backward ? pixels : 1);
        std::vector<std::int64_t> scalars;
        if (!backward && image.format == numerics::Format::uint4)
            scalars.push_back(lowering_.scalar(image.step));
        group_.steps.push_back(
            {backward ? VectorOperation::average_pool_backward : VectorOperation::average_pool,
             {in},
             {out},
             scalars,
             pixels,
             Accumulate::never});
    }

    void loss() {
        group_.splits_columns = false;
        const auto logits = group_.load(input(0));
        const auto labels = group_.load(input(1), 1, true);
        group_.steps.push_back({VectorOperation::softmax_cross_entropy,
                                {logits, labels},
                                {group_.store(output(0))},
                                {scalar(output(1))},
                                lowering_.graph.whole_batch,
                                Accumulate::over_tiles});
        group_.finish.push_back({VectorOperation::divide_scalar,
                                 {},
                                 {},
                                 {scalar(output(1))},
                                 lowering_.graph.whole_batch,
                                 Accumulate::never});
    }

    void sgd() {
        const auto g = group_.load(input(0)), w = group_.load(input(1)), v = group_.load(input(2));
        const auto updated_w = group_.store(input(1), 1, true);
        const auto updated_v = group_.store(input(2), 1, true);
        group_.steps.push_back(
            {VectorOperation::sgd_update,
             {g, w, v},
             {updated_w, updated_v},
             {scalar(input(3)), scalar(input(4)), lowering_.scalar(op_.weight_decay),
              lowering_.scalar(op_.alpha_mask)},
             0,
             Accumulate::never});
    }

    std::int64_t scalar(training::TensorId id) const { return lowering_.scalar(id); }
    training::TensorId input(std::size_t i) const { return op_.inputs.at(i); }
    training::TensorId output(std::size_t i) const { return op_.outputs.at(i); }

private:
    /// Rows over which batch norm takes its statistics.
    std::int64_t statistics_rows() const {
        return group_.rows * (lowering_.graph.synchronised ? lowering_.graph.cores : 1);
    }
    /// Leading inputs that are tiles; the rest are vectors and scalars.
    std::size_t tile_inputs() const {
        switch (op_.kind) {
            case OperatorKind::add:
            case OperatorKind::gradient_add:
            case OperatorKind::relu_backward:
            case OperatorKind::batch_norm_backward_apply:
                return 2;
            default:
                return 1;
        }
    }

    TileGroup& group_;
    const Lowering& lowering_;
    const Operator& op_;
};

}  // namespace

void add_operator(TileGroup& group, const Lowering& lowering, const Operator& op) {
    Adder adder(group, lowering, op);
    switch (op.kind) {
        case OperatorKind::input_normalise:
            return adder.elementwise(VectorOperation::input_normalise);
        case OperatorKind::weight_statistics:
            return adder.weight_statistics();
        case OperatorKind::weight_quantise:
            return adder.weight_quantise();
        case OperatorKind::bias_add:
            return adder.elementwise(VectorOperation::bias_add);
        case OperatorKind::batch_norm_statistics:
            return adder.batch_norm_statistics();
        case OperatorKind::batch_norm_sums:
            return adder.batch_norm_sums();
        case OperatorKind::batch_norm_finish:
            return adder.batch_norm_finish();
        case OperatorKind::batch_norm_normalise:
            return adder.elementwise(VectorOperation::batch_norm_normalise);
        case OperatorKind::add:
        case OperatorKind::gradient_add:
            return adder.addition();
        case OperatorKind::quantise_activation:
            return adder.elementwise(
                VectorOperation::quantise_activation,
                {adder.scalar(op.inputs.at(1)), adder.scalar(op.inputs.at(2))});
        case OperatorKind::relu:
            return adder.elementwise(VectorOperation::relu);
        case OperatorKind::average_pool:
            return adder.average_pool(false);
        case OperatorKind::average_pool_backward:
            return adder.average_pool(true);
        case OperatorKind::loss:
            return adder.loss();
        case OperatorKind::activation_backward:
            return adder.activation_backward();
        case OperatorKind::relu_backward:
            return adder.elementwise(VectorOperation::relu_backward);
        case OperatorKind::batch_norm_backward_statistics:
            return adder.batch_norm_backward_statistics();
        case OperatorKind::batch_norm_backward_apply:
            return adder.elementwise(VectorOperation::batch_norm_backward_apply);
        case OperatorKind::gradient_quantise:
            return adder.gradient_quantise();
        case OperatorKind::bias_gradient:
            return adder.column_sum();
        case OperatorKind::sgd:
            return adder.sgd();
        default:
            break;
    }
    throw std::logic_error("operator has no tiles");
}

namespace {

/// Of sums: the rows that they were taken over are those of the node's input.
TileShape batch_norm_shape(const Lowering& lowering, const Operator& op) {
    const auto& node = lowering.graph.network.nodes[op.node];
    const auto& extent = node.output;
    return {lowering.graph.batch * extent.height * extent.width, extent.channels};
}

}  // namespace

TileShape tile_shape(const Lowering& lowering, const Operator& op) {
    if (op.kind == OperatorKind::batch_norm_finish) return batch_norm_shape(lowering, op);
    // Average pooling counts images; both directions have a tensor with one row per image.
    const auto& tensor =
        lowering.tensor(op.kind == OperatorKind::average_pool ? op.outputs.at(0) : op.inputs.at(0));
    return {tensor.rows(), tensor.columns()};
}

}  // namespace quatrain::compiler
