// SPDX-License-Identifier: Apache-2.0
#include "sim/report/json.hpp"

#include "sim/config/parameters.hpp"
#include "sim/report/dram_json.hpp"
#include "sim/report/energy_json.hpp"
#include "sim/report/json_text.hpp"
#include "sim/report/mapper_json.hpp"
#include "sim/report/run_table.hpp"
#include "sim/report/version.hpp"

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <string_view>

namespace quatrain::report {
namespace {

namespace json = boost::json;

json::value optional(const std::optional<double>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

template <class Variant>
json::value any_value(const Variant& value) {
    return std::visit([](const auto& content) { return json::value(content); }, value);
}

// "core.array.rows" becomes {"core": {"array": {"rows": ...}}}.
void insert(json::object& object, std::string_view path, json::value value) {
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) {
        object[path] = std::move(value);
        return;
    }
    json::value& inner = object[path.substr(0, dot)];
    if (!inner.is_object()) inner.emplace_object();
    insert(inner.get_object(), path.substr(dot + 1), std::move(value));
}

json::object architecture_json(config::Architecture architecture) {
    json::object object;
    for (const config::Parameter& parameter : config::parameters(architecture)) {
        insert(object, parameter.path, any_value(parameter.get()));
    }
    object["overlap_model"] = overlap_model(architecture.array);
    return object;
}

json::object recipe_json(const training::Recipe& recipe) {
    const auto format = [](numerics::Format value) { return std::string(numerics::name(value)); };
    json::array rules;
    for (const training::RecipeRule& rule : recipe.rules) {
        json::object object{{"layers", rule.pattern},
                            {"activation", format(rule.formats.activation)},
                            {"weight", format(rule.formats.weight)},
                            {"gradient_data", format(rule.formats.gradient_data)},
                            {"gradient_weight", format(rule.formats.gradient_weight)},
                            {"two_phase", rule.formats.two_phase}};
        if (rule.kernel) object["kernel"] = *rule.kernel;
        rules.push_back(std::move(object));
    }
    return {{"name", recipe.name},
            {"description", recipe.description},
            {"activation_format", format(recipe.activation_format)},
            {"gradient_format", format(recipe.gradient_format)},
            {"accumulator", recipe.accumulator},
            {"gradscale", boost::describe::enum_to_string(recipe.gradscale, "?")},
            {"threshold_factor", recipe.threshold_factor},
            {"rules", std::move(rules)},
            {"learning_rate", recipe.learning_rate},
            {"momentum", recipe.momentum},
            {"weight_decay", recipe.weight_decay},
            {"alpha_weight_decay", recipe.alpha_weight_decay},
            {"clip_weight_gradient", recipe.clip_weight_gradient},
            {"initial_alpha", recipe.initial_alpha},
            {"initial_gradscale_log2", recipe.initial_gradscale_log2},
            {"published_speed_up", optional(recipe.published_speed_up)}};
}

json::array sensitivity_json(const run::RunResult& result) {
    json::array array;
    for (const energy::Sensitivity& one : result.sensitivity) {
        array.push_back({{"figure", one.figure},
                         {"total_low_pj", exact_thousandths(one.low)},
                         {"total_high_pj", exact_thousandths(one.high)}});
    }
    return array;
}

json::object counters_json(const EventCounts& counts) {
    json::object object;
    for (std::size_t i = 0; i < event_count; ++i) {
        const auto event = static_cast<Event>(i);
        object[event_info(event).name] = counts[event];
    }
    return object;
}

json::object golden_json(const run::GoldenCount& golden) {
    return {{"elements", golden.elements}, {"mismatches", golden.mismatches}};
}

std::uint64_t zero_macs(const EventCounts& counts) {
    std::uint64_t sum = 0;
    for (const MacEvents& kind : mac_kinds()) sum += counts[kind.zero_macs];
    return sum;
}

// Of the engine that does the operator's work: the array for a GEMM, else the vector queue.
json::object stalls_json(const run::OperatorRow& row) {
    using enum Event;
    const EventCounts& counts = row.counts;
    if (row.macs > 0) {
        return {{"dram", counts[array_stall_dram_cycles]},
                {"buffer", counts[array_stall_buffer_cycles]},
                {"dependency", counts[array_stall_dependency_cycles]}};
    }
    return {{"dram", counts[vector_stall_dram_cycles]},
            {"buffer", counts[vector_stall_buffer_cycles]},
            {"dependency", counts[vector_stall_dependency_cycles]}};
}

json::array tensors_json(const run::OperatorRow& row) {
    json::array array;
    for (const run::TensorFidelity& tensor : row.tensors) {
        array.push_back({{"name", tensor.name},
                         {"sqnr_db", tensor.sqnr_db},
                         {"cosine", tensor.cosine},
                         {"bias", tensor.bias}});
    }
    return array;
}

json::object layer_json(const run::RunOptions& options, const run::OperatorRow& row) {
    const bool timed = options.timing;
    json::object object{{"name", row.name},
                        {"operator", row.kind},
                        {"pass", row.pass},
                        {"format", row.format},
                        {"shape", {{"m", row.m}, {"n", row.n}, {"k", row.k}}},
                        {"dataflow", row.dataflow},
                        {"tile", row.tile},
                        {"macs", row.macs},
                        {"zero_macs", zero_macs(row.counts)}};
    object["cycles"] = timed ? json::value(row.cycles) : nullptr;
    object["predicted_cycles"] =
        row.predicted_cycles ? json::value(*row.predicted_cycles) : nullptr;
    object["start_cycle"] = timed ? json::value(row.start_cycle) : nullptr;
    object["utilisation"] = timed ? json::value(row.utilisation) : nullptr;
    object["stalls"] = stalls_json(row);
    object["roofline"] = roofline_json(options.architecture, row);
    insert_energy(row.energy, object);
    object["dram_read_bytes"] = row.counts[Event::dram_read_bits] / 8;
    object["dram_write_bytes"] = row.counts[Event::dram_write_bits] / 8;
    object["golden"] = golden_json(row.golden);
    object["sqnr_db"] = optional(row.sqnr_db);
    object["cosine"] = optional(row.cosine);
    object["bias"] = optional(row.bias);
    object["tensors"] = tensors_json(row);
    object["counters"] = counters_json(row.counts);
    return object;
}

json::object totals_json(const run::RunResult& result, bool timed) {
    json::object object{{"macs", result.macs}};
    object["cycles"] = timed ? json::value(result.cycles) : nullptr;
    object["predicted_cycles"] =
        result.predicted_cycles ? json::value(*result.predicted_cycles) : nullptr;
    object["seconds"] = timed ? json::value(result.seconds) : nullptr;
    object["utilisation"] = timed ? json::value(result.utilisation) : nullptr;
    insert_energy(result.energy, object);
    object["energy_sensitivity"] = sensitivity_json(result);
    object["dram_read_bytes"] = result.counts[Event::dram_read_bits] / 8;
    object["dram_write_bytes"] = result.counts[Event::dram_write_bits] / 8;
    const std::optional<config::Band>& area = result.area_mm2;
    object["area_mm2"] = area ? json::value(area->value) : nullptr;
    object["area_low_mm2"] = area ? json::value(area->low) : nullptr;
    object["area_high_mm2"] = area ? json::value(area->high) : nullptr;
    object["loss"] = optional(result.loss);
    object["program_bytes"] = result.program_bytes;
    object["dram_image_bytes"] = result.dram_bytes;
    object["counters"] = counters_json(result.counts);
    return object;
}

json::array gradscale_json(const run::RunResult& result) {
    json::array array;
    for (const run::GradScaleRow& row : result.gradscale) {
        array.push_back({{"layer", row.layer},
                         {"log2_scale", row.log2_scale},
                         {"max_abs", row.max_abs},
                         {"vote", row.vote},
                         {"vote_sum", row.vote_sum},
                         {"underflow_fraction", row.underflow_fraction},
                         {"overflow_fraction", row.overflow_fraction}});
    }
    return array;
}

json::array mismatches_json(const run::RunResult& result) {
    json::array array;
    for (const run::Mismatch& mismatch : result.first_mismatches) {
        array.push_back({{"tensor", mismatch.tensor},
                         {"core", mismatch.core},
                         {"index", mismatch.index},
                         {"expected", mismatch.expected},
                         {"actual", mismatch.actual}});
    }
    return array;
}

json::object simulator_json(const run::RunResult& result) {
    const run::SimulatorFigures& figures = result.simulator;
    const auto rate = [&](std::uint64_t count) {
        return figures.simulation_seconds > 0
                   ? json::value(static_cast<double>(count) / figures.simulation_seconds)
                   : json::value(nullptr);
    };
    return {{"wall_seconds", figures.wall_seconds},
            {"simulation_seconds", figures.simulation_seconds},
            {"peak_rss_bytes", figures.peak_rss_bytes},
            {"cycles_per_second", rate(result.cycles)},
            {"macs_per_second", rate(result.macs)},
            {"threads", figures.threads}};
}

}  // namespace

std::string run_json(const run::RunOptions& options, const run::RunResult& result) {
    json::array layers;
    for (const run::OperatorRow& row : result.operators) {
        layers.push_back(layer_json(options, row));
    }
    json::object golden = golden_json(result.golden);
    golden["first_mismatches"] = mismatches_json(result);
    return json_text(json::object{
        {"version", version()},
        {"command", "run"},
        {"seed", options.seed},
        {"network",
         {{"name", options.network.name},
          {"parameters", result.parameters},
          {"macs_forward", result.macs_forward}}},
        {"architecture", architecture_json(options.architecture)},
        {"technology",
         {{"name", options.technology.name}, {"description", options.technology.description}}},
        {"recipe", recipe_json(options.recipe)},
        {"batch", options.batch},
        {"batch_norm", boost::describe::enum_to_string(options.batch_norm, "?")},
        {"mapper", mapper_json(options.mapping)},
        {"pass", options.training ? "training" : "inference"},
        {"complete", result.complete},
        {"totals", totals_json(result, options.timing)},
        {"layers", std::move(layers)},
        {"memory", dram_json(options, result)},
        {"golden", std::move(golden)},
        {"gradscale", gradscale_json(result)},
        {"numeric_faults",
         {{"nan", result.faults.nan},
          {"infinity", result.faults.infinity},
          {"saturated", result.faults.saturated}}},
        {"simulator", simulator_json(result)}});
}

std::string table_json(const std::string& command, const std::string& key, const Table& table) {
    json::array rows;
    for (const auto& row : table.rows()) {
        json::object object;
        for (std::size_t i = 0; i < row.size(); ++i)
            object[table.columns()[i].heading] = any_value(row[i].value);
        rows.push_back(std::move(object));
    }
    return json_text(
        json::object{{"version", version()}, {"command", command}, {key, std::move(rows)}});
}

}  // namespace quatrain::report
