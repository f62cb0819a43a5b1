// SPDX-License-Identifier: Apache-2.0
#include "sim/run/mapping_file.hpp"

#include "sim/config/strict_yaml.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <limits>

namespace quatrain::run {
namespace {

using compiler::ActivationMapping;
using compiler::Dataflow;
using compiler::WeightGradientMapping;
using training::Pass;

std::string_view key_of(Dataflow dataflow) {
    return dataflow == Dataflow::weight_stationary ? "weight_stationary" : "output_stationary";
}

/// Written where it is not the usual one.
template <class Mapping>
std::string dataflow_text(const Mapping& mapping) {
    return mapping.dataflow == Mapping::usual
               ? ""
               : fmt::format(", dataflow: {}", key_of(mapping.dataflow));
}

constexpr std::array gemm_passes{Pass::forward, Pass::backward_data, Pass::backward_weight};

Pass read_pass(config::StrictMap& map) {
    const std::string text = map.text("pass");
    const auto* const found =
        std::ranges::find_if(gemm_passes, [&](Pass pass) { return training::name(pass) == text; });
    if (found == gemm_passes.end())
        map.reject("pass", "must be one of forward, backward_data, backward_weight");
    return *found;
}

/// Which of two loops is the outer one.
bool is_outer(config::StrictMap& map, std::string_view one, std::string_view other) {
    const std::string text = map.text("outer");
    if (text != one && text != other)
        map.reject("outer", fmt::format("must be {} or {}", one, other));
    return text == one;
}

Dataflow read_dataflow(config::StrictMap& map, Dataflow usual) {
    const std::string text = map.text_or("dataflow", std::string(key_of(usual)));
    for (const Dataflow one : {Dataflow::weight_stationary, Dataflow::output_stationary})
        if (text == key_of(one)) return one;
    map.reject("dataflow", "must be weight_stationary or output_stationary");
}

compiler::PinnedMapping read_mapping(config::StrictMap& map, const std::string& path) {
    const auto size = [&](const std::string& key) {
        return map.integer(key, 1, std::numeric_limits<std::int32_t>::max());
    };
    compiler::PinnedMapping pinned;
    pinned.gemm.layer = map.text("layer");
    pinned.where = fmt::format("{}:{}", path, map.line("layer"));
    pinned.gemm.pass = read_pass(map);
    pinned.gemm.phase = map.integer_or("phase", 0, 0, std::numeric_limits<std::int32_t>::max());
    if (pinned.gemm.pass == Pass::backward_weight) {
        pinned.mapping =
            WeightGradientMapping{.pixels = size("pixels"),
                                  .rows = size("rows"),
                                  .columns = size("columns"),
                                  .channels = size("channels"),
                                  .columns_outer = is_outer(map, "columns", "rows"),
                                  .dataflow = read_dataflow(map, WeightGradientMapping::usual)};
    } else {
        pinned.mapping =
            ActivationMapping{.pixels = size("pixels"),
                              .columns = size("columns"),
                              .k = size("k"),
                              .weights_outer = is_outer(map, "weights", "activations"),
                              .dataflow = read_dataflow(map, ActivationMapping::usual)};
    }
    map.finish();
    return pinned;
}

std::string text_of(const ActivationMapping& mapping) {
    return fmt::format("pixels: {}, columns: {}, k: {}, outer: {}{}", mapping.pixels,
                       mapping.columns, mapping.k,
                       mapping.weights_outer ? "weights" : "activations", dataflow_text(mapping));
}
std::string text_of(const WeightGradientMapping& mapping) {
    return fmt::format("pixels: {}, rows: {}, columns: {}, channels: {}, outer: {}{}",
                       mapping.pixels, mapping.rows, mapping.columns, mapping.channels,
                       mapping.columns_outer ? "columns" : "rows", dataflow_text(mapping));
}

}  // namespace

std::vector<compiler::PinnedMapping> read_mappings(const std::string& path) {
    const config::Source source = config::read_source(path);
    config::StrictMap top(source.label, "", config::parse_yaml(source));
    std::vector<compiler::PinnedMapping> mappings;
    for (config::StrictMap& one : top.list("mappings")) {
        mappings.push_back(read_mapping(one, path));
        const auto same = [&](const compiler::PinnedMapping& other) {
            return other.gemm == mappings.back().gemm;
        };
        if (std::ranges::count_if(mappings, same) > 1)
            one.reject("layer", "has a mapping for this pass and phase already");
    }
    top.finish();
    return mappings;
}

std::string mapping_yaml(const compiler::Program& program) {
    std::string text = "mappings:\n";
    for (const compiler::OperatorCode& code : program.code)
        for (std::size_t phase = 0; phase < code.mappings.size(); ++phase)
            text += fmt::format(
                "  - {{layer: {}, pass: {}, phase: {}, {}}}\n", code.name,
                training::name(code.pass), phase,
                std::visit([](const auto& one) { return text_of(one); }, code.mappings[phase]));
    return text;
}

}  // namespace quatrain::run
