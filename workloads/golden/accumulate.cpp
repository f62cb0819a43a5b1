// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/accumulate.hpp"

#include "workloads/golden/exact.hpp"

#include <limits>
#include <stdexcept>

namespace quatrain::golden {

// Adding an accumulator and a chunk in double and then rounding into the format is one rounding: a
// double has more than twice the significand bits of every accumulator format, so it never moves a
// sum on to or across a midpoint.

IntegerSum::IntegerSum(const Accumulation& rule)
    : integer_(rule.accumulator == "int32"),
      images_end_chunks_(rule.images_end_chunks),
      format_(float_format(integer_ ? "fp32" : rule.accumulator)),
      unit_(rule.unit),
      chunk_(rule.chunk) {}

void IntegerSum::close_chunk() {
    if (integer_) {
        integer_accumulator_ += sum_;
        using Limits = std::numeric_limits<std::int32_t>;
        if (integer_accumulator_ < Limits::min() || integer_accumulator_ > Limits::max()) {
            throw std::overflow_error(
                "int32 accumulator = " + std::to_string(integer_accumulator_) +
                ": must stay within 32 bits");
        }
    } else {
        const double chunk = round_to(format_, static_cast<double>(sum_) * unit_);
        accumulator_ = round_to(format_, accumulator_ + chunk);
    }
    sum_ = 0;
    length_ = 0;
}

float IntegerSum::finish() {
    if (length_ > 0) close_chunk();
    return integer_ ? static_cast<float>(integer_accumulator_) : static_cast<float>(accumulator_);
}

FloatSum::FloatSum(const Accumulation& rule)
    : format_(float_format(rule.accumulator)),
      images_end_chunks_(rule.images_end_chunks),
      chunk_(rule.chunk),
      lanes_(rule.lanes) {}

void FloatSum::close_group() {
    sum_ += exact_sum(group_);
    group_.clear();
}

void FloatSum::close_chunk() {
    if (!group_.empty()) close_group();
    accumulator_ = round_to(format_, accumulator_ + round_to(format_, sum_));
    sum_ = 0;
    length_ = 0;
}

float FloatSum::finish() {
    if (length_ > 0) close_chunk();
    return static_cast<float>(accumulator_);
}

}  // namespace quatrain::golden
