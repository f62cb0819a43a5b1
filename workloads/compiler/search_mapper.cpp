// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/search_mapper.hpp"

#include "workloads/compiler/heuristic_mapper.hpp"

#include <algorithm>
#include <numeric>

namespace quatrain::compiler {
namespace {

/// The mapping that was found for the same work, if any was.
template <class Found>
auto known(const Found& found, const GemmShape& gemm) {
    return std::ranges::find_if(found, [&](const auto& one) { return one.first.same_work(gemm); });
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
    if (const auto found = known(weight_stationary_, gemm); found != weight_stationary_.end())
        return found->second;
    const auto first = HeuristicMapper().weight_stationary(gemm, target, code);
    const auto best = search(first, weight_stationary_space(gemm, target), code);
    weight_stationary_.emplace_back(gemm, best);
    return best;
}

OutputStationaryMapping SearchMapper::output_stationary(
    const GemmShape& gemm, const Target& target, const Coder<OutputStationaryMapping>& code) {
    if (const auto found = known(output_stationary_, gemm); found != output_stationary_.end())
        return found->second;
    const auto first = HeuristicMapper().output_stationary(gemm, target, code);
    const auto best = search(first, output_stationary_space(gemm, target), code);
    output_stationary_.emplace_back(gemm, best);
    return best;
}

}  // namespace quatrain::compiler
