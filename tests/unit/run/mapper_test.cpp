// SPDX-License-Identifier: Apache-2.0
// The mapper's promises: predictions are what the machine does, bounds are below costs, the search
// finds what trying everything finds, and no mapping changes a bit.
#include "sim/machine/forecast.hpp"
#include "sim/run/mapping_cost.hpp"
#include "sim/run/mapping_file.hpp"
#include "sim/run/step_image.hpp"
#include "sim/run/target.hpp"
#include "tests/unit/run/several_cores.hpp"
#include "workloads/compiler/heuristic_mapper.hpp"

#include <gtest/gtest.h>
#include <fstream>
#include <random>

namespace quatrain::run {
namespace {

using compiler::Candidate;
using compiler::GemmShape;
using compiler::OutputStationaryMapping;
using compiler::Target;
using compiler::WeightStationaryMapping;
using training::BatchNormScope;

RunOptions ideal(RunOptions options) {
    options.architecture.dram.ideal = true;
    options.golden = Golden::off;
    options.numerics = false;
    return options;
}

void expect_exact(const RunOptions& options, const std::string& what) {
    Silent silent;
    const RunResult result = run(options, silent);
    ASSERT_TRUE(result.predicted_cycles.has_value()) << what;
    EXPECT_EQ(*result.predicted_cycles, result.cycles) << what;
    for (const OperatorRow& row : result.operators)
        EXPECT_EQ(row.predicted_cycles, row.cycles) << what << ": " << row.name << " " << row.kind;
}

TEST(Prediction, IsExactWhereTheMemoryIsIdeal) {
    for (const std::string recipe : {"fp4-tpr", "fp16", "hfp8", "int4-fp32"})
        for (const MapperKind mapper : {MapperKind::heuristic, MapperKind::search}) {
            RunOptions options = ideal(testing::small_options(recipe));
            options.mapping.mapper = mapper;
            expect_exact(options, recipe);
            options.architecture.array.double_stationary = false;
            options.architecture.array.double_result = false;
            options.training = false;
            expect_exact(options, recipe + ", inference, single registers");
        }
}

TEST(Prediction, IsExactOnSeveralCores) {
    for (const BatchNormScope scope : {BatchNormScope::per_core, BatchNormScope::synchronised})
        for (const std::int64_t cores : {2, 3})
            expect_exact(ideal(testing::options_of_cores(cores, scope)),
                         std::to_string(cores) + " cores");
}

TEST(Prediction, IsThereWhereTheMemoryIsNotIdeal) {
    RunOptions options = ideal(testing::small_options());
    options.architecture.dram.ideal = false;
    Silent silent;
    const RunResult result = run(options, silent);
    EXPECT_GT(*result.predicted_cycles, result.cycles / 2);
    EXPECT_LT(*result.predicted_cycles, result.cycles * 2);
    options.timing = false;
    EXPECT_FALSE(run(options, silent).predicted_cycles.has_value());
}

// Counters that follow from instructions; not those of time, which a forecast leaves out.
TEST(Prediction, CountsTheEventsOfTheMachine) {
    const RunOptions options = ideal(testing::small_options());
    const compiler::Program program = compile_step(options);
    const auto queues = operator_queues(program);
    const auto predicted = machine::forecast(options.architecture, queues, {.count_events = true});
    machine::Settings settings;
    settings.numerics = false;
    StepMemory memory(options.architecture, program, false);
    const auto timed = machine::run_timed(options.architecture, queues, settings, memory.dram());
    for (std::size_t i = 0; i < event_count; ++i) {
        const auto event = static_cast<Event>(i);
        if (event_info(event).unit == "cycles") continue;
        EXPECT_EQ(predicted.events[event], timed.events[event]) << event_info(event).name;
    }
    EXPECT_GT(predicted.events[Event::moving_read_bits], 0U);
}

// The fast machine and the forecast both take costs of passes from what is known of others.
TEST(Prediction, TakesTheCostsOfPassesThatAreTheirs) {
    RunOptions options = testing::small_options();
    options.architecture.streamer.read_ports = 1;
    options.architecture.streamer.banks = 2;
    machine::PassCosts known(options.architecture);
    int passes = 0;
    for (const compiler::OperatorCode& code : compile_step(options).code) {
        isa::QueueCursor cursor(code.queues[static_cast<std::size_t>(isa::Engine::array)]);
        for (isa::Instruction one; cursor.next(one); ++passes) {
            const machine::PassCost looked_up = known(one);
            const machine::PassCost computed = machine::pass_cost(options.architecture, one);
            EXPECT_EQ(looked_up.preload_cycles, computed.preload_cycles);
            EXPECT_EQ(looked_up.stream_cycles, computed.stream_cycles);
            EXPECT_EQ(looked_up.stall_cycles, computed.stall_cycles);
            EXPECT_EQ(looked_up.conflict_cycles, computed.conflict_cycles);
            EXPECT_EQ(looked_up.moving_words, computed.moving_words);
            EXPECT_EQ(looked_up.stationary_words, computed.stationary_words);
        }
    }
    EXPECT_GT(passes, 50);
}

/// Costs the whole space of every GEMM, and takes the cheapest mapping.
class Everything final : public compiler::Mapper {
public:
    explicit Everything(const GemmCost& cost) : cost_(cost) {}

