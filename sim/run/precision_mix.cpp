// SPDX-License-Identifier: Apache-2.0
#include "sim/run/precision_mix.hpp"

#include "workloads/training/graph.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace quatrain::run {
namespace {

using numerics::Precision;
using training::OperatorKind;

std::pair<numerics::Format, numerics::Format> operands(const training::GemmFormats& formats,
                                                       OperatorKind kind) {
    if (kind == OperatorKind::convolution) return {formats.activation, formats.weight};
    if (kind == OperatorKind::convolution_backward_data)
        return {formats.gradient_data, formats.weight};
    return {formats.activation, formats.gradient_weight};
}

energy::Modes only(Precision precision) {
    return {.four_bit = precision == Precision::four_bit,
            .eight_bit = precision == Precision::eight_bit,
            .sixteen_bit = precision == Precision::sixteen_bit,
            .thirty_two_bit = precision == Precision::thirty_two_bit};
}

}  // namespace

PerPrecision<std::uint64_t> PrecisionMix::all() const {
    PerPrecision<std::uint64_t> sum = inner;
    for (std::size_t i = 0; i < precision_count; ++i) sum[i] += ends[i];
    return sum;
}

PrecisionMix precision_mix(const network::Network& network, const training::Recipe& recipe,
                           bool training) {
    const training::Graph graph = training::build(network, recipe, 1, training);
    const auto is_gemm = [](const network::Node& node) { return network::is_gemm(node); };
    const auto& nodes = network.nodes;
    const auto first =
        static_cast<std::size_t>(std::find_if(nodes.begin(), nodes.end(), is_gemm) - nodes.begin());
    const auto last = nodes.size() - 1 -
                      static_cast<std::size_t>(std::find_if(nodes.rbegin(), nodes.rend(), is_gemm) -
                                               nodes.rbegin());
    PrecisionMix mix;
    for (const training::Operator& operation : graph.operators) {
        const auto macs = static_cast<std::uint64_t>(training::macs(graph, operation));
        if (macs == 0) continue;
        const auto [a, b] = operands(graph.formats[operation.node], operation.kind);
        const bool at_an_end = operation.node == first || operation.node == last;
        (at_an_end ? mix.ends : mix.inner)[static_cast<std::size_t>(numerics::precision(a, b))] +=
            macs;
    }
    return mix;
}

energy::Modes modes(const PrecisionMix& mix) {
    const PerPrecision<std::uint64_t> macs = mix.all();
    const auto needs = [&](Precision precision) {
        return macs[static_cast<std::size_t>(precision)] > 0;
    };
    return {.four_bit = needs(Precision::four_bit),
            .eight_bit = needs(Precision::eight_bit),
            .sixteen_bit = needs(Precision::sixteen_bit),
            .thirty_two_bit = needs(Precision::thirty_two_bit)};
}

PerPrecision<double> densities(const config::Technology& technology,
                               const mac_array::Params& params) {
    PerPrecision<double> densities{};
    for (std::size_t i = 0; i < precision_count; ++i) {
        const auto precision = static_cast<Precision>(i);
        const std::int64_t lanes = mac_array::lanes(params, precision);
        if (lanes == 0) continue;
        densities[i] = static_cast<double>(lanes) /
                       energy::relative_pe_area(technology, params, only(precision)).value;
    }
    return densities;
}

double time_at(const PerPrecision<std::uint64_t>& macs, const PerPrecision<double>& rates) {
    double time = 0;
    for (std::size_t i = 0; i < precision_count; ++i) {
        if (macs[i] == 0) continue;
        if (rates[i] == 0) return std::numeric_limits<double>::infinity();
        time += static_cast<double>(macs[i]) / rates[i];
    }
    return time;
}

}  // namespace quatrain::run
