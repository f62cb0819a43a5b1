// SPDX-License-Identifier: Apache-2.0
#include "sim/config/error.hpp"
#include "sim/config/memory.hpp"
#include "sim/config/nearest.hpp"
#include "sim/config/parameters.hpp"
#include "sim/config/reader.hpp"
#include "sim/config/strict_yaml.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::config {
namespace {

Parameter* find(std::vector<Parameter>& all, const std::string& path) {
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const Parameter& parameter) { return parameter.path == path; });
    return found == all.end() ? nullptr : &*found;
}

std::string unknown_rule(const std::vector<Parameter>& all, const std::string& path) {
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const Parameter& parameter : all) names.push_back(parameter.path);
    return fmt::format("unknown key; near: {}", nearest_text(path, names));
}

// `where` begins the message: "machine.yaml:3" or "--set".
void apply(std::vector<Parameter>& all, const std::string& where, const std::string& path,
           const std::string& text) {
    const auto message = [&](std::string_view rule) {
        return fmt::format("{}: key '{}' = {}: {}", where, path, text, rule);
    };
    Parameter* parameter = find(all, path);
    if (parameter == nullptr) throw ConfigError(message(unknown_rule(all, path)));
    try {
        parameter->set(text);
    } catch (const ConfigError& error) {
        throw ConfigError(message(error.what()));
    }
}

void apply_override(std::vector<Parameter>& all, const std::string& assignment) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw ConfigError(
            fmt::format("--set: '{}': must be KEY=VALUE, as in core.array.rows=64", assignment));
    }
    apply(all, "--set", assignment.substr(0, equals), assignment.substr(equals + 1));
}

/// The rule that `check` throws, after the name of the parameters that it is about; empty when it
/// throws none.
template <class Check>
std::string broken_by(const std::string& prefix, Check&& check) {
    try {
        check();
        return "";
    } catch (const ParamError& error) {
        return prefix + error.what();
    }
}

/// Reads the memory that the machine names. Which rule the two break; empty when they keep all.
std::string broken_memory_rule(Architecture& architecture) {
    try {
        architecture.memory = load_memory(architecture.dram.memory);
    } catch (const ConfigError& error) {
        return fmt::format("dram.memory = {}: {}", architecture.dram.memory, error.what());
    }
    std::string broken =
        broken_by("dram.controller.", [&] { dram::validate(architecture.controller); });
    if (!broken.empty()) return broken;
    return broken_by("dram.", [&] {
        dram::validate(architecture.memory, architecture.dram, architecture.controller);
    });
}

/// Which rule between parameters the machine breaks; empty when it keeps all.
std::string broken_rule(Architecture& architecture) {
    for (const std::string& broken :
         {broken_by("core.array.", [&] { mac_array::validate(architecture.array); }),
          broken_by("core.buffers.",
                    [&] { buffer::validate(architecture.buffers, architecture.cores); }),
          broken_by("core.streamer.", [&] { operand_streamer::validate(architecture.streamer); }),
          broken_by("scratchpad.",
                    [&] { scratchpad::validate(architecture.scratchpad, architecture.cores); }),
          broken_memory_rule(architecture)})
        if (!broken.empty()) return broken;
    const operand_streamer::Params& streamer = architecture.streamer;
    const buffer::Params& buffers = architecture.buffers;
    if (streamer.banks != buffers.banks)
        return fmt::format("core.streamer.banks = {}: must equal core.buffers.banks, {}",
                           streamer.banks, buffers.banks);
    if (streamer.word_bytes != buffers.word_bytes)
        return fmt::format("core.streamer.word_bytes = {}: must equal core.buffers.word_bytes, {}",
                           streamer.word_bytes, buffers.word_bytes);
    return "";
}

}  // namespace

Architecture read_architecture(const Source& source, std::span<const std::string> overrides) {
    Architecture architecture;
    std::vector<Parameter> all = parameters(architecture);
    for (const Leaf& leaf : flatten(source)) {
        apply(all, fmt::format("{}:{}", source.label, leaf.line), leaf.path, leaf.text);
    }
    if (architecture.name.empty()) throw ConfigError(source.label + ":1: key 'name' is missing");
    const std::string broken_in_file = broken_rule(architecture);
    for (const std::string& assignment : overrides) apply_override(all, assignment);
    const std::string broken = broken_rule(architecture);
    if (broken.empty()) return architecture;
    // A rule that the file alone keeps was broken by an override.
    throw ConfigError(fmt::format(
        "{}: {}", broken_in_file.empty() ? std::string("--set") : source.label, broken));
}

Architecture load_architecture(const std::string& name_or_file,
                               std::span<const std::string> overrides) {
    return read_architecture(find_source("architectures", "architecture", name_or_file), overrides);
}

}  // namespace quatrain::config
