// SPDX-License-Identifier: Apache-2.0
#include "sim/config/reader.hpp"
#include "sim/config/strict_yaml.hpp"

#include "rtl_models/mac_array/timing.hpp"

#include <fmt/format.h>
#include <boost/describe.hpp>
#include <limits>
#include <optional>

namespace quatrain::config {
namespace {

using numerics::Format;

Format read_format(StrictMap& map, const std::string& key, std::initializer_list<Format> allowed) {
    const std::optional<Format> format = numerics::format_from_name(map.text(key));
    for (const Format candidate : allowed) {
        if (format == candidate) return candidate;
    }
    std::string names;
    for (const Format candidate : allowed) {
        names += (names.empty() ? "" : ", ") + std::string(numerics::name(candidate));
    }
    map.reject(key, fmt::format("must be one of {}", names));
}

Format read_format_or(StrictMap& map, const std::string& key, Format otherwise,
                      std::initializer_list<Format> allowed) {
    return map.has(key) ? read_format(map, key, allowed) : otherwise;
}

/// The text of `key`, which must be the name of an enumerator.
template <class Enumeration>
std::string enumerator(StrictMap& map, const std::string& key) {
    std::string value = map.text(key), names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enumeration>>(
        [&](auto one) { names += (names.empty() ? "" : ", ") + std::string(one.name); });
    Enumeration ignored{};
    if (!boost::describe::enum_from_string(value.c_str(), ignored))
        map.reject(key, "must be one of " + names);
    return value;
}

training::GemmFormats read_formats(StrictMap& map, const training::Recipe& recipe) {
    using enum Format;
    training::GemmFormats formats;
    formats.activation =
        read_format(map, "activation", {uint4, fp8_143, fp16, dlfloat16, bf16, fp32});
    formats.weight = read_format(map, "weight", {int4, fp8_143, fp16, dlfloat16, bf16, fp32});
    for (const auto& [key, format] : {std::pair{"gradient_data", &formats.gradient_data},
                                      std::pair{"gradient_weight", &formats.gradient_weight}})
        *format = read_format(map, key, {fp4_r4, fp8_152, fp16, dlfloat16, bf16, fp32});
    if (const auto problem = training::find_problem(formats, recipe))
        map.reject(problem->field, problem->rule);
    formats.two_phase = map.flag_or("two_phase", true);
    return formats;
}

// "layers" may list several patterns; each becomes a rule of its own.
void read_rule(StrictMap& map, training::Recipe& recipe) {
    const training::GemmFormats formats = read_formats(map, recipe);
    std::optional<std::int64_t> kernel;
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    if (map.has("kernel")) kernel = map.integer("kernel", 1, most);
    for (std::string& pattern : map.texts("layers"))
        recipe.rules.push_back({std::move(pattern), formats, kernel});
    map.finish();
}

void read_optimiser(StrictMap map, training::Recipe& recipe) {
    constexpr double most = std::numeric_limits<float>::max();
    recipe.learning_rate = map.number_or("learning_rate", recipe.learning_rate, 0, most);
    recipe.momentum = map.number_or("momentum", recipe.momentum, 0, 1);
    recipe.weight_decay = map.number_or("weight_decay", recipe.weight_decay, 0, most);
    recipe.alpha_weight_decay =
        map.number_or("alpha_weight_decay", recipe.alpha_weight_decay, 0, most);
    map.finish();
}

}  // namespace

training::Recipe read_recipe(const Source& source) {
    using enum Format;
    training::Recipe recipe;
    StrictMap root(source.label, "", parse_yaml(source));
    recipe.name = root.text("name");
    recipe.description = root.text_or("description", "");
    recipe.activation_format = read_format_or(root, "activation_format", recipe.activation_format,
                                              {fp16, dlfloat16, bf16, fp32});
    recipe.gradient_format = read_format_or(root, "gradient_format", recipe.gradient_format,
                                            {fp16, dlfloat16, bf16, fp32});
    if (root.has("accumulator"))
        recipe.accumulator = enumerator<mac_array::Accumulator>(root, "accumulator");
    if (root.has("gradscale"))
        boost::describe::enum_from_string(
            enumerator<training::GradScaleScope>(root, "gradscale").c_str(), recipe.gradscale);
    recipe.threshold_factor = root.number_or("threshold_factor", recipe.threshold_factor, 1, 4);
    if (root.has("published_speed_up"))
        recipe.published_speed_up = root.number("published_speed_up", 1e-3, 1e6);
    for (StrictMap& rule : root.list("rules")) read_rule(rule, recipe);
    if (recipe.rules.empty()) root.reject("rules", "must hold at least one rule");
    if (root.has("optimiser")) read_optimiser(root.map("optimiser"), recipe);
    recipe.clip_weight_gradient = root.flag_or("clip_weight_gradient", recipe.clip_weight_gradient);
    recipe.initial_alpha = root.number_or("initial_alpha", recipe.initial_alpha, 0, 1e30);
    // The numerics page clamps GradScale to 2^-24 .. 2^40.
    recipe.initial_gradscale_log2 = static_cast<int>(
        root.integer_or("initial_gradscale_log2", recipe.initial_gradscale_log2, -24, 40));
    root.finish();
    return recipe;
}

training::Recipe load_recipe(const std::string& name_or_file) {
    return read_recipe(find_source("recipes", "recipe", name_or_file));
}

}  // namespace quatrain::config
