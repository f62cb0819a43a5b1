// SPDX-License-Identifier: Apache-2.0
#include "sim/report/train_table.hpp"

#include "sim/report/table.hpp"

#include <fmt/format.h>
#include <boost/describe.hpp>

namespace quatrain::report {
namespace {

std::string percent(double fraction) {
    return fmt::format("{:.2f}", 100 * fraction);
}

double percentage(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

constexpr std::string_view row_format =
    "{:>7}  {:>9}  {:>8}  {:>9}  {:>8}  {:>8}  {:>8}  {:>16}  {:>10}\n";

std::string row(std::string_view epoch, std::string_view rate, std::string_view loss,
                std::string_view train, std::string_view test_loss, std::string_view test,
                std::string_view images, std::string_view seconds, std::string_view energy) {
    return fmt::format(fmt::runtime(row_format), epoch, rate, loss, train, test_loss, test, images,
                       seconds, energy);
}

std::string gradient_table(const run::TrainResult& result, const run::EpochSums& sums) {
    if (result.layers.empty()) return "";
    Table table({{"GradScale", Align::left},
                 {"log2 scale"},
                 {"max |scaled|"},
                 {"underflow [%]"},
                 {"overflow [%]"}});
    for (std::size_t i = 0; i < result.layers.size(); ++i) {
        const run::GradientCounts& counts = sums.gradients[i];
        table.add({result.layers[i],
                   plain(counts.log2_scale),
                   {fmt::format("{:.4g}", counts.max_abs), counts.max_abs},
                   fmt::format("{:.2f}", percentage(counts.underflow, counts.elements)),
                   fmt::format("{:.2f}", percentage(counts.overflow, counts.elements))});
    }
    return "\n" + table.text();
}

std::string energy_table(const run::EpochReport& epoch) {
    const std::optional<run::Joules> joules = epoch.energy();
    if (!joules) return "";
    const double total = joules->total();
    Table table({{"energy of an epoch", Align::left}, {"[J]"}, {"share [%]"}});
    for (std::size_t i = 0; i < energy::component_count; ++i)
        table.add({std::string(energy::name(static_cast<energy::Component>(i))),
                   fmt::format("{:.4g}", joules->value[i]),
                   fmt::format("{:.1f}", 100 * joules->value[i] / total)});
    table.rule();
    table.add({"total", fmt::format("{:.4g}", total), "100.0"});
    return "\n" + table.text() +
           fmt::format("total {:.4g} J [{:.4g} .. {:.4g}], from {} timed of {} steps\n", total,
                       joules->low, joules->high, epoch.sums.timed.steps, epoch.sums.steps);
}

}  // namespace

std::string train_intro(const run::TrainOptions& options) {
    const run::RunOptions& step = options.step;
    return fmt::format("{} with {} on {}, batch {}, seed {}; {} from {}, {} epochs\n\n",
                       step.network.name, step.recipe.name, step.architecture.name, step.batch,
                       step.seed, boost::describe::enum_to_string(options.schedule.kind, "?"),
                       options.schedule.learning_rate, options.epochs) +
           row("epoch", "rate", "loss", "train [%]", "loss", "test [%]", "images/s",
               "accelerator [s]", "energy [J]");
}

std::string epoch_row(const run::TrainOptions& options, const run::TrainResult&,
                      const run::EpochReport& epoch) {
    const std::optional<double> cycles = epoch.cycles();
    const std::optional<run::Joules> joules = epoch.energy();
    const double period = static_cast<double>(options.step.architecture.clock_period_ps) * 1e-12;
    return row(fmt::format("{}/{}{}", epoch.epoch, options.epochs, epoch.complete ? "" : "*"),
               fmt::format("{:.4g}", epoch.learning_rate), fmt::format("{:.4f}", epoch.loss()),
               percent(epoch.accuracy()),
               epoch.test ? fmt::format("{:.4f}", epoch.test->loss) : "-",
               epoch.test ? percent(epoch.test->accuracy()) : "-",
               fmt::format("{:.1f}", epoch.images_per_second),
               cycles ? fmt::format("{:.4g}", *cycles * period) : "-",
               joules ? fmt::format("{:.4g}", joules->total()) : "-");
}

std::string train_summary(const run::TrainOptions& options, const run::TrainResult& result) {
    if (result.epochs.empty())
        return fmt::format("nothing left to do: {} steps are done\n", result.steps);
    const run::EpochReport& last = result.epochs.back();
    std::string text = last.complete ? "" : "* not the whole epoch\n";
    text += gradient_table(result, last.sums) + energy_table(last);
    const run::NumericFaults faults = result.faults();
    text += fmt::format("\nsteps: {}; numeric faults: {} NaN, {} infinity, {} saturated\n",
                        result.steps, faults.nan, faults.infinity, faults.saturated);
    if (options.step.golden == run::Golden::off) return text;
    std::uint64_t elements = 0;
    for (const run::EpochReport& epoch : result.epochs) elements += epoch.sums.golden.elements;
    return text + fmt::format("golden reference: {} elements, {} mismatches{}\n", elements,
                              result.mismatches(), result.mismatches() == 0 ? ": bit-exact" : "");
}

}  // namespace quatrain::report
