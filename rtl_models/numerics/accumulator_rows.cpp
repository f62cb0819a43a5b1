// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/gemm.hpp"
#include "rtl_models/numerics/row_codec.hpp"

#include <fmt/format.h>
#include <cstring>
#include <stdexcept>

namespace quatrain::numerics {
namespace {

void require_accumulator(Format format) {
    if (is_sixteen_bit(format) || bits(format) == 32) return;
    throw std::invalid_argument(fmt::format(
        "accumulator format = {}: must be dlfloat16, fp16, bf16, fp32 or int32", name(format)));
}

}  // namespace

void load_accumulators(Format format, const std::byte* source, std::int64_t source_stride,
                       std::int64_t rows, std::int64_t columns, std::uint32_t* accumulators,
                       std::int64_t stride) {
    require_accumulator(format);
    if (is_sixteen_bit(format))
        return decode_block(format, source, source_stride, rows, columns,
                            reinterpret_cast<float*>(accumulators), stride);
    for (std::int64_t row = 0; row < rows; ++row) {
        std::memcpy(accumulators + row * stride, source + row * source_stride,
                    static_cast<std::size_t>(columns) * 4);
    }
}

void store_accumulators(Format format, const std::uint32_t* accumulators, std::int64_t stride,
                        std::int64_t rows, std::int64_t columns, std::byte* destination,
                        std::int64_t destination_stride) {
    require_accumulator(format);
    if (is_sixteen_bit(format))
        return encode_block(format, reinterpret_cast<const float*>(accumulators), stride, rows,
                            columns, destination, destination_stride, nullptr);
    for (std::int64_t row = 0; row < rows; ++row) {
        std::memcpy(destination + row * destination_stride, accumulators + row * stride,
                    static_cast<std::size_t>(columns) * 4);
    }
}

}  // namespace quatrain::numerics
