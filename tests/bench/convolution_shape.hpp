// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace quatrain::bench {

/// A convolution with square images and kernels, padding (kernel - 1) / 2.
struct ConvolutionShape {
    std::string name;
    std::int64_t batch, image, channels, outputs, kernel, stride;

    std::int64_t output_image() const { return (image - 1) / stride + 1; }
    std::int64_t pixels() const { return batch * output_image() * output_image(); }
    std::int64_t depth() const { return kernel * kernel * channels; }
    std::int64_t macs() const { return pixels() * depth() * outputs; }
};

}  // namespace quatrain::bench
