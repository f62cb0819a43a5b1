// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/vector_unit/function.hpp"

#include "rtl_models/vector_unit/operations.hpp"
#include "rtl_models/vector_unit/timing.hpp"

#include <fmt/format.h>

namespace quatrain::vector_unit {
namespace {

using isa::VectorOperation;

void dispatch(Execution& run) {
    switch (run.instruction().operation) {
        case VectorOperation::fill_zero:
            return fill_zero(run);
        case VectorOperation::input_normalise:
            return input_normalise(run);
        case VectorOperation::relu:
            return relu(run);
        case VectorOperation::relu_backward:
            return relu_backward(run);
        case VectorOperation::activation_backward:
            return activation_backward(run);
        case VectorOperation::add:
            return add(run);
        case VectorOperation::bias_add:
            return bias_add(run);
        case VectorOperation::column_sum:
            return column_sum(run);
        case VectorOperation::reduce_columns:
            return reduce_columns(run);
        case VectorOperation::batch_norm_statistics:
            return batch_norm_statistics(run);
        case VectorOperation::batch_norm_finish:
            return batch_norm_finish(run);
        case VectorOperation::batch_norm_normalise:
            return batch_norm_normalise(run);
        case VectorOperation::batch_norm_backward_statistics:
            return batch_norm_backward_statistics(run);
        case VectorOperation::batch_norm_backward_apply:
            return batch_norm_backward_apply(run);
        case VectorOperation::max_pool:
            return max_pool(run);
        case VectorOperation::max_pool_backward:
            return max_pool_backward(run);
        case VectorOperation::average_pool:
            return average_pool(run);
        case VectorOperation::average_pool_backward:
            return average_pool_backward(run);
        case VectorOperation::softmax_cross_entropy:
            return softmax_cross_entropy(run);
        case VectorOperation::divide_scalar:
            return divide_scalar(run);
        case VectorOperation::sgd_update:
            return sgd_update(run);
        case VectorOperation::sgd_update_scalar:
            return sgd_update_scalar(run);
        case VectorOperation::add_scalars:
            return add_scalars(run);
        default:
            run.reject("belongs to the scaling units");
    }
}

}  // namespace

Outcome execute(const isa::VectorInstruction& instruction, const Memory& memory, Scratch& scratch,
                int threads) {
    Execution run(instruction, memory, scratch, threads);
    if (instruction.rows < 0 || instruction.columns < 0)
        run.reject(fmt::format("rows x columns = {} x {}: must not be negative", instruction.rows,
                               instruction.columns));
    dispatch(run);
    return {run.faults(), work(instruction).elements};
}

Outcome execute(const isa::VectorInstruction& instruction, const Memory& memory) {
    Scratch scratch;
    return execute(instruction, memory, scratch);
}

}  // namespace quatrain::vector_unit
