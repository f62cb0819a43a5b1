// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/search_mapper.hpp"

#include "rtl_models/base/parallel.hpp"
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
    std::uint64_t evaluations = 1;
    std::vector<std::size_t> round;
    std::vector<double> costs;
    auto next = order.begin();
    for (bool is_cut = false; !is_cut;) {
        round.clear();
        for (; next != order.end() && round.size() < at_once; ++next)
            if (bounds[*next] < least * (1 - tolerance) && !(space[*next].mapping == first))
                round.push_back(*next);
        is_cut = evaluations + round.size() > most_evaluations_;
        if (is_cut) round.resize(most_evaluations_ - evaluations);
        count_.cut_short += is_cut ? 1 : 0;
        if (round.empty()) break;
        evaluations += round.size();
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
