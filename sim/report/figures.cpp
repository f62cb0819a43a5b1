// SPDX-License-Identifier: Apache-2.0
#include "sim/report/figures.hpp"

#include <fmt/format.h>
#include <array>
#include <cmath>

namespace quatrain::report {

std::string grouped(std::uint64_t value) {
    std::string digits = std::to_string(value);
    for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
    return digits;
}

std::string si(double value, const std::string& unit) {
    struct Prefix {
        double factor;
        const char* name;
    };
    static constexpr std::array<Prefix, 9> prefixes{{{1e12, "T"},
                                                     {1e9, "G"},
                                                     {1e6, "M"},
                                                     {1e3, "k"},
                                                     {1, ""},
                                                     {1e-3, "m"},
                                                     {1e-6, "u"},
                                                     {1e-9, "n"},
                                                     {1e-12, "p"}}};
    if (value == 0 || !std::isfinite(value)) return fmt::format("{} {}", value, unit);
    // Three digits can round up to the next prefix: 999.7 k is 1.00 M.
    constexpr double rounding_up = 0.9995;
    const Prefix* chosen = &prefixes.back();
    for (const Prefix& prefix : prefixes) {
        if (std::abs(value) >= prefix.factor * rounding_up) {
            chosen = &prefix;
            break;
        }
    }
    const double scaled = value / chosen->factor;
    const double size = std::abs(scaled);
    const int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f} {}{}", scaled, decimals, chosen->name, unit);
}

std::string percent(double fraction) {
    return fmt::format("{:.1f} %", 100 * fraction);
}

std::string decibels(const std::optional<double>& value) {
    if (!value) return "-";
    if (std::isinf(*value)) return *value > 0 ? "exact" : "-inf";
    return fmt::format("{:.1f}", *value);
}

}  // namespace quatrain::report
