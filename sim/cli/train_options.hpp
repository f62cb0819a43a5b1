// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/cli/common_options.hpp"
#include "sim/run/train.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quatrain::cli {

/// The options of `train`, as text.
struct TrainArguments {
    CommonOptions common;
    std::string dataset = "synthetic";
    std::int64_t epochs = 1;
    std::optional<std::int64_t> steps;
    std::optional<double> learning_rate, momentum, weight_decay;  ///< absent: the recipe's
    std::string schedule = "constant";
    std::vector<std::int64_t> milestones;
    std::optional<double> factor, final_learning_rate;
    std::int64_t warm_up = 0;
    std::string augment = "auto";
    std::string timing = "sample", evaluate = "on", golden = "off", faults = "fail";
    std::string checkpoint, import_file, export_file, log, html;
    std::string tensors_file;
    std::vector<std::string> tensor_names{"*"};
    bool resume = false;
    std::uint64_t seed = 1;
    int threads = 0;
};

void add_train_options(CLI::App& command, TrainArguments& arguments);

/// Reads the files and presets that the options name. Throws one-line errors.
run::TrainOptions resolve(const TrainArguments& arguments);

}  // namespace quatrain::cli
