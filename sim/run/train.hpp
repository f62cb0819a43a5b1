// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/epoch_sums.hpp"
#include "sim/run/evaluation.hpp"
#include "sim/run/progress.hpp"
#include "sim/run/run.hpp"
#include "workloads/datasets/augment.hpp"
#include "workloads/training/schedule.hpp"

#include <boost/describe.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace quatrain::run {

/// What the cycles and energies of an epoch are taken from.
enum class TrainTiming : std::uint8_t {
    off,     ///< none
    sample,  ///< its first step, with the data of that step
    every,   ///< each of its steps
};
BOOST_DESCRIBE_ENUM(TrainTiming, off, sample, every)

/// A training run: everything that decides its result, and where it is kept.
struct TrainOptions {
    RunOptions step;  ///< network, machine, recipe, technology, data set, batch, seed, threads,
                      ///< golden; `training`, `numerics` and `timing` are not looked at
    std::int64_t epochs = 1;
    std::optional<std::int64_t> steps{};  ///< stop after as many, though epochs are left
    training::Schedule schedule;          ///< in place of the recipe's learning rate
    datasets::Augmentation augmentation;
    TrainTiming timing = TrainTiming::sample;
    bool evaluate = true;                ///< on the test images, after every epoch
    std::string checkpoint_directory{};  ///< written to after every epoch; empty: none
    bool resume = false;                 ///< go on from what lies there
    std::string import_file{};           ///< weights to start from (import_weights()); empty: none
    std::string export_file{};           ///< where the weights go in the end; empty: nowhere
    /// Where tensors of the last step go (export_tensors()), and the patterns of their names;
    /// empty: nowhere.
    std::string tensors_file{};
    std::vector<std::string> tensor_names{"*"};
};

/// One epoch, or what an interrupt or the limit of steps left of it.
struct EpochReport {
    std::int64_t epoch = 0;  ///< from 1
    bool complete = true;
    double learning_rate = 0;  ///< of its last step
    EpochSums sums;
    std::optional<TestNumbers> test;
    double wall_seconds = 0;  ///< of the host, for the steps that this process did
    double images_per_second = 0;

    double loss() const { return sums.loss / static_cast<double>(sums.steps); }
    double accuracy() const {
        return static_cast<double>(sums.correct) / static_cast<double>(sums.images);
    }
    /// Cycles of the epoch's steps, of which some were timed; nothing when none was.
    std::optional<double> cycles() const;
    /// Likewise their energy [J].
    std::optional<Joules> energy() const;
};

struct TrainResult {
    std::vector<EpochReport> epochs;  ///< that this process took part in
    std::vector<std::string> layers;  ///< of EpochSums::gradients
    std::int64_t steps_per_epoch = 0;
    std::int64_t steps = 0;  ///< done since the start of the run
    bool complete = true;    ///< false: interrupted
    std::uint64_t mismatches() const;
    NumericFaults faults() const;
};

/// Steps of an epoch: those that its images fill. Throws std::invalid_argument when the training
/// images are fewer than a batch.
std::int64_t steps_per_epoch(std::int64_t images, std::int64_t batch);

/// Trains. The numbers are computed by the host and are, to the bit, the machine's; every step that
/// is timed is executed by the machine itself, cycle by cycle, and compared with the host's.
/// `on_epoch` is called after every epoch. An interrupt is obeyed between two steps; where there is
/// a checkpoint directory, the run can be gone on with from there, and has the same numbers in the
/// end. Throws InternalError when host and machine differ, and what opening files and compiling
/// throw.
TrainResult train(const TrainOptions& options, Progress& progress,
                  const std::function<void(const TrainResult&, const EpochReport&)>& on_epoch);

}  // namespace quatrain::run
