// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/stream.hpp"
#include "rtl_models/numerics/format.hpp"
#include "rtl_models/numerics/gemm.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace quatrain::operand_streamer {

/// Elements [k_offset, k_offset + k_count) of vectors [first, first + count) of a stream.
struct Block {
    std::int64_t first = 0, count = 0;
    std::int64_t k_offset = 0, k_count = 0;
};

/// Implicit im2col: writes element k of vector t, decoded, to rows[(t - first) * stride + k -
/// k_offset]. Elements outside the tensor are left as they are: the caller zeroes the rows. Throws
/// std::out_of_range when the stream reads an element inside the tensor that lies outside `buffer`,
/// and as numerics::decode_rows() does.
void gather(const isa::Stream& stream, numerics::Format format, std::span<const std::byte> buffer,
            const Block& block, numerics::DecodedRows rows, std::int64_t stride);

}  // namespace quatrain::operand_streamer
