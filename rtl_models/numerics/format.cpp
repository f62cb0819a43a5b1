// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/format.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <stdexcept>

namespace quatrain::numerics {
namespace {

struct Entry {
    Format format;
    std::string_view name;
    int bits;
};

constexpr std::array entries{
    Entry{Format::fp32, "fp32", 32},
    Entry{Format::fp16, "fp16", 16},
    Entry{Format::dlfloat16, "dlfloat16", 16},
    Entry{Format::bf16, "bf16", 16},
    Entry{Format::fp8_143, "fp8_143", 8},
    Entry{Format::fp8_152, "fp8_152", 8},
    Entry{Format::int4, "int4", 4},
    Entry{Format::uint4, "uint4", 4},
    Entry{Format::fp4_r4, "fp4_r4", 4},
    Entry{Format::uint8, "uint8", 8},
    Entry{Format::int32, "int32", 32},
};

constexpr bool in_enumeration_order() {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].format != static_cast<Format>(i)) return false;
    }
    return true;
}
static_assert(in_enumeration_order(), "entries are indexed by the enumerator");

const Entry& entry(Format format) {
    const auto index = static_cast<std::size_t>(format);
    if (index >= entries.size()) throw std::invalid_argument("format: no such enumerator");
    return entries[index];
}

}  // namespace

int bits(Format format) {
    return entry(format).bits;
}

std::string_view name(Format format) {
    return entry(format).name;
}

std::optional<Format> format_from_name(std::string_view text) {
    const auto* const found = std::ranges::find(entries, text, &Entry::name);
    if (found == entries.end()) return std::nullopt;
    return found->format;
}

bool is_sixteen_bit(Format format) {
    return bits(format) == 16;
}

Precision precision(Format moving, Format stationary) {
    const auto is_operand = [](Format format) {
        return format != Format::uint8 && format != Format::int32;
    };
    const auto is_integer = [](Format format) {
        return format == Format::int4 || format == Format::uint4;
    };
    const bool logarithmic = moving == Format::fp4_r4 || stationary == Format::fp4_r4;
    if (!is_operand(moving) || !is_operand(stationary) ||
        (logarithmic && !is_integer(moving) && !is_integer(stationary)))
        throw std::invalid_argument(
            fmt::format("formats {} x {}: the array multiplies fp4_r4 by int4 and uint4, and "
                        "floating-point formats, int4 and uint4 in any pair",
                        name(moving), name(stationary)));
    switch (std::max(bits(moving), bits(stationary))) {
        case 4:
            return Precision::four_bit;
        case 8:
            return Precision::eight_bit;
        case 16:
            return Precision::sixteen_bit;
        default:
            return Precision::thirty_two_bit;
    }
}

}  // namespace quatrain::numerics
