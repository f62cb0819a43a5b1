// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/vector_unit/execution.hpp"

// The operations, one function each, named as isa::VectorOperation names them. Internal to the
// room.
namespace quatrain::vector_unit {

// elementwise.cpp
void fill_zero(Execution& run);
void input_normalise(Execution& run);
void relu(Execution& run);
void relu_backward(Execution& run);
void activation_backward(Execution& run);
void add(Execution& run);
void bias_add(Execution& run);

// reduction.cpp
/// sums[c] = sums[c] + x for the `count` rows of `columns` values, in order, and the columns of the
/// part.
void add_rows(const float* rows, std::int64_t count, std::int64_t columns, const Columns& part,
              std::span<float> sums);
void column_sum(Execution& run);
void reduce_columns(Execution& run);
void divide_scalar(Execution& run);
void add_scalars(Execution& run);

// normalisation.cpp
void batch_norm_statistics(Execution& run);
void batch_norm_finish(Execution& run);
void batch_norm_normalise(Execution& run);
void batch_norm_backward_statistics(Execution& run);
void batch_norm_backward_apply(Execution& run);

// max_pooling.cpp, average_pooling.cpp
void max_pool(Execution& run);
void max_pool_backward(Execution& run);
void average_pool(Execution& run);
void average_pool_backward(Execution& run);

// loss.cpp
void softmax_cross_entropy(Execution& run);

// optimiser.cpp
void sgd_update(Execution& run);
void sgd_update_scalar(Execution& run);

}  // namespace quatrain::vector_unit
