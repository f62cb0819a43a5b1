// SPDX-License-Identifier: Apache-2.0
#include "sim/run/train.hpp"

#include "sim/run/check.hpp"
#include "sim/run/checkpoint.hpp"
#include "sim/run/dataset_choice.hpp"
#include "sim/run/lasting_tensors.hpp"
#include "sim/run/tensors_file.hpp"
#include "sim/run/timed_step.hpp"
#include "sim/run/train_settings.hpp"
#include "sim/run/weights_file.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace quatrain::run {
namespace {

using Clock = std::chrono::steady_clock;

/// One training run in progress.
class Trainer {
public:
    Trainer(const TrainOptions& options, Progress& progress);

    TrainResult run(const std::function<void(const TrainResult&, const EpochReport&)>& on_epoch);

private:
    enum class StepEnd : std::uint8_t { done, interrupted };

    void start();
    void import_from_file();
    void resume();
    std::int64_t epoch_of(std::int64_t step) const { return step / result_.steps_per_epoch; }
    /// Steps of the whole run.
    std::int64_t last_step() const {
        const std::int64_t all = options_.epochs * result_.steps_per_epoch;
        return std::min(all, options_.steps.value_or(all));
    }
    bool is_last_step() const { return result_.steps >= last_step(); }
    std::uint64_t images(std::int64_t steps) const {
        return static_cast<std::uint64_t>(steps * options_.step.batch);
    }
    EpochReport epoch();
    StepEnd step();
    bool is_timed() const;
    void compare(const golden::Tensors& machine) const;
    void check_golden(const StepInputs& inputs, double rate);
    void save() const;
    void export_files() const;

    TrainOptions options_;
    Progress& progress_;
    std::unique_ptr<datasets::Dataset> dataset_;
    TrainingMachine machine_;
    std::optional<TimedMachine> timed_;
    std::optional<Evaluator> evaluator_;
    datasets::Batch batch_;
    EpochSums sums_;  ///< of the epoch in progress
    Settings settings_;
    TrainResult result_;
};

RunOptions step_options(const TrainOptions& options) {
    RunOptions step = options.step;
    step.training = step.numerics = step.timing = true;
    step.check_dram = false;
    step.recipe.learning_rate = options.schedule.learning_rate;
    if (step.threads <= 0)
        step.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    if (step.mapping.dataflow == compiler::DataflowChoice::any || !step.mapping.pinned.empty())
        step.mapping.other_dataflow = compiler::other_dataflow(compile_step(step));
    return step;
}

TrainOptions settled(const TrainOptions& options) {
    TrainOptions result = options;
    result.step = step_options(options);
    return result;
}

Trainer::Trainer(const TrainOptions& options, Progress& progress)
    : options_(settled(options)),
      progress_(progress),
      dataset_(open_dataset(options.step)),
      machine_(options_.step),
      settings_(train_settings(options_)) {
    training::validate(options_.schedule, options_.epochs);
    result_.layers = machine_.gradient_layers();
    result_.steps_per_epoch =
        steps_per_epoch(dataset_->size(datasets::Split::train), options_.step.batch);
    if (options_.timing != TrainTiming::off) timed_.emplace(options_.step);
    if (options_.evaluate) evaluator_.emplace(options_.step);
}

void Trainer::start() {
    if (!options_.tensors_file.empty()) matching_tensors(machine_.graph(), options_.tensor_names);
    if (!options_.import_file.empty()) import_from_file();
    if (options_.checkpoint_directory.empty()) return;
    std::filesystem::create_directories(options_.checkpoint_directory);
    if (options_.resume) return resume();
    const std::filesystem::path file = checkpoint_file(options_.checkpoint_directory);
    if (std::filesystem::exists(file))
        throw std::invalid_argument(fmt::format(
            "{}: is there already: go on from it, or take another folder", file.string()));
}

void Trainer::import_from_file() {
    golden::Tensors lasting = machine_.lasting();
    const training::Graph& graph = machine_.graph();
    for (auto& [name, tensor] : import_weights(options_.import_file, graph))
        for (std::int64_t core = 0; core < graph.cores; ++core)
            lasting.at(lasting_name(graph, name, core)) = tensor;
    machine_.load(lasting);
}

void Trainer::resume() {
    const Checkpoint checkpoint =
        load_checkpoint(options_.checkpoint_directory, machine_.graph(), settings_);
    machine_.load(checkpoint.tensors);
    result_.steps = checkpoint.position.steps;
    if (!checkpoint.sums.empty()) sums_ = from_texts(checkpoint.sums, result_.layers);
}

void Trainer::save() const {
    if (options_.checkpoint_directory.empty()) return;
    Checkpoint checkpoint;
    checkpoint.tensors = machine_.lasting();
    checkpoint.position = {
        .steps = result_.steps, .epoch = epoch_of(result_.steps), .seed = options_.step.seed};
    checkpoint.settings = settings_;
    if (sums_.steps > 0) checkpoint.sums = to_texts(sums_, result_.layers);
    save_checkpoint(options_.checkpoint_directory, machine_.graph(), checkpoint);
}

bool Trainer::is_timed() const {
    return options_.timing == TrainTiming::every ||
           (options_.timing == TrainTiming::sample && sums_.steps == 0);
}

/// The machine's own program and the host's have to make the same of every tensor.
void Trainer::compare(const golden::Tensors& machine) const {
    for (const auto& [name, tensor] : machine_.lasting())
        if (machine.at(name).codes != tensor.codes)
            throw InternalError(
                fmt::format("training step {}: tensor {}: the host's differs from the machine's",
                            result_.steps, name));
}

void Trainer::check_golden(const StepInputs& inputs, double rate) {
    RunOptions options = options_.step;
    options.recipe.learning_rate = rate;
    const auto source = [&](std::int64_t core, training::TensorId id) {
        return machine_.tensor(core, id);
    };
    Silent silent;
    const CheckResult checked = check(options, machine_.graph(), inputs, source, silent);
    for (const auto& [id, count] : checked.tensors) sums_.golden += count;
}

Trainer::StepEnd Trainer::step() {
    const RunOptions& options = options_.step;
    const double rate = training::learning_rate(options_.schedule, result_.steps,
                                                result_.steps_per_epoch, options_.epochs);
    dataset_->train_batch_into(result_.steps, options.batch, batch_);
    datasets::augment(batch_, dataset_->shape(), options_.augmentation, options.seed,
                      result_.steps * options.batch);
    std::optional<TimedStep> timed;
    std::optional<StepInputs> inputs;
    if (is_timed()) {
        Silent silent;
        timed = timed_->step(machine_.lasting(), batch_, rate, silent);
        sums_.timed.add(timed->result);
    }
    if (options.golden != Golden::off)
        inputs = step_inputs(machine_.graph(), machine_.lasting(), batch_, rate);
    sums_.add(machine_.step(batch_, rate), options.batch);
    if (timed) compare(timed->lasting);
    if (inputs) check_golden(*inputs, rate);
    ++result_.steps;
    return progress_.stop_requested() ? StepEnd::interrupted : StepEnd::done;
}

EpochReport Trainer::epoch() {
    const Clock::time_point start = Clock::now();
    const std::int64_t number = epoch_of(result_.steps);
    const std::int64_t before = sums_.images;
    progress_.begin(fmt::format("epoch {}/{}", number + 1, options_.epochs), images(last_step()),
                    "images");
    progress_.start_from(images(result_.steps));
    bool interrupted = false;
    while (!interrupted && epoch_of(result_.steps) == number && !is_last_step()) {
        interrupted = step() == StepEnd::interrupted;
        progress_.update(images(result_.steps));
    }
    progress_.end();
    EpochReport report;
    report.epoch = number + 1;
    report.complete = sums_.steps == result_.steps_per_epoch;
    report.wall_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    report.images_per_second = static_cast<double>(sums_.images - before) / report.wall_seconds;
    report.learning_rate = training::learning_rate(options_.schedule, result_.steps - 1,
                                                   result_.steps_per_epoch, options_.epochs);
    if (!interrupted && evaluator_)
        report.test = evaluator_->evaluate(machine_.lasting(), *dataset_, progress_);
    report.sums = sums_;
    if (report.complete) sums_ = {};
    return report;
}

TrainResult Trainer::run(
    const std::function<void(const TrainResult&, const EpochReport&)>& on_epoch) {
    start();
    if (!options_.tensors_file.empty() && is_last_step())
        throw std::invalid_argument(
            fmt::format("tensors {}: the run is complete: no step is left whose tensors there are",
                        options_.tensors_file));
    while (!is_last_step()) {
        result_.epochs.push_back(epoch());
        on_epoch(result_, result_.epochs.back());
        save();
        if (!progress_.stop_requested()) continue;
        result_.complete = is_last_step();
        break;
    }
    if (result_.complete) export_files();
    return result_;
}

void Trainer::export_files() const {
    const training::Graph& graph = machine_.graph();
    if (!options_.export_file.empty())
        export_weights(options_.export_file, graph, machine_.lasting(), result_.steps);
    if (options_.tensors_file.empty()) return;
    const auto source = [&](std::int64_t core, training::TensorId id) {
        return machine_.tensor(core, id);
    };
    export_tensors(options_.tensors_file, graph, matching_tensors(graph, options_.tensor_names),
                   source,
                   {{"network", graph.network.name},
                    {"recipe", graph.recipe.name},
                    {"steps", std::to_string(result_.steps)},
                    {"seed", std::to_string(options_.step.seed)}});
}

}  // namespace

