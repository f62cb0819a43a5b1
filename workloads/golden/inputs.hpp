// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/structure.hpp"

#include <span>
#include <string>
#include <vector>

namespace quatrain::golden {

/// One tensor that a step is given (docs/training-step.md, "Inputs of the step").
struct InputTensor {
    std::string name, format;
    std::int64_t elements = 1;
};

/// Every input of a step: data, parameters, and in training their momenta.
std::vector<InputTensor> input_tensors(const Structure& structure);

/// Throws std::invalid_argument, naming the tensor, when an input is missing, has another format or
/// another number of elements, or holds a code outside its format; labels must be below the number
/// of classes. Throws also unless there are inputs for every core, equal but for images, labels and
/// a core's own running statistics.
void check_inputs(const Structure& structure, std::span<const Tensors> inputs_of_cores);

}  // namespace quatrain::golden
