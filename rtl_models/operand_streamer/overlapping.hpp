// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/operand_streamer/function.hpp"

namespace quatrain::operand_streamer {

/// The vectors that gather() would write, with every element of the tensor decoded once: where the
/// words of a vector lie follows from the geometry, and elements outside the tensor are zeros
/// around it. A vector is a row, its elements are the steps. Returns false, and leaves `vectors` in
/// any state, where that cannot be done or does not pay: words that mix kernel positions, rows that
/// are not all in the buffer, more words than gather() would write. Throws as
/// numerics::decode_rows() does.
bool lay_out(const isa::Stream& stream, numerics::Format format, std::span<const std::byte> buffer,
             const Block& block, numerics::ProductKind kind, numerics::OverlappingVectors& vectors);

/// The same vectors the other way round: an element is a row, and consecutive vectors, as many as a
/// word has elements, are a step. False also where a word has four, or two of different grid rows.
bool lay_out_transposed(const isa::Stream& stream, numerics::Format format,
                        std::span<const std::byte> buffer, const Block& block,
                        numerics::ProductKind kind, numerics::OverlappingVectors& vectors);

}  // namespace quatrain::operand_streamer
