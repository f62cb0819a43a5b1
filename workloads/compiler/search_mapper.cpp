// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/search_mapper.hpp"

#include "rtl_models/base/parallel.hpp"
#include "workloads/compiler/heuristic_mapper.hpp"
#include "workloads/compiler/other_dataflow.hpp"

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
Mapping SearchMapper::search(const Mapping& first, const std::vector<Candidate<Mapping>>& space,
                             const MappingWork& other_dataflow, const Coder<Mapping>& code) {
    const MappingCost::OfCode reference = cost_.of(code(first), 0);
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
    std::vector<std::size_t> round;
    std::vector<double> costs;
    for (auto next = order.begin();;) {
        round.clear();
        for (; next != order.end() && round.size() < at_once; ++next)
            if (bounds[*next] < least * (1 - tolerance) && !(space[*next].mapping == first))
                round.push_back(*next);
        if (round.empty()) break;
        count_.evaluated += round.size();
        costs.resize(round.size());
        for_each_piece(static_cast<std::int64_t>(round.size()), threads_,
                       [&](std::size_t worker, std::int64_t i) {
                           costs[i] = cost_.of(code(space[round[i]].mapping), worker).cost;
                       });
        for (std::size_t i = 0; i < round.size(); ++i) {
            if (costs[i] >= least) continue;
            least = costs[i];
            best = space[round[i]].mapping;
        }
    }
    add_to_count(least, cost_.least(other_dataflow, reference.events));
    return best;
}

void SearchMapper::add_to_count(double cost, double least_with_other_dataflow) {
    count_.cost += cost;
    if (least_with_other_dataflow < cost * (1 - tolerance))
        count_.other_dataflow_saving += cost - least_with_other_dataflow;
    else
        ++count_.other_dataflow_ruled_out;
}

WeightStationaryMapping SearchMapper::weight_stationary(
    const GemmShape& gemm, const Target& target, const Coder<WeightStationaryMapping>& code) {
    return known_or(weight_stationary_, gemm, [&] {
        return search(HeuristicMapper().weight_stationary(gemm, target, code),
                      weight_stationary_space(gemm, target),
                      least_with_stationary_outputs(gemm, target), code);
    });
}

OutputStationaryMapping SearchMapper::output_stationary(
    const GemmShape& gemm, const Target& target, const Coder<OutputStationaryMapping>& code) {
    return known_or(output_stationary_, gemm, [&] {
        return search(HeuristicMapper().output_stationary(gemm, target, code),
                      output_stationary_space(gemm, target),
                      least_with_stationary_gradients(gemm, target), code);
    });
}

}  // namespace quatrain::compiler
