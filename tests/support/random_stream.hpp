// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/stream.hpp"
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/pack.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace quatrain::test {

/// A random convolution as the compiler would stream it, with its tensor in packed form, for tests
/// against loops written from the definition in isa/stream.hpp.
struct RandomStream {
    isa::Stream stream;
    numerics::Format format{};
    std::int64_t images = 1;
    std::vector<std::uint32_t> codes;  ///< of the whole tensor, NHWC
    std::vector<std::byte> buffer;     ///< the moving buffer with the tile in it
    std::int64_t vectors = 0;          ///< that the tile serves
    std::int64_t depth = 0;            ///< elements per vector

    /// Code of element k of vector t from the definition; 0 outside the tensor.
    std::uint32_t code(std::int64_t t, std::int64_t k) const {
        const std::int64_t q = stream.first_pixel + t;
        const std::int64_t gx = q % stream.grid_width;
        const std::int64_t gy = q / stream.grid_width % stream.grid_height;
        const std::int64_t n = q / stream.grid_width / stream.grid_height;
        const std::int64_t ky = k / stream.channels / stream.kernel_width;
        const std::int64_t kx = k / stream.channels % stream.kernel_width;
        const std::int64_t y =
            gy * stream.row_step + stream.row_offset + ky * stream.row_kernel_step;
        const std::int64_t x =
            gx * stream.column_step + stream.column_offset + kx * stream.column_kernel_step;
        if (y < 0 || y >= stream.height || x < 0 || x >= stream.width) return 0;
        return codes.at(static_cast<std::size_t>(
            ((n * stream.height + y) * stream.width + x) * stream.channels + k % stream.channels));
    }
};

using Random = std::mt19937_64;

inline std::int64_t below(Random& random, std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
}

/// A code of the format that decodes to a finite value; a quarter are zero.
inline std::uint32_t random_code(numerics::Format format, Random& random) {
    if (below(random, 4) == 0) return 0;
    if (format == numerics::Format::int4)
        return static_cast<std::uint32_t>(below(random, 15) - 7) & 15U;
    if (numerics::bits(format) == 4) return static_cast<std::uint32_t>(below(random, 16));
    if (format == numerics::Format::fp32)  // all 24 bits of the significand in use
        return numerics::encode(format, static_cast<float>(below(random, 2001) - 1000) / 49);
    return numerics::encode(format, static_cast<float>(below(random, 2001) - 1000) / 64);
}

/// Forward geometry, or that of one phase of dX (negative kernel steps).
inline isa::Stream random_geometry(Random& random) {
    isa::Stream s;
    s.height = 1 + below(random, 9);
    s.width = 1 + below(random, 9);
    s.channels = below(random, 3) == 0 ? 1 + below(random, 5) : 8 * (1 + below(random, 5));
    s.kernel_height = 1 + below(random, 3);
    s.kernel_width = 1 + below(random, 3);
    s.grid_height = 1 + below(random, 7);
    s.grid_width = 1 + below(random, 7);
    if (below(random, 2) == 0) {
        s.row_step = 1 + below(random, 2);
        s.column_step = 1 + below(random, 3);
        s.row_offset = -below(random, 3);
        s.column_offset = -below(random, 3);
        s.row_kernel_step = 1 + below(random, 2);
        s.column_kernel_step = 1 + below(random, 2);
    } else {
        s.row_offset = below(random, 3);
        s.column_offset = below(random, 3);
        s.row_kernel_step = -1 - below(random, 2);
        s.column_kernel_step = -1 - below(random, 2);
    }
    return s;
}

/// A tile that starts mid-tensor, at an address of its own, and vectors that start mid-image.
inline RandomStream random_stream(numerics::Format format, const isa::Stream& geometry,
                                  Random& random) {
    RandomStream result;
    isa::Stream& s = result.stream;
    s = geometry;
    result.format = format;
    result.images = 1 + below(random, 3);
    result.depth = s.kernel_height * s.kernel_width * s.channels;
    const std::int64_t pixels = result.images * s.grid_height * s.grid_width;
    s.first_pixel = below(random, pixels);
    result.vectors = 1 + below(random, pixels - s.first_pixel);

    const std::int64_t row_elements = s.width * s.channels;
    result.codes.resize(static_cast<std::size_t>(result.images * s.height * row_elements));
    for (auto& code : result.codes) code = random_code(format, random);

    // The rows that the vectors touch; the tile may start earlier.
    std::int64_t lowest = result.images * s.height - 1, highest = 0;
    for (std::int64_t t = 0; t < result.vectors; ++t) {
        const std::int64_t global = (s.first_pixel + t) / s.grid_width;
        for (std::int64_t ky = 0; ky < s.kernel_height; ++ky) {
            const std::int64_t y =
                global % s.grid_height * s.row_step + s.row_offset + ky * s.row_kernel_step;
            if (y < 0 || y >= s.height) continue;
            lowest = std::min(lowest, global / s.grid_height * s.height + y);
            highest = std::max(highest, global / s.grid_height * s.height + y);
        }
    }
    s.first_row = below(random, 2) == 0 ? lowest : below(random, lowest + 1);
    s.address = 4 * below(random, 30);
    const std::int64_t tile_elements =
        std::max<std::int64_t>(0, highest + 1 - s.first_row) * row_elements;
    result.buffer.resize(
        static_cast<std::size_t>(s.address + numerics::packed_bytes(format, tile_elements)));
    for (auto& byte : result.buffer) byte = static_cast<std::byte>(below(random, 7) * 0x11);
    for (std::int64_t i = 0; i < tile_elements; ++i) {
        numerics::store_code(
            result.buffer.data() + s.address, format, i,
            result.codes[static_cast<std::size_t>(s.first_row * row_elements + i)]);
    }
    return result;
}

inline RandomStream random_stream(numerics::Format format, Random& random) {
    return random_stream(format, random_geometry(random), random);
}

}  // namespace quatrain::test
