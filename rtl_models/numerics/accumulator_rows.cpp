// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/gemm.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace quatrain::numerics {
namespace {

// Branch-free, so that compilers vectorise the loops: every pass of the array loads and stores its
// accumulators. Values are values of the format, so nothing is rounded. Equal to codec.hpp on every
// code.

constexpr std::uint32_t infinity = 0x7F80'0000U;

struct DlFloat16Code {
    static constexpr std::uint32_t bias = (127U - 31U) << 23;
    static std::uint32_t decode(std::uint32_t code) {
        const std::uint32_t magnitude = code & 0x7FFFU;
        const std::uint32_t normal = (magnitude << 14) + bias;
        const std::uint32_t value = magnitude == 0 ? 0U : magnitude == 0x7FFFU ? infinity : normal;
        return (code & 0x8000U) << 16 | value;
    }
    static std::uint32_t encode(std::uint32_t value) {
        const std::uint32_t magnitude = value & 0x7FFF'FFFFU;
        const std::uint32_t code =
            magnitude == 0 ? 0U : std::min((magnitude - bias) >> 14, 0x7FFFU);
        return (value & 0x8000'0000U) >> 16 | code;
    }
};

struct Fp16Code {
    static constexpr std::uint32_t bias = (127U - 15U) << 23;
    static std::uint32_t decode(std::uint32_t code) {
        const std::uint32_t aligned = (code & 0x7FFFU) << 13;
        // Too small by 2^112 as FP32 fields, subnormals included: one exact multiplication.
        const auto finite = std::bit_cast<std::uint32_t>(std::bit_cast<float>(aligned) * 0x1p112F);
        return (code & 0x8000U) << 16 | (aligned >= 0x0F80'0000U ? aligned | infinity : finite);
    }
    static std::uint32_t encode(std::uint32_t value) {
        const std::uint32_t magnitude = value & 0x7FFF'FFFFU;
        const std::uint32_t normal = std::min((magnitude - bias) >> 13, 0x7C00U);
        // The last place of 0.5 is 2^-24, the smallest subnormal.
        const std::uint32_t subnormal =
            std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - 0x3F00'0000U;
        const std::uint32_t finite =
            (value & 0x8000'0000U) >> 16 | (magnitude < 0x3880'0000U ? subnormal : normal);
        return magnitude > infinity ? 0x7E00U : finite;
    }
};

struct Bf16Code {
    static std::uint32_t decode(std::uint32_t code) { return code << 16; }
    static std::uint32_t encode(std::uint32_t value) {
        return (value & 0x7FFF'FFFFU) > infinity ? 0x7FC0U : value >> 16;
    }
};

template <class Code>
void load_row(const std::byte* source, std::int64_t columns, std::uint32_t* values) {
    for (std::int64_t i = 0; i < columns; ++i) {
        std::uint16_t code = 0;
        std::memcpy(&code, source + 2 * i, sizeof(code));
        values[i] = Code::decode(code);
    }
}

template <class Code>
void store_row(const std::uint32_t* values, std::int64_t columns, std::byte* destination) {
    for (std::int64_t i = 0; i < columns; ++i) {
        const auto code = static_cast<std::uint16_t>(Code::encode(values[i]));
        std::memcpy(destination + 2 * i, &code, sizeof(code));
    }
}

/// Calls body with the code class of a 16-bit format.
template <class Body>
void with_code(Format format, Body body) {
    switch (format) {
        case Format::dlfloat16:
            return body(DlFloat16Code{});
        case Format::fp16:
            return body(Fp16Code{});
        case Format::bf16:
            return body(Bf16Code{});
        default:
            throw std::invalid_argument(
                fmt::format("accumulator format = {}: must be dlfloat16, fp16, bf16, fp32 or int32",
                            name(format)));
    }
}

}  // namespace

void load_accumulators(Format format, const std::byte* source, std::int64_t source_stride,
                       std::int64_t rows, std::int64_t columns, std::uint32_t* accumulators,
                       std::int64_t stride) {
    if (bits(format) == 32) {
        for (std::int64_t row = 0; row < rows; ++row) {
            std::memcpy(accumulators + row * stride, source + row * source_stride,
                        static_cast<std::size_t>(columns) * 4);
        }
        return;
    }
    with_code(format, [&]<class Code>(Code) {
        for (std::int64_t row = 0; row < rows; ++row)
            load_row<Code>(source + row * source_stride, columns, accumulators + row * stride);
    });
}

void store_accumulators(Format format, const std::uint32_t* accumulators, std::int64_t stride,
                        std::int64_t rows, std::int64_t columns, std::byte* destination,
                        std::int64_t destination_stride) {
    if (bits(format) == 32) {
        for (std::int64_t row = 0; row < rows; ++row) {
            std::memcpy(destination + row * destination_stride, accumulators + row * stride,
                        static_cast<std::size_t>(columns) * 4);
        }
        return;
    }
    with_code(format, [&]<class Code>(Code) {
        for (std::int64_t row = 0; row < rows; ++row)
            store_row<Code>(accumulators + row * stride, columns,
                            destination + row * destination_stride);
    });
}

}  // namespace quatrain::numerics
