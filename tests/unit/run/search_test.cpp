// SPDX-License-Identifier: Apache-2.0
// The search's promises: bounds are below costs, and it finds what trying everything finds.
#include "sim/run/mapping_cost.hpp"
#include "sim/run/mapping_file.hpp"
#include "sim/run/target.hpp"
#include "tests/unit/run/cramped.hpp"
#include "workloads/compiler/heuristic_mapper.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace quatrain::run {
namespace {

using compiler::ActivationMapping;
using compiler::Candidate;
using compiler::Dataflow;
using compiler::GemmShape;
using compiler::Target;
using compiler::WeightGradientMapping;

/// Costs the whole space of every GEMM, with both dataflows, and takes the cheapest mapping.
class Everything final : public compiler::Mapper {
public:
    explicit Everything(const GemmCost& cost) : cost_(cost) {}

    ActivationMapping activation(const GemmShape& gemm, const Target& target,
                                 const Coder<ActivationMapping>& code) override {
        return best(gemm, target, compiler::activation_space(gemm, target),
                    compiler::activation_space(gemm, target, Dataflow::output_stationary), code);
    }
    WeightGradientMapping weight_gradient(const GemmShape& gemm, const Target& target,
                                          const Coder<WeightGradientMapping>& code) override {
        return best(gemm, target, compiler::weight_gradient_space(gemm, target),
                    compiler::weight_gradient_space(gemm, target, Dataflow::weight_stationary),
                    code);
    }
    std::vector<double> costs;  ///< of the cheapest, by GEMM
    std::size_t tried = 0, with_one_tile = 0, with_other_dataflow = 0, other_is_best = 0;
    double bounds_to_costs = 0, of_other_dataflow = 0;  ///< summed over what was tried

private:
    template <class Mapping>
    Mapping best(const GemmShape& gemm, const Target& target, std::vector<Candidate<Mapping>> space,
                 const std::vector<Candidate<Mapping>>& other, const Coder<Mapping>& code) {
        space.insert(space.end(), other.begin(), other.end());
        const EventCounts events = cost_.of(code(space.back().mapping), 0).events;
        Mapping found;
        double least = std::numeric_limits<double>::infinity();
        for (const Candidate<Mapping>& one : space) {
            const compiler::TileHalves halves = compiler::tiles_of(gemm, target, one.mapping);
            if (halves.moving + halves.stationary > 2) ++with_one_tile;
            const double cost = cost_.of(code(one.mapping), 0).cost;
            const double bound = cost_.least(one.work, events);
            EXPECT_LE(bound, cost) << gemm.layer;
            const bool usual = one.mapping.dataflow == Mapping::usual;
            (usual ? bounds_to_costs : of_other_dataflow) += bound / cost;
            with_other_dataflow += usual ? 0 : 1;
            if (cost < least) least = cost, found = one.mapping;
            ++tried;
        }
        costs.push_back(least);
        other_is_best += found.dataflow == Mapping::usual ? 0 : 1;
        return found;
    }

    const GemmCost& cost_;
};

/// Asks the search, and costs what it says; beside it what the heuristic says.
class Searched final : public compiler::Mapper {
public:
    explicit Searched(const GemmCost& cost)
        : cost_(cost), search_(cost, 1, compiler::DataflowChoice::any) {}

    ActivationMapping activation(const GemmShape& gemm, const Target& target,
                                 const Coder<ActivationMapping>& code) override {
        return add(search_.activation(gemm, target, code),
                   heuristic_.activation(gemm, target, code), code);
    }
    WeightGradientMapping weight_gradient(const GemmShape& gemm, const Target& target,
                                          const Coder<WeightGradientMapping>& code) override {
        return add(search_.weight_gradient(gemm, target, code),
                   heuristic_.weight_gradient(gemm, target, code), code);
    }
    std::vector<double> costs, of_heuristic;
    const compiler::SearchCount& count() const { return search_.count(); }

private:
    template <class Mapping>
    Mapping add(const Mapping& found, const Mapping& heuristic, const Coder<Mapping>& code) {
        costs.push_back(cost_.of(code(found), 0).cost);
        of_heuristic.push_back(cost_.of(code(heuristic), 0).cost);
        return found;
    }

