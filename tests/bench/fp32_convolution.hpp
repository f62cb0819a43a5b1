// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/bench/convolution_shape.hpp"

#include <memory>

namespace quatrain::bench {

/// oneDNN's FP32 forward convolution of a shape on one thread: direct algorithm, memory in the
/// layout that oneDNN likes best, weights reordered once, outside run().
class Fp32Convolution {
public:
    explicit Fp32Convolution(const ConvolutionShape& shape);
    ~Fp32Convolution();
    void run();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace quatrain::bench
