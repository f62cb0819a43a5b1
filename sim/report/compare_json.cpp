// SPDX-License-Identifier: Apache-2.0
#include "sim/report/compare_table.hpp"
#include "sim/report/energy_json.hpp"
#include "sim/report/json_text.hpp"
#include "sim/report/mapper_json.hpp"
#include "sim/report/version.hpp"

#include <fmt/format.h>
#include <boost/describe.hpp>
#include <boost/json.hpp>

namespace quatrain::report {
namespace {

namespace json = boost::json;
using run::ComparedStep;
using run::SpeedUps;
using run::TimeClass;

json::value optional(const auto& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

json::object machine_json(const ComparedStep& step) {
    const config::Architecture& machine = step.point.options.architecture;
    const mac_array::Params& array = machine.array;
    return {{"name", machine.name},
            {"cores", machine.cores},
            {"rows", array.rows},
            {"cols", array.cols},
            {"lanes_4bit", array.lanes_4bit},
            {"lanes_8bit", array.lanes_8bit},
            {"lanes_16bit", array.lanes_16bit},
            {"lanes_32bit", array.lanes_32bit},
            {"array_mm2", step.array_mm2},
            {"area_mm2", step.area_mm2.value},
            {"area_low_mm2", step.area_mm2.low},
            {"area_high_mm2", step.area_mm2.high}};
}

json::object mix_json(const run::PerPrecision<std::uint64_t>& macs) {
    json::object object;
    for (std::size_t i = 0; i < run::precision_count; ++i)
        object[fmt::format("macs_{}bit", 4 << i)] = macs[i];
    return object;
}

json::object time_json(const ComparedStep& step) {
    json::object object;
    for (std::size_t i = 0; i < run::time_class_count; ++i)
        object[run::name(static_cast<TimeClass>(i))] = step.time.cycles[i];
    return object;
}

json::object speed_up_json(const ComparedStep& step, const ComparedStep& base) {
    const SpeedUps s = run::speed_ups(step, base);
    return {{"published", optional(step.point.options.recipe.published_speed_up)},
            {"densities", s.densities},
            {"all_layers", s.all_layers},
            {"array", s.array},
            {"mapping", s.mapping},
            {"memory", s.memory},
            {"batch_norm", s.batch_norm},
            {"other", s.other},
            {"measured", s.measured}};
}

json::array sensitivity_json(const ComparedStep& step) {
    json::array all;
    for (const energy::Sensitivity& one : step.sensitivity)
        all.push_back({{"figure", one.figure},
                       {"energy_pj_at_low", exact_thousandths(one.low)},
                       {"energy_pj_at_high", exact_thousandths(one.high)}});
    return all;
}

json::object epoch_json(const ComparedStep& step) {
    const double steps = step.steps_per_epoch();
    const auto joules = [&](const energy::Breakdown& of_a_step) {
        return static_cast<double>(of_a_step.total()) * 1e-15 * steps;
    };
    return {{"images", step.point.dataset_images},   {"steps", steps},
            {"seconds", step.epoch_seconds()},       {"joules", joules(step.energy.value)},
            {"joules_low", joules(step.energy.low)}, {"joules_high", joules(step.energy.high)}};
}

json::object point_json(const ComparedStep& step, const ComparedStep& base) {
    const run::RunOptions& options = step.point.options;
    json::object object{{"label", step.point.label},
                        {"base", base.point.label},
                        {"network", options.network.name},
                        {"recipe", options.recipe.name},
                        {"technology", options.technology.name},
                        {"batch", options.batch},
                        {"mapper", mapper_json(options.mapping)},
                        {"machine", machine_json(step)},
                        {"on_a_line", step.on_a_line},
                        {"cycles", step.cycles},
                        {"seconds", step.seconds},
                        {"macs", step.macs},
                        {"gated_fraction", step.gated},
                        {"cycles_by_class", time_json(step)},
                        {"mix_inner_layers", mix_json(step.mix.inner)},
                        {"mix_first_and_last_layer", mix_json(step.mix.ends)}};
    insert_energy(step.energy, object);
    object["joules_per_image"] = step.joules_per_image();
    object["picojoules_per_mac"] =
        energy::picojoules(step.energy.value.total()) / static_cast<double>(step.macs);
    object["epoch"] = epoch_json(step);
    object["speed_up"] = speed_up_json(step, base);
    object["energy_ratio"] = base.joules_per_image() / step.joules_per_image();
    object["sensitivity"] = sensitivity_json(step);
    return object;
}

}  // namespace

std::string compare_json(std::span<const ComparedStep> steps,
                         const run::CompareSettings& settings) {
    json::array points;
    for (const ComparedStep& step : steps) points.push_back(point_json(step, steps[step.base]));
    return json_text(json::object{{"version", version()},
                                  {"command", "compare"},
                                  {"seed", settings.seed},
                                  {"iso", boost::describe::enum_to_string(settings.iso, "?")},
                                  {"scale_from", optional(settings.scale_from)},
                                  {"activity_batch", settings.activity_batch},
                                  {"points", std::move(points)}});
}

}  // namespace quatrain::report
