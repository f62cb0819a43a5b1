// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/codec.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::golden {

/// How a GEMM's products become one number.
struct Accumulation {
    std::string accumulator;  ///< a float format, or "int32"
    std::int64_t chunk = 64;  ///< products summed before rounding into the accumulator
    std::int64_t lanes = 1;   ///< wider modes: products summed exactly before rounding to FP32
    double unit = 1;          ///< 4-bit operands: what a product of 1 is worth
    bool images_end_chunks = false;  ///< a chunk ends with the image, however short
};

/// One output element of a GEMM of 4-bit operands. Products are added in reduction order; those of
/// elements outside the image are added as zero.
class IntegerSum {
public:
    using Number = std::int32_t;
    explicit IntegerSum(const Accumulation& rule);

    void add(Number a, Number b) {
        sum_ += std::int64_t{a} * b;
        if (++length_ == chunk_) close_chunk();
    }
    void end_image() {
        if (images_end_chunks_ && length_ > 0) close_chunk();
    }
    /// The accumulator after the last chunk; with an int32 accumulator still to be multiplied by
    /// the unit. Throws std::overflow_error when an int32 accumulator overflows, here or in add.
    float finish();

private:
    void close_chunk();

    bool integer_, images_end_chunks_;
    FloatFormat format_;
    double unit_;
    std::int64_t chunk_, length_ = 0, sum_ = 0, integer_accumulator_ = 0;
    double accumulator_ = 0;
};

/// One output element of a GEMM in a mode of 8, 16 or 32 bits.
class FloatSum {
public:
    using Number = float;
    explicit FloatSum(const Accumulation& rule);

    void add(Number a, Number b) {
        if (lanes_ == 1) {
            sum_ += a * b;  // a group of one product: the multiplication is its rounding to FP32
        } else {
            // Exact: two significands of at most 24 bits, exponents far inside a double's.
            group_.push_back(static_cast<double>(a) * b);
            if (static_cast<std::int64_t>(group_.size()) == lanes_) close_group();
        }
        if (++length_ == chunk_) close_chunk();
    }
    void end_image() {
        if (images_end_chunks_ && length_ > 0) close_chunk();
    }
    float finish();

private:
    void close_group();
    void close_chunk();

    FloatFormat format_;
    bool images_end_chunks_;
    std::int64_t chunk_, lanes_, length_ = 0;
    std::vector<double> group_;
    float sum_ = 0;
    double accumulator_ = 0;
};

}  // namespace quatrain::golden
