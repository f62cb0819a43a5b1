// SPDX-License-Identifier: Apache-2.0
#include "sim/report/train_json.hpp"

#include "sim/report/json_text.hpp"
#include "sim/report/mapper_json.hpp"
#include "sim/report/version.hpp"

#include <boost/describe.hpp>
#include <boost/json.hpp>

namespace quatrain::report {
namespace {

namespace json = boost::json;

json::value or_null(const std::optional<double>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

double fraction(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

json::array gradscale_json(const run::TrainResult& result, const run::EpochSums& sums) {
    json::array rows;
    for (std::size_t i = 0; i < result.layers.size(); ++i) {
        const run::GradientCounts& counts = sums.gradients[i];
        rows.push_back(
            json::object{{"layer", result.layers[i]},
                         {"log2_scale", counts.log2_scale},
                         {"max_abs", counts.max_abs},
                         {"underflow_fraction", fraction(counts.underflow, counts.elements)},
                         {"overflow_fraction", fraction(counts.overflow, counts.elements)}});
    }
    return rows;
}

json::array gated_json(const run::TimedSums& timed) {
    json::array rows;
    for (const auto& [key, macs] : timed.gated)
        rows.push_back(json::object{{"layer", key.first},
                                    {"pass", key.second},
                                    {"zero_fraction", fraction(macs.zero, macs.all)}});
    return rows;
}

json::value energy_json(const std::optional<run::Joules>& joules) {
    if (!joules) return nullptr;
    json::object object{{"total", joules->total()}};
    for (std::size_t i = 0; i < energy::component_count; ++i)
        object[energy::name(static_cast<energy::Component>(i))] = joules->value[i];
    object["low"] = joules->low;
    object["high"] = joules->high;
    return object;
}

json::object epoch_json(const run::TrainOptions& options, const run::TrainResult& result,
                        const run::EpochReport& epoch) {
    const std::optional<double> cycles = epoch.cycles();
    json::object object{
        {"epoch", epoch.epoch},
        {"complete", epoch.complete},
        {"steps", epoch.sums.steps},
        {"images", epoch.sums.images},
        {"learning_rate", epoch.learning_rate},
        {"loss", epoch.loss()},
        {"train_accuracy", epoch.accuracy()},
        {"test_loss", nullptr},
        {"test_accuracy", nullptr},
        {"accelerator_cycles", or_null(cycles)},
        {"accelerator_seconds", nullptr},
        {"energy_j", energy_json(epoch.energy())},
        {"timed_steps", epoch.sums.timed.steps},
        {"gradscale", gradscale_json(result, epoch.sums)},
        {"zero_fractions", gated_json(epoch.sums.timed)},
        {"numeric_faults",
         {{"nan", epoch.sums.faults.nan},
          {"infinity", epoch.sums.faults.infinity},
          {"saturated", epoch.sums.faults.saturated}}},
        {"gradient_odd_clipped", epoch.sums.odd_clipped},
        {"golden",
         {{"elements", epoch.sums.golden.elements}, {"mismatches", epoch.sums.golden.mismatches}}},
        {"simulator",
         {{"wall_seconds", epoch.wall_seconds}, {"images_per_second", epoch.images_per_second}}}};
    if (epoch.test) {
        object["test_loss"] = epoch.test->loss;
        object["test_accuracy"] = epoch.test->accuracy();
    }
    if (cycles)
        object["accelerator_seconds"] =
            *cycles * static_cast<double>(options.step.architecture.clock_period_ps) * 1e-12;
    return object;
}

json::object head_json(const run::TrainOptions& options, const run::TrainResult& result) {
    const training::Schedule& schedule = options.schedule;
    return {{"version", version()},
            {"command", "train"},
            {"network", options.step.network.name},
            {"architecture", options.step.architecture.name},
            {"recipe", options.step.recipe.name},
            {"technology", options.step.technology.name},
            {"batch", options.step.batch},
            {"mapper", mapper_json(options.step.mapping)},
            {"seed", options.step.seed},
            {"epochs_asked_for", options.epochs},
            {"steps_per_epoch", result.steps_per_epoch},
            {"schedule",
             {{"kind", boost::describe::enum_to_string(schedule.kind, "?")},
              {"learning_rate", schedule.learning_rate},
              {"milestones", json::value_from(schedule.milestones)},
              {"factor", schedule.factor},
              {"final_learning_rate", schedule.final_learning_rate},
              {"warm_up_epochs", schedule.warm_up_epochs}}},
            {"momentum", options.step.recipe.momentum},
            {"weight_decay", options.step.recipe.weight_decay},
            {"augmentation", options.augmentation.enabled},
            {"timing", boost::describe::enum_to_string(options.timing, "?")}};
}

}  // namespace

std::string train_head(const run::TrainOptions& options, const run::TrainResult& result) {
    return json::serialize(head_json(options, result));
}

std::string epoch_line(const run::TrainOptions& options, const run::TrainResult& result,
                       const run::EpochReport& epoch) {
    return json::serialize(epoch_json(options, result, epoch));
}

std::string train_json(const run::TrainOptions& options, const run::TrainResult& result) {
    json::object object = head_json(options, result);
    object["complete"] = result.complete;
    object["steps"] = result.steps;
    json::array epochs;
    for (const run::EpochReport& epoch : result.epochs)
        epochs.push_back(epoch_json(options, result, epoch));
    object["epochs"] = std::move(epochs);
    return json_text(object);
}

}  // namespace quatrain::report