    WeightStationaryMapping weight_stationary(const GemmShape& gemm, const Target& target,
                                              const Coder<WeightStationaryMapping>& code) override {
        return best(gemm, target, compiler::weight_stationary_space(gemm, target), code);
    }
    OutputStationaryMapping output_stationary(const GemmShape& gemm, const Target& target,
                                              const Coder<OutputStationaryMapping>& code) override {
        return best(gemm, target, compiler::output_stationary_space(gemm, target), code);
    }
    std::vector<double> costs;  ///< of the cheapest, by GEMM
    std::size_t tried = 0, with_one_tile = 0;

private:
    template <class Mapping>
    Mapping best(const GemmShape& gemm, const Target& target,
                 const std::vector<Candidate<Mapping>>& space, const Coder<Mapping>& code) {
        const EventCounts events = cost_.of(code(space.back().mapping), 0).events;
        Mapping found;
        double least = std::numeric_limits<double>::infinity();
        for (const Candidate<Mapping>& one : space) {
            const compiler::TileHalves halves = compiler::tiles_of(gemm, target, one.mapping);
            if (halves.moving + halves.stationary > 2) ++with_one_tile;
            const double cost = cost_.of(code(one.mapping), 0).cost;
            EXPECT_LE(cost_.least(one.work, events), cost) << gemm.layer;
            if (cost < least) least = cost, found = one.mapping;
            ++tried;
        }
        costs.push_back(least);
        return found;
    }

    const GemmCost& cost_;
};

/// Asks the search, and costs what it says; beside it what the heuristic says.
class Searched final : public compiler::Mapper {
public:
    Searched(const GemmCost& cost, std::uint64_t most_evaluations)
        : cost_(cost), search_(cost, 1, most_evaluations) {}

