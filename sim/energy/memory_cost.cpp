// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/energy.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace quatrain::energy {
namespace {

using config::MemoryFigures;

double logarithmic(double x, double x0, double x1, double y0, double y1) {
    const double weight = std::log(x / x0) / std::log(x1 / x0);
    return y0 * std::pow(y1 / y0, weight);
}

// All figures of a memory between two others, by the field that `position` is.
MemoryFigures between(const MemoryFigures& a, const MemoryFigures& b,
                      std::int64_t MemoryFigures::*position, std::int64_t at) {
    MemoryFigures result = a;
    result.*position = at;
    for (double MemoryFigures::*field :
         {&MemoryFigures::read_picojoules, &MemoryFigures::write_picojoules, &MemoryFigures::low,
          &MemoryFigures::high, &MemoryFigures::leakage_low_milliwatts,
          &MemoryFigures::leakage_high_milliwatts, &MemoryFigures::square_millimetres}) {
        result.*field = logarithmic(static_cast<double>(at), static_cast<double>(a.*position),
                                    static_cast<double>(b.*position), a.*field, b.*field);
    }
    return result;
}

// The segment that holds `at`, or the outermost one.
MemoryFigures interpolated(std::span<const MemoryFigures> rows,
                           std::int64_t MemoryFigures::*position, std::int64_t at) {
    std::size_t upper = 1;
    while (upper + 1 < rows.size() && rows[upper].*position < at) ++upper;
    return between(rows[upper - 1], rows[upper], position, at);
}

// A memory of this size for every width of the table.
std::vector<MemoryFigures> by_width(const config::Technology& technology, std::int64_t bytes) {
    const std::span rows(technology.memories.rows);
    std::vector<MemoryFigures> result;
    for (std::size_t first = 0, last = 0; first < rows.size(); first = last) {
        while (last < rows.size() && rows[last].port_bits == rows[first].port_bits) ++last;
        if (last - first < 2)
            throw std::invalid_argument(fmt::format(
                "technology {}: memories with ports of {} bits: needs two sizes or more",
                technology.name, rows[first].port_bits));
        result.push_back(
            interpolated(rows.subspan(first, last - first), &MemoryFigures::bytes, bytes));
    }
    if (result.empty())
        throw std::invalid_argument(fmt::format("technology {}: has no memories", technology.name));
    return result;
}

}  // namespace

MemoryCost memory_cost(const config::Technology& technology, std::int64_t bytes,
                       std::int64_t port_bits) {
    const std::vector<MemoryFigures> widths = by_width(technology, bytes);
    const std::int64_t width =
        std::clamp(port_bits, widths.front().port_bits, widths.back().port_bits);
    const MemoryFigures memory = widths.size() == 1
                                     ? widths.front()
                                     : interpolated(widths, &MemoryFigures::port_bits, width);
    const auto per_bit = [&](double access) {
        const double bit = access / static_cast<double>(width);
        return config::Band{bit * memory.low, bit, bit * memory.high};
    };
    const double low = memory.leakage_low_milliwatts, high = memory.leakage_high_milliwatts;
    const double area = memory.square_millimetres;
    const config::Band& factor = technology.memories.area.band;
    return {.read = per_bit(memory.read_picojoules),
            .write = per_bit(memory.write_picojoules),
            .leakage_milliwatts = {low, std::sqrt(low * high), high},
            .square_millimetres = {area * factor.low, area * factor.value, area * factor.high}};
}

}  // namespace quatrain::energy
