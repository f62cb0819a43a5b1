// SPDX-License-Identifier: Apache-2.0
// docs/several-cores.md, "The order of a reduction".
#include "workloads/golden/definition.hpp"

#include <algorithm>
#include <limits>

namespace quatrain::golden {
namespace {

/// Elements of every chunk but the last ones, which may be short or empty.
std::int64_t chunk_length(std::int64_t elements, std::int64_t cores) {
    const std::int64_t share = (elements + cores - 1) / cores;
    const std::int64_t rounded_up = (share + 15) / 16 * 16;
    return rounded_up * (cores - 1) < elements ? rounded_up : share;
}

/// s = F( s + T ), on codes.
using Add = std::function<std::uint32_t(std::uint32_t, std::uint32_t)>;

std::uint32_t add_integers(std::uint32_t a, std::uint32_t b) {
    using Limits = std::numeric_limits<std::int32_t>;
    const std::int64_t sum =
        std::int64_t{static_cast<std::int32_t>(a)} + static_cast<std::int32_t>(b);
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(sum, Limits::min(), Limits::max()));
}

Add addition(const std::string& format) {
    if (format == "int32") return add_integers;
    if (format == "fp32")
        return [](std::uint32_t a, std::uint32_t b) {
            return encode_fp32(decode_fp32(a) + decode_fp32(b));
        };
    return [layout = float_format(format)](std::uint32_t a, std::uint32_t b) {
        const auto x = static_cast<float>(decode(layout, a));
        const auto y = static_cast<float>(decode(layout, b));
        return encode(layout, static_cast<double>(x + y));
    };
}

/// What the cores' tensors of this name add up to.
Element sum_over_cores(const Operands& operands, const std::string& name, std::int64_t cores,
                       std::int64_t length, const Add& add) {
    std::vector<const std::uint32_t*> terms;
    for (std::int64_t core = 0; core < cores; ++core)
        terms.push_back(operands.tensor_of(core, name).codes.data());
    return [=](std::int64_t i) {
        const std::int64_t first = i / length;  // the core that the element's chunk starts on
        std::uint32_t sum = terms[static_cast<std::size_t>(first)][i];
        for (std::int64_t step = 1; step < cores; ++step)
            sum = add(sum, terms[static_cast<std::size_t>((first + step) % cores)][i]);
        return sum;
    };
}

}  // namespace

void define_reduction(const Structure& structure, Definitions& list) {
    if (!structure.several_cores()) return;
    const Definition term = list.back();
    const Shape& shape = term.shape;
    const std::int64_t cores = structure.options().cores;
    const std::int64_t length = chunk_length(shape[0] * shape[1] * shape[2] * shape[3], cores);
    list.push_back({structure.reduced(term.name), term.format, shape,
                    [=, name = term.name, add = addition(term.format)](const Operands& operands) {
                        return sum_over_cores(operands, name, cores, length, add);
                    }});
}

}  // namespace quatrain::golden
