// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/search_mapper.hpp"

#include "rtl_models/base/parallel.hpp"
#include "workloads/compiler/heuristic_mapper.hpp"

#include <algorithm>
#include <limits>
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
                             const std::vector<Candidate<Mapping>>& other,
                             const Coder<Mapping>& code) {
    if (count_.both_dataflows) space.insert(space.end(), other.begin(), other.end());
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
    count_.cost += least;
    count_.other_dataflow_chosen += best.dataflow == Mapping::usual ? 0 : 1;
    if (!count_.both_dataflows) count_other_dataflow(other, least, reference.events);
    return best;
}

template <class Mapping>
void SearchMapper::count_other_dataflow(const std::vector<Candidate<Mapping>>& other, double cost,
                                        const EventCounts& events) {
    double least = std::numeric_limits<double>::infinity();
    for (const Candidate<Mapping>& one : other)
        least = std::min(least, cost_.least(one.work, events));
    if (least < cost * (1 - tolerance))
        count_.other_dataflow_saving += cost - least;
    else
        ++count_.other_dataflow_ruled_out;
}

ActivationMapping SearchMapper::activation(const GemmShape& gemm, const Target& target,
                                           const Coder<ActivationMapping>& code) {
    return known_or(activations_, gemm, [&] {
        return search(HeuristicMapper().activation(gemm, target, code),
                      activation_space(gemm, target),
                      activation_space(gemm, target, Dataflow::output_stationary), code);
    });
}

WeightGradientMapping SearchMapper::weight_gradient(const GemmShape& gemm, const Target& target,
                                                    const Coder<WeightGradientMapping>& code) {
    return known_or(weight_gradients_, gemm, [&] {
        return search(HeuristicMapper().weight_gradient(gemm, target, code),
                      weight_gradient_space(gemm, target),
                      weight_gradient_space(gemm, target, Dataflow::weight_stationary), code);
    });
}

}  // namespace quatrain::compiler
