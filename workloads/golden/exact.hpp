// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace quatrain::golden {

/// The sum of doubles without any intermediate rounding, rounded once to FP32 (nearest even). An
/// exact zero is +0. With an infinity or a NaN among the terms, what IEEE addition makes of them.
float exact_sum(std::span<const double> terms);

/// The same of finite terms, by one way for all, which exact_sum takes when it must.
float exact_sum_of_any(std::span<const double> terms);

/// Correctly rounded exponential and natural logarithm of an FP32 value.
float exponential(float x);
float logarithm(float x);

}  // namespace quatrain::golden