    WeightStationaryMapping weight_stationary(const GemmShape& gemm, const Target& target,
                                              const Coder<WeightStationaryMapping>& code) override {
        return add(search_.weight_stationary(gemm, target, code),
                   heuristic_.weight_stationary(gemm, target, code), code);
    }
    OutputStationaryMapping output_stationary(const GemmShape& gemm, const Target& target,
                                              const Coder<OutputStationaryMapping>& code) override {
        return add(search_.output_stationary(gemm, target, code),
                   heuristic_.output_stationary(gemm, target, code), code);
    }
    std::vector<double> costs, of_heuristic;
    std::uint64_t cut_short() const { return search_.count().cut_short; }

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

/// Buffers so small that tiles are cut in every direction.
RunOptions cramped(MappingObjective objective, bool ideal_memory) {
    RunOptions options = testing::small_options();
    options.architecture.dram.ideal = ideal_memory;
    options.architecture.buffers.moving_bytes = 1024;
    options.architecture.buffers.stationary_bytes = 1024;
    options.architecture.buffers.accumulator_bytes = 2048;
    options.mapping.objective = objective;
    return options;
}

training::Graph graph_of(const RunOptions& options) {
    return testing::graph_of(options);
}

class Search : public ::testing::TestWithParam<std::tuple<MappingObjective, bool>> {};

TEST_P(Search, FindsWhatTryingEverythingFinds) {
    const auto [objective, ideal_memory] = GetParam();
    const RunOptions options = cramped(objective, ideal_memory);
    const GemmCost cost(options.architecture, options.technology, objective, 1);
    Everything everything(cost);
    Searched whole(cost, std::numeric_limits<std::uint64_t>::max());
    Searched usual(cost, compiler::SearchMapper::usual_evaluations);
    const Target target = compiler_target(options.architecture);
    for (compiler::Mapper* const mapper :
         std::initializer_list<compiler::Mapper*>{&everything, &whole, &usual})
        compiler::compile(graph_of(options), target, *mapper);
    EXPECT_GT(everything.tried, 500U);
    EXPECT_GT(everything.with_one_tile, 20U);
    EXPECT_EQ(whole.cut_short(), 0U);
    ASSERT_EQ(whole.costs.size(), everything.costs.size());
    double best = 0, found = 0, heuristic = 0;
    for (std::size_t i = 0; i < whole.costs.size(); ++i) {
        EXPECT_LE(whole.costs[i],
                  everything.costs[i] * (1 + 2 * compiler::SearchMapper::tolerance));
        EXPECT_LE(usual.costs[i], usual.of_heuristic[i]);
        best += everything.costs[i], found += usual.costs[i], heuristic += usual.of_heuristic[i];
    }
    EXPECT_LE(found, best * 1.03);
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

TEST(Bounds, HoldForSingleRegistersToo) {
    RunOptions options = cramped(MappingObjective::cycles, true);
    options.architecture.array.double_result = false;
    options.architecture.array.double_stationary = false;
    const GemmCost cost(options.architecture, options.technology, MappingObjective::cycles, 1);
    Everything everything(cost);  // expects every mapping's bound to hold
    compiler::compile(graph_of(options), compiler_target(options.architecture), everything);
    EXPECT_GT(everything.tried, 500U);
}

TEST(SearchInRounds, FindsTheSameWithAnyNumberOfThreads) {
    RunOptions options = cramped(MappingObjective::cycles, false);
    options.mapping.mapper = MapperKind::search;
    options.threads = 1;
    compiler::SearchCount of_one, of_three;
    const std::string found = mapping_yaml(compile_step(options, &of_one));
    options.threads = 3;
    EXPECT_EQ(mapping_yaml(compile_step(options, &of_three)), found);
    EXPECT_GT(of_one.evaluated, of_one.gemms);
    EXPECT_EQ(of_three.evaluated, of_one.evaluated);
}

/// Any mapping of the space.
class Anything final : public compiler::Mapper {
public:
    explicit Anything(std::uint32_t seed) : random_(seed) {}
    WeightStationaryMapping weight_stationary(const GemmShape& gemm, const Target& target,
                                              const Coder<WeightStationaryMapping>&) override {
        return any(compiler::weight_stationary_space(gemm, target));
    }
    OutputStationaryMapping output_stationary(const GemmShape& gemm, const Target& target,
                                              const Coder<OutputStationaryMapping>&) override {
        return any(compiler::output_stationary_space(gemm, target));
    }

private:
    template <class Mapping>
    Mapping any(const std::vector<Candidate<Mapping>>& space) {
        return space[random_() % space.size()].mapping;
    }
    std::mt19937 random_;
};

/// A file that is removed again.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& text)
        : path_(::testing::TempDir() + "mapping-" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".yaml") {
        std::ofstream(path_) << text;
    }
    ~TemporaryFile() { std::remove(path_.c_str()); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// On the fast machine, and through a file.
TEST(Mapping, ChangesNoBitAndIsWhatTheFileSays) {
    const RunOptions options = cramped(MappingObjective::cycles, false);
    const RunResult usual = [&] {
        Silent silent;
        return run(options, silent);
    }();
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
        Anything anything(seed);
        const std::string yaml = mapping_yaml(
            compiler::compile(graph_of(options), compiler_target(options.architecture), anything));
        RunOptions pinned = options;
        pinned.mapping.pinned = read_mappings(TemporaryFile(yaml).path());
        EXPECT_EQ(mapping_yaml(compile_step(pinned)), yaml);
        Silent silent;
        const RunResult result = run(pinned, silent);
        EXPECT_EQ(result.golden.mismatches, 0U) << yaml;
        EXPECT_EQ(result.golden.elements, usual.golden.elements);
        EXPECT_EQ(result.loss, usual.loss);
        EXPECT_NE(result.cycles, usual.cycles);
    }
}

TEST(Mapping, OfTilesWithoutDoubleBuffersIsTheSameOnTheClockedMachine) {
    RunOptions options = cramped(MappingObjective::cycles, false);
    options.batch = 1;
    Anything anything(3);
    options.mapping.pinned = read_mappings(
        TemporaryFile(mapping_yaml(compiler::compile(
                          graph_of(options), compiler_target(options.architecture), anything)))
            .path());
    Silent silent;
    const RunResult fast = run(options, silent);
    options.fidelity = Fidelity::clocked;
    const RunResult clocked = run(options, silent);
    EXPECT_EQ(clocked.cycles, fast.cycles);
    EXPECT_EQ(clocked.golden.mismatches, 0U);
}

std::string error_of(const std::string& line) {
    const TemporaryFile file("mappings:\n  - {" + line + "}\n");
    try {
        RunOptions options = cramped(MappingObjective::cycles, false);
        options.mapping.pinned = read_mappings(file.path());
        compile_step(options);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

TEST(Mapping, ThatCannotBeIsRefusedWithItsLine) {
    const auto expect = [](const std::string& line, const std::string& rule) {
        const std::string error = error_of(line);
        EXPECT_NE(error.find(".yaml:2"), std::string::npos) << error;
        EXPECT_NE(error.find(rule), std::string::npos) << error;
        EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    };
    const std::string conv = "layer: conv, pass: forward, ";
    const std::string weights = "layer: conv, pass: backward_weight, ";
    expect("layer: none, pass: forward, pixels: 9, columns: 4, k: 72, outer: weights",
           "layer none");
    expect(conv + "pixels: 9, columns: 4, k: 72, outer: pixels", "must be weights or activations");
    expect(conv + "pixels: 9, columns: 4, k: 72", "outer");
    expect(conv + "pixels: 9, columns: 4, k: 72, rows: 2, outer: weights", "rows");
    expect(conv + "pixels: 0, columns: 4, k: 72, outer: weights", "pixels");
    expect(conv + "pixels: 9, columns: 3, k: 72, outer: weights", "columns 3: must be 8");
    expect(conv + "pixels: 9, columns: 4, k: 70, outer: weights", "k 70: must be 72");
    expect(conv + "pixels: 9, columns: 4, k: 24, outer: weights", "outer weights: k 24 must be 72");
    expect(conv + "pixels: 100, columns: 4, k: 72, outer: weights", "pixels 100: must be 27");
    expect(conv + "pixels: 9, columns: 4, k: 72, phase: 1, outer: weights", "with phase 1");
    expect("layer: conv, pass: update, pixels: 1, columns: 1, k: 1, outer: weights",
           "must be one of forward, backward_data, backward_weight");
    expect(weights + "pixels: 15, rows: 6, columns: 4, channels: 8, outer: rows",
           "pixels 15: must be 27");
    expect(weights + "pixels: 27, rows: 5, columns: 4, channels: 8, outer: rows", "rows 5");
    expect(weights + "pixels: 27, rows: 6, columns: 4, channels: 3, outer: rows", "channels 3");
}

}  // namespace
}  // namespace quatrain::run