    const GemmCost& cost_;
    compiler::SearchMapper search_;
    compiler::HeuristicMapper heuristic_;
};

class Search : public ::testing::TestWithParam<std::tuple<MappingObjective, bool>> {};

TEST_P(Search, FindsWhatTryingEverythingFinds) {
    const auto [objective, ideal_memory] = GetParam();
    const RunOptions options = testing::cramped(objective, ideal_memory);
    const GemmCost cost(options.architecture, options.technology, objective, 1);
    Everything everything(cost);
    Searched searched(cost);
    const Target target = compiler_target(options.architecture);
    for (compiler::Mapper* const mapper :
         std::initializer_list<compiler::Mapper*>{&everything, &searched})
        compiler::compile(testing::graph_of(options), target, *mapper);
    EXPECT_GT(everything.tried, 500U);
    EXPECT_GT(everything.with_one_tile, 20U);
    EXPECT_GT(everything.other_is_best, 0U);
    EXPECT_LT(everything.other_is_best, everything.costs.size());
    EXPECT_LT(searched.count().evaluated, searched.count().mappings / 2);
    ASSERT_EQ(searched.costs.size(), everything.costs.size());
    double found = 0, heuristic = 0;
    for (std::size_t i = 0; i < searched.costs.size(); ++i) {
        EXPECT_LE(searched.costs[i], everything.costs[i] / (1 - compiler::SearchMapper::tolerance));
        EXPECT_LE(searched.costs[i], searched.of_heuristic[i]);
        found += searched.costs[i], heuristic += searched.of_heuristic[i];
    }
    EXPECT_LT(found, heuristic);
}

INSTANTIATE_TEST_SUITE_P(
    Objectives, Search,
    ::testing::Combine(::testing::Values(MappingObjective::cycles, MappingObjective::energy,
                                         MappingObjective::edp),
                       ::testing::Bool()),
    [](const auto& instance) {
        return std::string(boost::describe::enum_to_string(std::get<0>(instance.param), "?")) +
               (std::get<1>(instance.param) ? "_ideal" : "_dram");
    });

/// A machine for which bounds must hold.
struct Machine {
    const char* name;
    void (*change)(config::Architecture& architecture);
    double near = 0.7;  ///< of the costs, what the bounds come to at least
};

void narrow_words(config::Architecture& architecture) {
    architecture.streamer.word_bytes = architecture.buffers.word_bytes = 4;
}

class Bounds : public ::testing::TestWithParam<Machine> {};

TEST_P(Bounds, AreNotAboveAnyCostAndNearMany) {
    RunOptions options = testing::cramped(MappingObjective::cycles, true);
    GetParam().change(options.architecture);
    for (const MappingObjective objective : {MappingObjective::cycles, MappingObjective::energy}) {
        const GemmCost cost(options.architecture, options.technology, objective, 1);
        Everything everything(cost);  // expects every mapping's bound to hold
        compiler::compile(testing::graph_of(options), compiler_target(options.architecture),
                          everything);
        const std::size_t other = everything.with_other_dataflow;
        const std::size_t usual = everything.tried - other;
        EXPECT_GT(usual, 500U);
        EXPECT_GT(other, 500U);
        EXPECT_GT(everything.bounds_to_costs / static_cast<double>(usual), GetParam().near);
        EXPECT_GT(everything.of_other_dataflow / static_cast<double>(other), GetParam().near / 2);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Machines, Bounds,
    ::testing::Values(Machine{"ideal_memory", [](config::Architecture&) {}},
                      Machine{"dram", [](config::Architecture& one) { one.dram.ideal = false; }},
                      Machine{"single_registers",
                              [](config::Architecture& one) {
                                  one.array.double_result = one.array.double_stationary = false;
                              }},
                      Machine{"narrow_words", narrow_words},
                      Machine{"bank_conflicts",
                              [](config::Architecture& one) {
                                  narrow_words(one);
                                  one.streamer.read_ports = 3;
                                  one.streamer.banks = one.buffers.banks = 2;
                              }},
                      Machine{"scratchpad",
                              [](config::Architecture& one) {
                                  one.dram.ideal = false;
                                  one.scratchpad.bytes = 1 << 20;
                              },
                              0.4},  // without the energy of the DRAM
                      Machine{"one_short_burst_at_a_time",
                              [](config::Architecture& one) {
                                  one.dram.ideal = false;
                                  one.dma.burst_bytes = 16;
                                  one.dma.outstanding = 1;
                              }}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(SearchInRounds, FindsTheSameWithAnyNumberOfThreads) {
    RunOptions options = testing::cramped(MappingObjective::cycles, false);
    options.mapping.mapper = MapperKind::search;
    options.threads = 1;
    compiler::SearchCount of_one, of_three;
    const std::string found = mapping_yaml(compile_step(options, &of_one));
    options.threads = 3;
    EXPECT_EQ(mapping_yaml(compile_step(options, &of_three)), found);
    EXPECT_GT(of_one.evaluated, of_one.gemms);
    EXPECT_EQ(of_three.evaluated, of_one.evaluated);
}

}  // namespace
}  // namespace quatrain::run