std::optional<double> EpochReport::cycles() const {
    if (sums.timed.steps == 0) return std::nullopt;
    return static_cast<double>(sums.timed.cycles) * static_cast<double>(sums.steps) /
           static_cast<double>(sums.timed.steps);
}

std::optional<Joules> EpochReport::energy() const {
    if (sums.timed.steps == 0) return std::nullopt;
    const double factor = static_cast<double>(sums.steps) / static_cast<double>(sums.timed.steps);
    Joules joules = sums.timed.energy;
    for (double& component : joules.value) component *= factor;
    joules.low *= factor;
    joules.high *= factor;
    return joules;
}

std::uint64_t TrainResult::mismatches() const {
    std::uint64_t sum = 0;
    for (const EpochReport& epoch : epochs) sum += epoch.sums.golden.mismatches;
    return sum;
}

NumericFaults TrainResult::faults() const {
    NumericFaults sum;
    for (const EpochReport& epoch : epochs) {
        sum.nan += epoch.sums.faults.nan;
        sum.infinity += epoch.sums.faults.infinity;
        sum.saturated += epoch.sums.faults.saturated;
    }
    return sum;
}

std::int64_t steps_per_epoch(std::int64_t images, std::int64_t batch) {
    if (images < batch)
        throw std::invalid_argument(fmt::format(
            "batch = {}: must be at most the data set's {} training images", batch, images));
    return images / batch;
}

TrainResult train(const TrainOptions& options, Progress& progress,
                  const std::function<void(const TrainResult&, const EpochReport&)>& on_epoch) {
    return Trainer(options, progress).run(on_epoch);
}

}  // namespace quatrain::run
