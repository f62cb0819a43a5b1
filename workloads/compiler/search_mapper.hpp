// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "workloads/compiler/mapper.hpp"
#include "workloads/compiler/mapping_space.hpp"

#include <boost/describe.hpp>
#include <cstdint>
#include <utility>
#include <vector>

namespace quatrain::compiler {

/// What the search makes small, of one GEMM alone on an idle machine.
class MappingCost {
public:
    struct OfCode {
        double cost = 0;
        EventCounts events;
    };

    virtual ~MappingCost() = default;
    /// `worker`: a number below the search's threads; two calls at once have different ones.
    virtual OfCode of(const isa::Queues& code, std::size_t worker) const = 0;
    /// No code of a mapping with this work costs less. `same_gemm`: events of code of another
    /// mapping; those that are the same with all mappings count.
    virtual double least(const MappingWork& work, const EventCounts& same_gemm) const = 0;
};

/// What a search has looked at.
struct SearchCount {
    std::uint64_t gemms = 0;      ///< that are different work
    std::uint64_t mappings = 0;   ///< in their spaces
    std::uint64_t evaluated = 0;  ///< whose code was made and costed; the rest the bounds ruled out
    double cost = 0;              ///< of what was found, all of them together

    bool both_dataflows = false;              ///< are among the mappings
    std::uint64_t other_dataflow_chosen = 0;  ///< then: GEMMs
    /// Else: GEMMs that the other dataflow cannot map better, by its bounds, and what it could save
    /// at most of `cost` in the others.
    std::uint64_t other_dataflow_ruled_out = 0;
    double other_dataflow_saving = 0;
};

/// Which dataflows a search looks at: that which is usual for the pass, or both.
BOOST_DEFINE_ENUM_CLASS(DataflowChoice, pass, any)

/// The cheapest mapping of the whole space, by branch and bound: all mappings are costed, the
/// likely ones first, but those whose bound is not below the best cost so far by more than
/// `tolerance` of it: none is better than what is found by more than that.
/// First of equals: deterministic, and the same with any number of threads: they cost the
/// `at_once` likeliest of those that are left. The heuristic's mapping is the first that is costed:
/// a search is never worse.
///
/// The other dataflow of a pass rounds sums in other chunks (docs/numerics.md), so it is only taken
/// if asked for; otherwise whether it could be better is counted by its bounds.
class SearchMapper final : public Mapper {
public:
    static constexpr double tolerance = 1.0 / 256;
    static constexpr std::size_t at_once = 6;

    /// `threads` of the host.
    SearchMapper(const MappingCost& cost, int threads,
                 DataflowChoice dataflow = DataflowChoice::pass)
        : cost_(cost), threads_(threads) {
        count_.both_dataflows = dataflow == DataflowChoice::any;
    }

    ActivationMapping activation(const GemmShape& gemm, const Target& target,
                                 const Coder<ActivationMapping>& code) override;
    WeightGradientMapping weight_gradient(const GemmShape& gemm, const Target& target,
                                          const Coder<WeightGradientMapping>& code) override;

    const SearchCount& count() const { return count_; }

private:
    template <class Mapping>
    using Found = std::vector<std::pair<GemmShape, Mapping>>;

    /// `other`: the mappings of the other dataflow.
    template <class Mapping>
    Mapping search(const Mapping& first, std::vector<Candidate<Mapping>> space,
                   const std::vector<Candidate<Mapping>>& other, const Coder<Mapping>& code);
    template <class Mapping>
    void count_other_dataflow(const std::vector<Candidate<Mapping>>& other, double cost,
                              const EventCounts& events);

    const MappingCost& cost_;
    int threads_;
    SearchCount count_;
    Found<ActivationMapping> activations_;
    Found<WeightGradientMapping> weight_gradients_;
};

}  // namespace quatrain::compiler
