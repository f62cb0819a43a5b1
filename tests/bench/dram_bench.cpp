// SPDX-License-Identifier: Apache-2.0
// DRAM bursts per second of the event-driven controller: a stream of row hits and random places,
// with and without the step that follows a stream at once, with and without the checker; and the
// clocked controller on the same requests, as the measure.
#include "rtl_models/dram/checker.hpp"
#include "rtl_models/dram/clocked_controller.hpp"
#include "rtl_models/dram/controller.hpp"
#include "rtl_models/dram/statistics.hpp"
#include "sim/config/memory.hpp"

#include <benchmark/benchmark.h>
#include <random>
#include <string>
#include <vector>

namespace quatrain::dram {
namespace {

constexpr std::size_t batch = 4096;

/// Places of `batch` bursts: one after the other through the rows of all bank groups, or anywhere.
std::vector<Location> places(const Standard& standard, bool random) {
    const Organisation& organisation = standard.organisation;
    std::mt19937_64 dice(1);
    const auto below = [&](std::int64_t bound) {
        return static_cast<std::int32_t>(dice() % static_cast<std::uint64_t>(bound));
    };
    std::vector<Location> all;
    Location at;
    for (std::size_t i = 0; i < batch; ++i) {
        if (random) {
            at = {.rank = 0,
                  .bank_group = below(organisation.bank_groups),
                  .bank = below(organisation.banks),
                  .row = below(organisation.rows),
                  .column = below(organisation.columns())};
        }
        all.push_back(at);
        if (++at.bank_group < organisation.bank_groups) continue;
        at.bank_group = 0;
        if (++at.column < organisation.columns()) continue;
        at.column = 0;
        at.row = static_cast<std::int32_t>((at.row + 1) % organisation.rows);
    }
    return all;
}

/// Counts a channel's commands, and checks them if asked to.
class Observers final : public CommandObserver {
public:
    Observers(const Standard& standard, bool check)
        : statistics_(standard, 1), checker_(standard, 1, Refresh::all_bank), check_(check) {}
    void issued(const Command& command) override {
        statistics_.issued(command);
        if (check_) checker_.issued(command);
    }

private:
    StatisticsObserver statistics_;
    Checker checker_;
    bool check_;
};

void fast(benchmark::State& state, const std::string& memory, bool random, bool streaming,
          bool check) {
    const Standard standard = config::load_memory(memory);
    const std::vector<Location> all = places(standard, random);
    Observers observers(standard, check);
    Controller controller(standard, 1, {}, 0, observers);
    controller.set_streaming(streaming);
    std::vector<Answer> answers;
    for (auto _ : state) {
        const std::int64_t now = controller.now();
        for (std::size_t i = 0; i < batch; ++i)
            controller.read({i, now + static_cast<std::int64_t>(i), all[i]});
        while (!controller.idle()) controller.advance(controller.now() + 64, answers);
        benchmark::DoNotOptimize(answers.data());
        answers.clear();
    }
    state.counters["bursts/s"] = benchmark::Counter(static_cast<double>(state.iterations() * batch),
                                                    benchmark::Counter::kIsRate);
}

void clocked(benchmark::State& state, const std::string& memory, bool random) {
    const Standard standard = config::load_memory(memory);
    const std::vector<Location> all = places(standard, random);
    Observers observers(standard, false);
    ClockedController controller(standard, 1, {}, 0, observers);
    for (auto _ : state) {
        std::size_t answered = 0;
        for (std::size_t i = 0; answered < batch; ++i) {
            if (i < batch) controller.push_read({i, all[i]});
            answered += controller.edge().size();
        }
    }
    state.counters["bursts/s"] = benchmark::Counter(static_cast<double>(state.iterations() * batch),
                                                    benchmark::Counter::kIsRate);
}

void add(const std::string& memory) {
    for (const bool random : {false, true}) {
        const std::string name = memory + (random ? "/random" : "/stream");
        benchmark::RegisterBenchmark((name + "/clocked").c_str(),
                                     [=](auto& state) { clocked(state, memory, random); });
        benchmark::RegisterBenchmark((name + "/burst_by_burst").c_str(), [=](auto& state) {
            fast(state, memory, random, false, false);
        });
        benchmark::RegisterBenchmark((name + "/fast").c_str(), [=](auto& state) {
            fast(state, memory, random, true, false);
        });
        benchmark::RegisterBenchmark((name + "/fast_checked").c_str(),
                                     [=](auto& state) { fast(state, memory, random, true, true); });
    }
}

}  // namespace
}  // namespace quatrain::dram

int main(int argc, char** argv) {
    for (const char* memory : {"ddr4-3200", "lpddr4-3200", "lpddr5-6400", "hbm2"})
        quatrain::dram::add(memory);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
