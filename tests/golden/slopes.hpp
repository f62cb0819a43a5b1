// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/codec.hpp"
#include "workloads/golden/tensor.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace quatrain::golden {

/// Holds the gradient of an FP32 parameter against differences of the loss, at about `samples` of
/// its elements. `loss(index, value)`: with element `index` set to `value`. Returns how many.
inline int expect_slopes(const std::string& name, const Tensor& parameter,
                         const std::vector<double>& gradient, std::size_t samples,
                         const std::function<double(std::size_t, float)>& loss) {
    const std::size_t size = parameter.codes.size();
    EXPECT_EQ(gradient.size(), size) << name;
    if (gradient.size() != size) return 0;
    int checked = 0;
    for (std::size_t i = 0; i < size; i += size / samples + 1) {
        const float w = decode_fp32(parameter.codes[i]), high = w + 0x1p-16F, low = w - 0x1p-16F;
        const double slope =
            (loss(i, high) - loss(i, low)) / (static_cast<double>(high) - static_cast<double>(low));
        EXPECT_NEAR(gradient[i], slope, 1e-6 + 1e-5 * std::fabs(slope)) << name << " " << i;
        ++checked;
    }
    return checked;
}

}  // namespace quatrain::golden
