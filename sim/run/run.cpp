// SPDX-License-Identifier: Apache-2.0
#include "sim/run/run.hpp"

#include "sim/run/check.hpp"
#include "sim/run/dataset_choice.hpp"
#include "sim/run/fidelity.hpp"
#include "sim/run/mapping_cost.hpp"
#include "sim/run/rows.hpp"
#include "sim/run/simulate.hpp"
#include "sim/run/step_image.hpp"
#include "sim/run/target.hpp"
#include "sim/run/tensors.hpp"
#include "sim/run/timeline.hpp"
#include "workloads/compiler/heuristic_mapper.hpp"
#include "workloads/datasets/dataset.hpp"

#include <sys/resource.h>

#include <fmt/format.h>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

namespace quatrain::run {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::uint64_t peak_rss_bytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

/// A topology says how large its layers are, not what is in them: there is nothing to compute with.
void require_no_data(const RunOptions& options) {
    if (!options.network.topology) return;
    const auto refuse = [&](std::string_view what) {
        throw std::invalid_argument(
            fmt::format("network {}: a topology has shapes only: {}", options.network.name, what));
    };
    if (options.numerics) refuse("numerics must be off");
    if (options.dataset.kind != DatasetKind::synthetic || options.dataset.images)
        refuse("it takes no data set");
}

/// Compares with both references and writes what they say into the rows.
void check_numbers(const RunOptions& options, const compiler::Program& program,
                   const StepInputs& inputs, const TensorSource& source, Progress& progress,
                   RunResult& result) {
    const CheckResult checked = check(options, program.graph, inputs, source, progress);
    result.first_mismatches = checked.first_mismatches;
    for (const auto& [id, count] : checked.tensors) result.golden += count;
    add_golden(program, checked, result);
    if (!options.sqnr) return;
    progress.begin("FP64 reference", 1, "steps");
    add_fidelity(program,
                 fidelity(program.graph, golden_options(options, program.graph), inputs, source),
                 result);
    progress.end();
}

/// Of the host; 0 stands for all.
int threads_of(const RunOptions& options) {
    return options.threads > 0
               ? options.threads
               : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

compiler::Program compile_step(const RunOptions& options, compiler::SearchCount* count) {
    compiler::HeuristicMapper heuristic;
    const GemmCost cost(options.architecture, options.technology, options.mapping.objective,
                        threads_of(options));
    compiler::SearchMapper search(cost, threads_of(options), options.mapping.dataflow);
    const bool searches = options.mapping.mapper == MapperKind::search;
    compiler::PinnedMapper mapper(options.mapping.pinned,
                                  searches ? static_cast<compiler::Mapper&>(search) : heuristic);
    compiler::Program program = compiler::compile(
        training::build(options.network, options.recipe, options.batch, options.training,
                        {.cores = options.architecture.cores, .batch_norm = options.batch_norm}),
        compiler_target(options.architecture), mapper);
    mapper.require_all_used();
    if (count) *count = search.count();
    return program;
}

RunResult run(const RunOptions& requested, Progress& progress) {
    const auto start = std::chrono::steady_clock::now();
    RunOptions options = requested;
    options.threads = threads_of(options);
    if (!options.numerics) options.golden = Golden::off;

    require_no_data(options);
    const std::unique_ptr<datasets::Dataset> dataset = open_dataset(options);
    const compiler::Program program = compile_step(options);
    options.mapping.other_dataflow = compiler::other_dataflow(program);
    StepMemory memory(options.architecture, program, options.numerics);
    std::optional<StepInputs> inputs;
    if (options.numerics) {
        inputs.emplace(program.graph, dataset->train_batch(0, options.batch), options.seed);
        memory.load(*inputs);
    }

    const auto simulation_start = std::chrono::steady_clock::now();
    std::optional<TimelineRecorder> timeline;
    if (options.timeline && options.timing) timeline.emplace(options.architecture, program);
    const machine::MachineResult simulated =
        simulate(options, program, memory, progress, timeline ? &*timeline : nullptr);
    RunResult result = make_result(options, program, simulated);
    if (options.timing) add_predictions(options, program, result);
    if (timeline) result.timeline = timeline->take();
    if (dataset) result.dataset_images = dataset->size(datasets::Split::train);
    result.simulator.simulation_seconds = seconds_since(simulation_start);

    if (inputs && result.complete) {
        const TensorSource source = [&](std::int64_t core, training::TensorId id) {
            return memory.tensor(core, id);
        };
        add_numbers(program, *inputs, source, result);
        if (options.golden != Golden::off)
            check_numbers(options, program, *inputs, source, progress, result);
    }
    result.simulator.threads = options.threads;
    result.simulator.wall_seconds = seconds_since(start);
    result.simulator.peak_rss_bytes = peak_rss_bytes();
    return result;
}

}  // namespace quatrain::run
