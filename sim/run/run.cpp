// SPDX-License-Identifier: Apache-2.0
#include "sim/run/run.hpp"

#include "sim/machine/machine.hpp"
#include "sim/run/check.hpp"
#include "sim/run/fidelity.hpp"
#include "sim/run/rows.hpp"
#include "sim/run/step_image.hpp"
#include "sim/run/tensors.hpp"
#include "sim/run/timeline.hpp"
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
    if (options.dataset.kind != DatasetKind::synthetic) refuse("it takes no data set");
}

/// Null for a topology, which has no images.
std::unique_ptr<datasets::Dataset> open_dataset(const RunOptions& options) {
    if (options.network.topology) return nullptr;
    static constexpr std::string_view kinds[] = {"synthetic", "cifar10:", "mnist:"};
    const std::string spec = std::string(kinds[static_cast<std::size_t>(options.dataset.kind)]) +
                             options.dataset.directory;
    const network::Extent& input = options.network.input();
    return datasets::open(spec, input.height, input.width, input.channels,
                          options.network.classes(), options.seed);
}

/// One core with its share of the DRAM: of its bytes, and of its bandwidth, which all cores ask for
/// at once.
compiler::Target target(const config::Architecture& architecture) {
    dram::Capability dram =
        dram::capability(architecture.memory, architecture.dram, architecture.clock_period_ps);
    dram.capacity_bytes = config::dram_share_bytes(architecture);
    dram.peak_millibytes_per_cycle =
        std::max<std::int64_t>(1, dram.peak_millibytes_per_cycle / architecture.cores);
    return {.cores = architecture.cores,
            .array = architecture.array,
            .streamer = architecture.streamer,
            .buffers = architecture.buffers,
            .scaling_unit = architecture.scaling_unit,
            .vector_unit = architecture.vector_unit,
            .dma = architecture.dma,
            .dram = dram,
            .scratchpad_bytes = config::scratchpad_share_bytes(architecture)};
}

machine::MachineResult simulate(const RunOptions& options, const compiler::Program& program,
                                dram::DramImage& dram, scratchpad::ScratchpadImage& scratchpad,
                                Progress& progress, TimelineRecorder* timeline) {
    const std::vector<machine::OperatorQueues> queues = operator_queues(program);
    machine::Settings settings{.numerics = options.numerics,
                               .threads = options.threads,
                               .progress =
                                   [&](std::size_t done, std::int64_t) {
                                       progress.update(done);
                                       return !progress.stop_requested();
                                   },
                               .record = {},
                               .waveform = {.path = options.vcd_file, .scope = options.vcd_scope},
                               .check_dram = options.check_dram,
                               .dram_command = options.dram_command};
    if (timeline)
        settings.record = [&](const machine::InstructionRecord& one) { timeline->add(one); };
    progress.begin("simulate", program.code.size(), "operators");
    try {
        const machine::MachineParams& params = options.architecture;
        const auto execute = !options.timing                         ? machine::run_untimed
                             : options.fidelity == Fidelity::clocked ? machine::run_clocked
                                                                     : machine::run_timed;
        machine::MachineResult result = execute(params, queues, settings, dram, &scratchpad);
        progress.end();
        return result;
    } catch (const machine::DeadlockError& error) {
        throw InternalError(error.what());
    } catch (const machine::HazardError& error) {
        throw InternalError(error.what());
    } catch (const dram::ConstraintError& error) {
        throw InternalError(error.what());
    } catch (const std::out_of_range& error) {
        throw InternalError(error.what());
    }
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

}  // namespace

compiler::Program compile_step(const RunOptions& options) {
    return compiler::compile(
        training::build(options.network, options.recipe, options.batch, options.training,
                        {.cores = options.architecture.cores, .batch_norm = options.batch_norm}),
        target(options.architecture));
}

RunResult run(const RunOptions& requested, Progress& progress) {
    const auto start = std::chrono::steady_clock::now();
    RunOptions options = requested;
    if (options.threads <= 0)
        options.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    if (!options.numerics) options.golden = Golden::off;

    require_no_data(options);
    const std::unique_ptr<datasets::Dataset> dataset = open_dataset(options);
    const compiler::Program program = compile_step(options);
    dram::DramImage dram(
        dram::capacity_bytes(options.architecture.memory, options.architecture.dram));
    scratchpad::ScratchpadImage scratchpad(options.numerics ? options.architecture.scratchpad.bytes
                                                            : 0);
    const std::int64_t share = config::dram_share_bytes(options.architecture);
    const std::int64_t scratchpad_share = config::scratchpad_share_bytes(options.architecture);
    std::optional<StepInputs> inputs;
    if (options.numerics) {
        inputs.emplace(program.graph, dataset->train_batch(0, options.batch), options.seed);
        for (std::int64_t core = 0; core < inputs->cores(); ++core)
            load_image(dram, program, inputs->of_core(core), core * share);
    }

    const auto simulation_start = std::chrono::steady_clock::now();
    std::optional<TimelineRecorder> timeline;
    if (options.timeline && options.timing) timeline.emplace(options.architecture, program);
    const machine::MachineResult simulated =
        simulate(options, program, dram, scratchpad, progress, timeline ? &*timeline : nullptr);
    RunResult result = make_result(options, program, simulated);
    if (timeline) result.timeline = timeline->take();
    if (dataset) result.dataset_images = dataset->size(datasets::Split::train);
    result.simulator.simulation_seconds = seconds_since(simulation_start);

    if (inputs && result.complete) {
        const TensorSource source = [&](std::int64_t core, training::TensorId id) {
            return read_tensor({dram, scratchpad, core * share, core * scratchpad_share}, program,
                               id);
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
