// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace quatrain {

/// Width of the number that tells an instruction from the next [bits].
inline constexpr int command_id_bits = 32;

/// `value` as a register that holds `minimum` to `maximum` gives it back. Throws
/// std::overflow_error, which names the register, the value and the range, when it does not fit.
std::int64_t in_range(std::string_view name, std::int64_t value, std::int64_t minimum,
                      std::int64_t maximum);

/// The same for a register of `bits` without a sign (1 to 62 bits).
std::int64_t in_unsigned(std::string_view name, std::int64_t value, int bits);

/// The same for a register of `bits` in two's complement (1 to 63 bits).
std::int64_t in_signed(std::string_view name, std::int64_t value, int bits);

}  // namespace quatrain
