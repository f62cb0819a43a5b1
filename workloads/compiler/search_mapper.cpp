// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/search_mapper.hpp"

#include "workloads/compiler/heuristic_mapper.hpp"

#include <algorithm>
#include <numeric>

namespace quatrain::compiler {
namespace {

/// The mapping that was found for the same work, or else the one that `search` finds now.
template <class Found, class Search>
auto known_or(Found& found, const GemmShape& gemm, const Search& search) {
    const auto known =
        std::ranges::find_if(found, [&](const auto& one) { return one.first.same_work(gemm); });
    if (known != found.end()) return known->second;
    return found.emplace_back(gemm, search()).second;
}

}  // namespace

template <class Mapping>
Mapping SearchMapper::search(const Mapping& first, std::vector<Candidate<Mapping>> space,
                             const Coder<Mapping>& code) {
    const MappingCost::OfCode reference = cost_.of(code(first));
    ++count_.gemms;
    count_.mappings += space.size();
    ++count_.evaluated;

    std::vector<double> bounds, likely;
    for (const Candidate<Mapping>& one : space) {
        bounds.push_back(cost_.least(one.work, reference.events));
        MappingWork work = one.work;
        work.cycles = work.likely_cycles;
        likely.push_back(cost_.least(work, reference.events));
    }
    std::vector<std::size_t> order(space.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return likely[i]; });

    Mapping best = first;
    double least = reference.cost;
    std::uint64_t evaluations = 1;
    for (const std::size_t i : order) {
        if (bounds[i] >= least * (1 - tolerance)) continue;
        if (space[i].mapping == first) continue;
        if (evaluations == most_evaluations_) {
            ++count_.cut_short;
            break;
        }
        ++evaluations;
        ++count_.evaluated;
        const double cost = cost_.of(code(space[i].mapping)).cost;
        if (cost >= least) continue;
        least = cost;
        best = space[i].mapping;
    }
    return best;
}

WeightStationaryMapping SearchMapper::weight_stationary(
    const GemmShape& gemm, const Target& target, const Coder<WeightStationaryMapping>& code) {
    return known_or(weight_stationary_, gemm, [&] {
        return search(HeuristicMapper().weight_stationary(gemm, target, code),
                      weight_stationary_space(gemm, target), code);
    });
}

OutputStationaryMapping SearchMapper::output_stationary(
    const GemmShape& gemm, const Target& target, const Coder<OutputStationaryMapping>& code) {
    return known_or(output_stationary_, gemm, [&] {
        return search(HeuristicMapper().output_stationary(gemm, target, code),
                      output_stationary_space(gemm, target), code);
    });
}

}  // namespace quatrain::compiler
