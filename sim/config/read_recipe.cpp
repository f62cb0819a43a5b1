// SPDX-License-Identifier: Apache-2.0
#include "sim/config/reader.hpp"
#include "sim/config/strict_yaml.hpp"

#include <fmt/format.h>
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

// "layers" may list several patterns; each becomes a rule of its own.
void read_rule(StrictMap& map, std::vector<training::RecipeRule>& rules) {
    using enum Format;
    training::GemmFormats formats;
    formats.activation = read_format(map, "activation", {uint4, fp16, dlfloat16, bf16});
    formats.weight = read_format(map, "weight", {int4, fp16, dlfloat16, bf16});
    formats.gradient_data = read_format(map, "gradient_data", {fp4_r4, fp16, dlfloat16, bf16});
    formats.gradient_weight = read_format(map, "gradient_weight", {fp4_r4, fp16, dlfloat16, bf16});
    formats.two_phase = map.flag_or("two_phase", true);
    for (std::string& pattern : map.texts("layers")) rules.push_back({std::move(pattern), formats});
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
                                              {fp16, dlfloat16, bf16});
    recipe.gradient_format =
        read_format_or(root, "gradient_format", recipe.gradient_format, {fp16, dlfloat16, bf16});
    for (StrictMap& rule : root.list("rules")) read_rule(rule, recipe.rules);
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
