// SPDX-License-Identifier: Apache-2.0
// The speed of the simulator: one training step of a network on edge-4bit, one host thread.
// Times are CPU times of the process, so that a busy host disturbs them little.
//   Time, CPU: of the machine alone; of the whole run, compiling included
//   cycles/s:  simulated core cycles per CPU second of the machine alone
//   MAC/s:     the step's multiply-accumulates per CPU second, likewise
//   wall_s:    the whole run by the clock on the wall
//   peak_MiB:  the largest memory that the process has held so far; for one benchmark's own figure,
//              run it alone with --benchmark_filter
// fidelity: the same step by the machine of clocked views and by the machine of events, in turns
//   Time, CPU: of the clocked machine alone
//   rtl_cycles/s, fast_cycles/s: simulated core cycles per CPU second, and their ratio;
//   timing_only: the machine of events without numerics, which the clocked one has not
#include "sim/config/reader.hpp"
#include "sim/run/run.hpp"
#include "workloads/network/reader.hpp"

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <systemc>
#include <vector>

namespace quatrain::bench {
namespace {

struct Step {
    const char* network;
    std::int64_t batch;
    bool numerics;
    std::vector<std::string> overrides = {};  ///< of parameters of edge-4bit
};

run::RunOptions make_options(const Step& step) {
    run::RunOptions options;
    options.network = network::load(step.network);
    options.architecture = config::load_architecture("edge-4bit", step.overrides);
    options.recipe = config::load_recipe("fp4-tpr");
    options.technology = config::load_technology(options.architecture.technology);
    options.batch = step.batch;
    options.numerics = step.numerics;
    options.golden = run::Golden::off;
    options.threads = 1;
    options.check_dram = false;  // as the program does
    return options;
}

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Takes the CPU time of the phase "simulate".
class SimulationTimer final : public run::Progress {
public:
    void begin(std::string_view phase, std::uint64_t, std::string_view) override {
        simulating_ = phase == "simulate";
        start_ = cpu_seconds();
    }
    void update(std::uint64_t) override {}
    void end() override {
        if (simulating_) seconds_ = cpu_seconds() - start_;
    }
    bool stop_requested() const override { return false; }
    double seconds() const { return seconds_; }

private:
    bool simulating_ = false;
    double start_ = 0, seconds_ = 0;
};

void simulate(benchmark::State& state, const Step& step) {
    const run::RunOptions options = make_options(step);
    SimulationTimer timer;
    double simulation_seconds = 0, wall_seconds = 0;
    run::RunResult result;
    for ([[maybe_unused]] auto iteration : state) {
        result = run::run(options, timer);
        state.SetIterationTime(timer.seconds());
        simulation_seconds += timer.seconds();
        wall_seconds += result.simulator.wall_seconds;
    }
    const auto runs = static_cast<double>(state.iterations());
    state.counters["cycles"] = static_cast<double>(result.cycles);
    state.counters["cycles/s"] = runs * static_cast<double>(result.cycles) / simulation_seconds;
    state.counters["MAC/s"] = runs * static_cast<double>(result.macs) / simulation_seconds;
    state.counters["wall_s"] = wall_seconds / runs;
    state.counters["peak_MiB"] =
        static_cast<double>(result.simulator.peak_rss_bytes) / (1024.0 * 1024.0);
}

void compare_fidelities(benchmark::State& state, const Step& step) {
    constexpr int fast_runs = 10;  // one is over too soon to be timed well
    run::RunOptions options = make_options(step);
    SimulationTimer timer;
    const auto seconds = [&](run::Fidelity fidelity, bool numerics) {
        options.fidelity = fidelity;
        options.numerics = numerics;
        state.counters["cycles"] = static_cast<double>(run::run(options, timer).cycles);
        return timer.seconds();
    };
    double fast = 0, without_numerics = 0, clocked = 0;
    for ([[maybe_unused]] auto iteration : state) {
        for (int i = 0; i < fast_runs; ++i) {
            fast += seconds(run::Fidelity::fast, true) / fast_runs;
            without_numerics += seconds(run::Fidelity::fast, false) / fast_runs;
        }
        const double one = seconds(run::Fidelity::clocked, true);
        state.SetIterationTime(one);
        clocked += one;
    }
    const double cycles = state.counters["cycles"] * static_cast<double>(state.iterations());
    state.counters["rtl_cycles/s"] = cycles / clocked;
    state.counters["fast_cycles/s"] = cycles / fast;
    state.counters["ratio"] = clocked / fast;
    state.counters["timing_only_cycles/s"] = cycles / without_numerics;
    state.counters["timing_only_ratio"] = clocked / without_numerics;
}

void add_fidelities(const std::string& array, const std::vector<std::string>& overrides) {
    const Step step{"resnet20-cifar", 1, true, overrides};
    const auto run = [step](benchmark::State& state) { compare_fidelities(state, step); };
    benchmark::RegisterBenchmark(("fidelity/resnet20-cifar/batch1/" + array).c_str(), run)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}

void add(const Step& step) {
    const std::string name = std::string(step.network) + "/batch" + std::to_string(step.batch) +
                             (step.numerics ? "/numerics" : "/timing_only");
    benchmark::RegisterBenchmark(name.c_str(),
                                 [step](benchmark::State& state) { simulate(state, step); })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace quatrain::bench

int sc_main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    quatrain::bench::add({"resnet18", 1, false});
    quatrain::bench::add({"resnet50", 16, false});
    quatrain::bench::add({"resnet20-cifar", 8, true});
    quatrain::bench::add_fidelities("array32x32", {});
    quatrain::bench::add_fidelities("array8x8", {"core.array.rows=8", "core.array.cols=8"});
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}

int main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
