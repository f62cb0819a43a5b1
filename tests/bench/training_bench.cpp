// SPDX-License-Identifier: Apache-2.0
// The speed of training: steps of 128 images of 32 x 32 on edge-4bit, executed by the host.
//   Time:             of a step by the clock on the wall; CPU: of all threads
//   images/s:         by the clock on the wall
//   images/CPU_s:     by the CPU time of all threads, which a busy host disturbs little
//   instructions:     that the host executes for a step
//   other counters:   the share of the step [%] that operators of a kind take, by the wall
// The number of threads is the benchmark's argument.
#include "sim/config/reader.hpp"
#include "sim/run/dataset_choice.hpp"
#include "sim/run/training_machine.hpp"
#include "workloads/network/reader.hpp"

#include <benchmark/benchmark.h>
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>
#include <numeric>
#include <string>
#include <systemc>
#include <thread>
#include <vector>

namespace quatrain::bench {
namespace {

run::RunOptions make_options(const char* network, const char* recipe, int threads) {
    run::RunOptions options;
    options.network = network::load(network);
    options.recipe = config::load_recipe(recipe);
    std::vector<std::string> overrides{"core.array.lanes_32bit=1"};
    if (!options.recipe.accumulator.empty())
        overrides.push_back("core.array.accumulator=" + options.recipe.accumulator);
    options.architecture = config::load_architecture("edge-4bit", overrides);
    options.technology = config::load_technology(options.architecture.technology);
    options.batch = 128;
    options.threads = threads;
    return options;
}

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Percent of the time by kind of operator: "convolution backward_weight", ...
std::map<std::string, double> shares(const compiler::Program& program,
                                     const std::vector<double>& seconds) {
    std::map<std::string, double> result;
    const double total = std::accumulate(seconds.begin(), seconds.end(), 0.0);
    for (std::size_t i = 0; i < seconds.size(); ++i)
        result[program.code[i].kind] += 100 * seconds[i] / total;
    return result;
}

void train(benchmark::State& state, const char* network, const char* recipe) {
    const run::RunOptions options = make_options(network, recipe, static_cast<int>(state.range(0)));
    const auto dataset = run::open_dataset(options);
    const datasets::Batch batch = dataset->train_batch(0, options.batch);
    run::TrainingMachine machine(options);
    machine.step(batch, 0.1);  // memory is there, scales have begun to move
    std::vector<double> seconds(machine.program().code.size());
    const double start = cpu_seconds();
    for ([[maybe_unused]] auto iteration : state) machine.step(batch, 0.1, seconds);
    const double images = static_cast<double>(state.iterations() * options.batch);
    state.counters["images/CPU_s"] = images / (cpu_seconds() - start);
    state.counters["images/s"] = benchmark::Counter(images, benchmark::Counter::kIsRate);
    state.counters["instructions"] = static_cast<double>(machine.instructions());
    for (const auto& [kind, share] : shares(machine.program(), seconds))
        if (share >= 1) state.counters[kind] = share;
}

void add_benchmarks() {
    const int all = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    for (const char* network : {"resnet20-cifar", "resnet18-cifar"})
        for (const char* recipe : {"fp4-tpr", "fp32"}) {
            const std::string name = std::string(network) + " " + recipe;
            auto* one = benchmark::RegisterBenchmark(
                name.c_str(),
                [network, recipe](benchmark::State& state) { train(state, network, recipe); });
            one->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();
            one->Arg(1);
            if (all > 1) one->Arg(all);
        }
}

}  // namespace
}  // namespace quatrain::bench

int sc_main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    quatrain::bench::add_benchmarks();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

int main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
