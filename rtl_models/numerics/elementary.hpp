// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace quatrain::numerics {

// Correctly rounded FP32 (nearest even): the same bits on every host, whatever its mathematical
// library.

/// e^x. NaN gives NaN.
float exp_rounded(float x);

/// ln x. Zero gives -infinity, a negative number and NaN give NaN.
float log_rounded(float x);

}  // namespace quatrain::numerics
