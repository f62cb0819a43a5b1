// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/compare.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quatrain::cli {

/// The options of `compare` that say which points there are, as text.
struct PointArguments {
    std::vector<std::string> networks{"resnet20-cifar"}, architectures{"edge-4bit"},
        recipes{"fp4-tpr"}, mappers{"heuristic"};
    std::vector<std::int64_t> batches{256};
    std::vector<std::string> overrides, points;
    std::optional<std::int64_t> dataset_size;
    std::string pass = "training", batch_norm = "per_core", dataset = "synthetic",
                mapper_objective = "cycles", mapper_dataflow = "pass";
};

void add_point_options(CLI::App& command, PointArguments& arguments);

/// The points in the order of the report: by network, then batch, architecture, recipe, mapper; or
/// those that --point names. Throws one-line errors.
std::vector<run::ComparePoint> points_of(const PointArguments& arguments);

}  // namespace quatrain::cli
