// SPDX-License-Identifier: Apache-2.0
// The mapper's promises: predictions are what the machine does, and no mapping changes a bit.
#include "sim/machine/forecast.hpp"
#include "sim/run/mapping_file.hpp"
#include "sim/run/step_image.hpp"
#include "sim/run/target.hpp"
#include "tests/unit/run/cramped.hpp"
#include "workloads/compiler/mapping_space.hpp"
#include "workloads/compiler/search_mapper.hpp"

#include <gtest/gtest.h>
#include <fstream>
#include <optional>
#include <random>

namespace quatrain::run {
namespace {

using compiler::ActivationMapping;
using compiler::Candidate;
using compiler::Dataflow;
using compiler::GemmShape;
using compiler::Target;
using compiler::WeightGradientMapping;
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

/// Any mapping of the space of the usual dataflow, of the other one, or of both.
class Anything final : public compiler::Mapper {
public:
    enum class From : std::uint8_t { usual, other, both };
    explicit Anything(std::uint32_t seed, From from = From::usual) : random_(seed), from_(from) {}
    ActivationMapping activation(const GemmShape& gemm, const Target& target,
                                 const Coder<ActivationMapping>&) override {
        return any(compiler::activation_space(gemm, target),
                   compiler::activation_space(gemm, target, Dataflow::output_stationary));
    }
    WeightGradientMapping weight_gradient(const GemmShape& gemm, const Target& target,
                                          const Coder<WeightGradientMapping>&) override {
        return any(compiler::weight_gradient_space(gemm, target),
                   compiler::weight_gradient_space(gemm, target, Dataflow::weight_stationary));
    }

private:
    template <class Mapping>
    Mapping any(const std::vector<Candidate<Mapping>>& usual,
                const std::vector<Candidate<Mapping>>& other) {
        const bool takes_other =
            from_ == From::other || (from_ == From::both && random_() % 2 == 0);
        const auto& space = takes_other && !other.empty() ? other : usual;
        return space[random_() % space.size()].mapping;
    }
    std::mt19937 random_;
    From from_;
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
TEST(Mapping, OfTheUsualDataflowChangesNoBitAndIsWhatTheFileSays) {
    const RunOptions options = testing::cramped(MappingObjective::cycles, false);
    const RunResult usual = [&] {
        Silent silent;
        return run(options, silent);
    }();
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
        Anything anything(seed);
        const std::string yaml = mapping_yaml(compiler::compile(
            testing::graph_of(options), compiler_target(options.architecture), anything));
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

/// The step with every GEMM mapped in one way or another, through a file.
RunOptions pinned_to(RunOptions options, std::uint32_t seed, Anything::From from) {
    Anything anything(seed, from);
    const std::string yaml = mapping_yaml(compiler::compile(
        testing::graph_of(options), compiler_target(options.architecture), anything));
    options.mapping.pinned = read_mappings(TemporaryFile(yaml).path());
    EXPECT_EQ(mapping_yaml(compile_step(options)), yaml);
    return options;
}

// Bits depend on which GEMMs have it, not on tiles, and are the references'.
TEST(OtherDataflow, IsBitExactWithAnyTiles) {
    for (const std::string recipe : {"fp4-tpr", "fp16", "hfp8", "int4-fp32"}) {
        RunOptions options = testing::small_options(recipe);
        const config::Architecture roomy = options.architecture;
        options.architecture = testing::cramped(MappingObjective::cycles, false).architecture;
        options.architecture.array = roomy.array;
        Silent silent;
        const RunResult usual = run(options, silent);
        std::optional<float> loss;
        for (std::uint32_t seed = 1; seed <= 5; ++seed) {
            const RunOptions pinned = pinned_to(options, seed, Anything::From::other);
            const RunResult result = run(pinned, silent);
            EXPECT_EQ(result.golden.mismatches, 0U) << recipe << " " << seed;
            EXPECT_EQ(result.golden.elements, usual.golden.elements);
            EXPECT_EQ(result.loss, *(loss ? loss : loss = result.loss)) << recipe;
        }
        for (std::uint32_t seed = 6; seed <= 9; ++seed)
            EXPECT_EQ(run(pinned_to(options, seed, Anything::From::both), silent).golden.mismatches,
                      0U)
                << recipe << " " << seed;
    }
}

TEST(OtherDataflow, IsTakenForEveryGemmOfTheStep) {
    const RunOptions options =
        pinned_to(testing::cramped(MappingObjective::cycles, false), 1, Anything::From::other);
    const compiler::Program program = compile_step(options);
    std::size_t gemms = 0, phases = 0;
    for (const compiler::OperatorCode& code : program.code) {
        gemms += code.mappings.size();
        phases += code.mappings.size() > 1 ? 1 : 0;
        if (code.mappings.empty()) continue;
        EXPECT_EQ(code.dataflow, code.pass == training::Pass::backward_weight
                                     ? Dataflow::weight_stationary
                                     : Dataflow::output_stationary);
    }
    EXPECT_EQ(compiler::other_dataflow(program).size(), gemms);
    EXPECT_GT(phases, 0U);
}

TEST(OtherDataflow, IsTheSameOnTheClockedMachine) {
    RunOptions options = testing::cramped(MappingObjective::cycles, false);
    options.batch = 2;
    Silent silent;
    for (const std::uint32_t seed : {1U, 2U}) {
        RunOptions pinned = pinned_to(options, seed, Anything::From::both);
        const RunResult fast = run(pinned, silent);
        pinned.fidelity = Fidelity::clocked;
        const RunResult clocked = run(pinned, silent);
        EXPECT_EQ(clocked.cycles, fast.cycles);
        EXPECT_EQ(clocked.golden.mismatches, 0U);
    }
}

TEST(OtherDataflow, IsPredictedExactlyWhereTheMemoryIsIdeal) {
    for (std::uint32_t seed = 1; seed <= 4; ++seed)
        expect_exact(pinned_to(ideal(testing::cramped(MappingObjective::cycles, true)), seed,
                               Anything::From::both),
                     "seed " + std::to_string(seed));
}

TEST(OtherDataflow, IsChosenWhereAskedForAndBetter) {
    RunOptions options = testing::cramped(MappingObjective::cycles, false);
    options.mapping.mapper = MapperKind::search;
    compiler::SearchCount usual, any;
    EXPECT_TRUE(compiler::other_dataflow(compile_step(options, &usual)).empty());
    options.mapping.dataflow = compiler::DataflowChoice::any;
    EXPECT_FALSE(compiler::other_dataflow(compile_step(options, &any)).empty());
    EXPECT_GT(usual.other_dataflow_saving, 0);
    EXPECT_LT(any.cost, usual.cost);
    EXPECT_GE(any.cost * (1 + compiler::SearchMapper::tolerance),
              usual.cost - usual.other_dataflow_saving);
    EXPECT_GT(any.other_dataflow_chosen, 0U);
    EXPECT_LT(any.other_dataflow_chosen, any.gemms);
    Silent silent;
    EXPECT_EQ(run(options, silent).golden.mismatches, 0U);
}

TEST(Mapping, OfTilesWithoutDoubleBuffersIsTheSameOnTheClockedMachine) {
    RunOptions options = testing::cramped(MappingObjective::cycles, false);
    options.batch = 1;
    Anything anything(3);
    options.mapping.pinned =
        read_mappings(TemporaryFile(mapping_yaml(compiler::compile(
                                        testing::graph_of(options),
                                        compiler_target(options.architecture), anything)))
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
        RunOptions options = testing::cramped(MappingObjective::cycles, false);
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
    expect(conv + "pixels: 9, columns: 4, k: 72, outer: weights, dataflow: none",
           "must be weight_stationary or output_stationary");
    expect(conv + "pixels: 9, columns: 4, k: 24, outer: activations, dataflow: output_stationary",
           "k 24: must be 72, or a multiple of 16 below that");
    expect(weights +
               "pixels: 16, rows: 6, columns: 4, channels: 8, outer: rows, "
               "dataflow: weight_stationary",
           "pixels 16: must be 27, or a multiple of 9 below that");
}

}  // namespace
}  // namespace quatrain::run
