// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/command.hpp"
#include "sim/config/architecture.hpp"
#include "sim/config/technology.hpp"
#include "sim/run/mapping_choice.hpp"
#include "sim/run/progress.hpp"
#include "sim/run/result.hpp"
#include "workloads/compiler/compiler.hpp"
#include "workloads/compiler/search_mapper.hpp"
#include "workloads/network/network.hpp"
#include "workloads/training/graph.hpp"
#include "workloads/training/parallel.hpp"
#include "workloads/training/recipe.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

namespace quatrain::run {

using training::most_images;  ///< of a batch

/// How much of the step is compared with the bit-exact reference.
enum class Golden : std::uint8_t {
    off,
    sample,  ///< a random sample of every tensor, drawn from the seed
    full,    ///< every element
};

/// Which views of the blocks the machine is built from. The results are the same.
enum class Fidelity : std::uint8_t {
    fast,     ///< function and timing: events
    clocked,  ///< the pin-level models, one clock edge at a time
};

enum class DatasetKind : std::uint8_t { synthetic, cifar10, mnist };

/// Where images and labels come from.
struct DatasetChoice {
    DatasetKind kind = DatasetKind::synthetic;
    std::string directory;  ///< cifar10, mnist: holds the files as their authors publish them
    std::optional<std::int64_t> images{};  ///< synthetic: to train with; absent: the usual number
};

/// One training step (or inference) of a network on a machine: everything that decides the result,
/// and `threads`.
struct RunOptions {
    network::Network network;
    config::Architecture architecture;
    training::Recipe recipe;
    config::Technology technology;
    DatasetChoice dataset;
    std::int64_t batch = 8;  ///< images in the step, of all cores together
    /// Over whose images batch norm takes mean and deviation; without effect on one core.
    training::BatchNormScope batch_norm = training::BatchNormScope::per_core;
    bool training = true;
    bool numerics = true;                ///< compute the numbers; false: timing and energy only
    bool timing = true;                  ///< count the cycles; false: numbers only
    Fidelity fidelity = Fidelity::fast;  ///< clocked needs numerics and timing
    std::string vcd_file;                ///< waveforms of a clocked run; empty: none
    std::string vcd_scope;               ///< the block that they show; empty: all
    bool timeline = false;               ///< keep every instruction of a timed run
    bool check_dram = true;              ///< hold every command to the DRAM against its standard
    /// Called for every command to the DRAM of a timed run, in order of cycle and channel.
    std::function<void(const dram::Command&)> dram_command;
    Golden golden = Golden::sample;  ///< off without numerics
    bool sqnr = true;                ///< compare with the FP64 step too; off without golden
    MappingChoice mapping{};
    std::uint64_t seed = 1;
    int threads = 0;  ///< host threads; 0: all. The result never depends on it
};

/// The machine made no progress, or a check inside the simulator failed: not the user's mistake.
struct InternalError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Builds the training-step graph and compiles it; `count`: receives what a search has looked at.
/// Throws std::invalid_argument, ParamError, CompileError.
compiler::Program compile_step(const RunOptions& options, compiler::SearchCount* count = nullptr);

/// Compiles, simulates, checks. Mismatches and numeric faults are results, not exceptions.
/// Throws what compile_step throws; std::invalid_argument for a topology with numerics or a data
/// set; std::runtime_error for a data set that cannot be read (one line
/// with file and rule); InternalError.
RunResult run(const RunOptions& options, Progress& progress);

}  // namespace quatrain::run
