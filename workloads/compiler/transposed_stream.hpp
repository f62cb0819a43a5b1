// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/stream.hpp"

#include <cstdint>

// The moving tensor read the other way round: what the dataflow takes that is not the pass's usual
// one.
namespace quatrain::compiler {

/// Whether the streamer can read it so: a step to the next kernel column must be one pixel, as it
/// is of all channels in one go.
bool can_be_transposed(const isa::Stream& stream);

/// Vector (ky, kx, c) of an image, in the order of k, with that element of all grid pixels of the
/// image, in their order: element p of vector n * k + (ky, kx, c) is element (ky, kx, c) of vector
/// n * pixels_of_image + p of `stream`. A row of the tensor is taken for one of single channels.
/// Keeps address and first row, and starts with the first vector.
isa::Stream transposed(const isa::Stream& stream);

/// The stream with the last kernel position first.
isa::Stream flipped(const isa::Stream& stream);

/// The same vectors, of one image that is as high as all together where kernels reach no row but
/// their pixel's; otherwise `stream` as it is.
isa::Stream images_as_one(const isa::Stream& stream, std::int64_t images);

inline std::int64_t pixels_of_image(const isa::Stream& stream) {
    return stream.grid_height * stream.grid_width;
}

}  // namespace quatrain::compiler
