// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/run.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quatrain::cli {

/// The options of `run`, `compile` and `train` that say what is built, as text.
struct CommonOptions {
    std::string network = "resnet20-cifar";
    std::string architecture = "edge-4bit";
    std::vector<std::string> overrides;
    std::string recipe = "fp4-tpr";
    std::optional<std::int64_t> batch;  ///< absent: what suits the network
    std::string pass = "training";
    std::string batch_norm = "per_core";
    std::string mapper = "heuristic", mapper_objective = "cycles", mapper_dataflow = "pass";
    std::string mapping;  ///< file; empty: none
    std::string json;
    bool quiet = false;
};

/// The values of --mapper.
extern const std::vector<std::string> mapper_names;

void add_common_options(CLI::App& command, CommonOptions& options);
/// --pass: not of `train`.
void add_pass_option(CLI::App& command, CommonOptions& options);

/// --mapper-objective and --mapper-dataflow: of `compare` too.
void add_search_options(CLI::App& command, std::string& objective, std::string& dataflow);

/// Reads the files and presets that the options name. Throws one-line errors.
run::RunOptions resolve(const CommonOptions& options);

/// The images that an option names. Throws UsageError.
run::DatasetChoice parse_dataset(const std::string& text);

/// --seed and --threads.
void add_host_options(CLI::App& command, std::uint64_t& seed, int& threads);

}  // namespace quatrain::cli
