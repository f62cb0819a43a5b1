// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/gemm.hpp"
#include "rtl_models/numerics/pack.hpp"

#include <bit>
#include <cstring>

namespace quatrain::numerics {

void load_accumulators(Format format, const std::byte* source, std::int64_t source_stride,
                       std::int64_t rows, std::int64_t columns, std::uint32_t* accumulators,
                       std::int64_t stride) {
    for (std::int64_t row = 0; row < rows; ++row, source += source_stride, accumulators += stride) {
        if (bits(format) == 32) {
            std::memcpy(accumulators, source, static_cast<std::size_t>(columns) * 4);
        } else {
            decode_row(format, source, 0,
                       {reinterpret_cast<float*>(accumulators), static_cast<std::size_t>(columns)});
        }
    }
}

void store_accumulators(Format format, const std::uint32_t* accumulators, std::int64_t stride,
                        std::int64_t rows, std::int64_t columns, std::byte* destination,
                        std::int64_t destination_stride) {
    for (std::int64_t row = 0; row < rows;
         ++row, destination += destination_stride, accumulators += stride) {
        if (bits(format) == 32) {
            std::memcpy(destination, accumulators, static_cast<std::size_t>(columns) * 4);
        } else {
            encode_row(
                format, destination, 0,
                {reinterpret_cast<const float*>(accumulators), static_cast<std::size_t>(columns)});
        }
    }
}

}  // namespace quatrain::numerics
