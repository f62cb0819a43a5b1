// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace quatrain {

std::int64_t in_range(std::string_view name, std::int64_t value, std::int64_t minimum,
                      std::int64_t maximum) {
    if (value >= minimum && value <= maximum) return value;
    throw std::overflow_error(
        fmt::format("register {} = {}: holds {} to {}", name, value, minimum, maximum));
}

std::int64_t in_unsigned(std::string_view name, std::int64_t value, int bits) {
    return in_range(name, value, 0, (std::int64_t{1} << bits) - 1);
}

std::int64_t in_signed(std::string_view name, std::int64_t value, int bits) {
    const std::int64_t half = std::int64_t{1} << (bits - 1);
    return in_range(name, value, -half, half - 1);
}

}  // namespace quatrain
