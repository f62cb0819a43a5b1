// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/train_options.hpp"

#include "sim/cli/exit_status.hpp"
#include "sim/cli/html_report.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/describe.hpp>
#include <map>

namespace quatrain::cli {
namespace {

constexpr std::int64_t usual_batch = 128;

void add_length_options(CLI::App& command, TrainArguments& arguments) {
    command
        .add_option("--dataset", arguments.dataset,
                    "images: synthetic, synthetic:N (N to train with, N/5 to test with), "
                    "cifar10:DIR or mnist:DIR, where DIR holds the files as published")
        ->type_name("DATASET")
        ->capture_default_str();
    command.add_option("--epochs", arguments.epochs, "of training, in all")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000}))
        ->type_name("N")
        ->capture_default_str();
    command
        .add_option("--steps", arguments.steps,
                    "stop after so many steps in all, though epochs are left")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    command
        .add_option("--augment", arguments.augment,
                    "random crop (4 pixels of padding) and flip: on, off, or auto: on for cifar10")
        ->check(CLI::IsMember({"on", "off", "auto"}))
        ->type_name("SWITCH")
        ->capture_default_str();
}

void add_optimiser_options(CLI::App& command, TrainArguments& arguments) {
    command.add_option("--lr", arguments.learning_rate, "learning rate; default: the recipe's")
        ->check(CLI::PositiveNumber)
        ->type_name("RATE");
    command
        .add_option("--schedule", arguments.schedule,
                    "of the learning rate: constant, step (times --lr-factor at each milestone) or "
                    "cosine (to --final-lr, step by step)")
        ->check(CLI::IsMember({"constant", "step", "cosine"}))
        ->type_name("KIND")
        ->capture_default_str();
    command
        .add_option("--milestones", arguments.milestones, "of the schedule step: epochs, as 81,122")
        ->delimiter(',')
        ->type_name("EPOCHS");
    command.add_option("--lr-factor", arguments.factor, "of the schedule step; default 0.1")
        ->type_name("FACTOR");
    command
        .add_option("--final-lr", arguments.final_learning_rate,
                    "of the schedule cosine; default 0")
        ->type_name("RATE");
    command
        .add_option("--warm-up", arguments.warm_up,
                    "epochs in which the learning rate rises along a straight line")
        ->check(CLI::NonNegativeNumber)
        ->type_name("EPOCHS")
        ->capture_default_str();
    command.add_option("--momentum", arguments.momentum, "default: the recipe's")
        ->check(CLI::Range(0.0, 1.0))
        ->type_name("FACTOR");
    command.add_option("--weight-decay", arguments.weight_decay, "default: the recipe's")
        ->check(CLI::NonNegativeNumber)
        ->type_name("FACTOR");
}

void add_check_options(CLI::App& command, TrainArguments& arguments) {
    command
        .add_option("--timing", arguments.timing,
                    "cycles and energy of an epoch: off, from its first step (sample), or from "
                    "each (every); a timed step is also compared with the host's, to the bit")
        ->check(CLI::IsMember({"off", "sample", "every"}))
        ->type_name("STEPS")
        ->capture_default_str();
    command
        .add_option("--evaluate", arguments.evaluate,
                    "on the test images after every epoch: on or off")
        ->check(CLI::IsMember({"on", "off"}))
        ->type_name("SWITCH")
        ->capture_default_str();
    command
        .add_option("--golden", arguments.golden,
                    "compare every step with the bit-exact reference: off, sample (of every "
                    "tensor) or full")
        ->check(CLI::IsMember({"off", "sample", "full"}))
        ->type_name("HOW_MUCH")
        ->capture_default_str();
    command
        .add_option("--faults", arguments.faults,
                    "a NaN or infinity in a quantiser: fail (exit status 1), or only report it")
        ->check(CLI::IsMember({"fail", "report"}))
        ->type_name("WHAT")
        ->capture_default_str();
}

void add_file_options(CLI::App& command, TrainArguments& arguments) {
    command
        .add_option("--checkpoint", arguments.checkpoint,
                    "folder that the state of the run is written to, after every epoch and on an "
                    "interrupt")
        ->type_name("DIR");
    command.add_flag("--resume", arguments.resume, "go on from what lies in --checkpoint");
    command.add_option("--import", arguments.import_file, "weights to start from, .safetensors")
        ->type_name("FILE");
    command
        .add_option("--export", arguments.export_file,
                    "write the weights in the end, .safetensors, as PyTorch names them")
        ->type_name("FILE");
    command
        .add_option("--tensors", arguments.tensors_file,
                    "write tensors of the last step in the end, .safetensors, as the step's page "
                    "names them")
        ->type_name("FILE");
    command
        .add_option("--tensor-names", arguments.tensor_names,
                    "of --tensors: which, as *.gradient_even,*.weight_gradient")
        ->delimiter(',')
        ->type_name("PATTERNS")
        ->capture_default_str();
    command
        .add_option("--log", arguments.log,
                    "a line of JSON for every epoch, written when it is done; - is standard output")
        ->type_name("FILE");
    add_html_option(command, arguments.html);
}

bool augments(const TrainArguments& arguments, const run::DatasetChoice& dataset) {
    if (arguments.augment == "auto") return dataset.kind == run::DatasetKind::cifar10;
    return arguments.augment == "on";
}

training::Schedule schedule_of(const TrainArguments& arguments, const training::Recipe& recipe) {
    training::Schedule schedule;
    boost::describe::enum_from_string(arguments.schedule.c_str(), schedule.kind);
    const auto only_of = [&](std::string_view option, bool given, std::string_view kind) {
        if (given && arguments.schedule != kind)
            throw UsageError(fmt::format("{}: needs --schedule {}", option, kind));
    };
    only_of("--milestones", !arguments.milestones.empty(), "step");
    only_of("--lr-factor", arguments.factor.has_value(), "step");
    only_of("--final-lr", arguments.final_learning_rate.has_value(), "cosine");
    if (arguments.schedule == "step" && arguments.milestones.empty())
        throw UsageError("--schedule step: needs --milestones");
    schedule.learning_rate = arguments.learning_rate.value_or(recipe.learning_rate);
    schedule.milestones = arguments.milestones;
    schedule.factor = arguments.factor.value_or(schedule.factor);
    schedule.final_learning_rate =
        arguments.final_learning_rate.value_or(schedule.final_learning_rate);
    schedule.warm_up_epochs = arguments.warm_up;
    training::validate(schedule, arguments.epochs);
    return schedule;
}

}  // namespace

void add_train_options(CLI::App& command, TrainArguments& arguments) {
    add_common_options(command, arguments.common);
    add_length_options(command, arguments);
    add_optimiser_options(command, arguments);
    add_check_options(command, arguments);
    add_file_options(command, arguments);
    add_host_options(command, arguments.seed, arguments.threads);
}

run::TrainOptions resolve(const TrainArguments& arguments) {
    if (arguments.resume && arguments.checkpoint.empty())
        throw UsageError("--resume: needs --checkpoint");
    run::TrainOptions options;
    options.step = resolve(arguments.common);
    if (options.step.network.topology)
        throw UsageError(fmt::format("--network {}: a topology has shapes only, and learns nothing",
                                     arguments.common.network));
    const std::int64_t cores = options.step.architecture.cores;
    if (!arguments.common.batch) options.step.batch = (usual_batch + cores - 1) / cores * cores;
    options.step.dataset = parse_dataset(arguments.dataset);
    const std::map<std::string, run::Golden> golden{
        {"off", run::Golden::off}, {"sample", run::Golden::sample}, {"full", run::Golden::full}};
    options.step.golden = golden.at(arguments.golden);
    options.step.seed = arguments.seed;
    options.step.threads = arguments.threads;
    training::Recipe& recipe = options.step.recipe;
    recipe.momentum = arguments.momentum.value_or(recipe.momentum);
    recipe.weight_decay = arguments.weight_decay.value_or(recipe.weight_decay);
    options.epochs = arguments.epochs;
    options.steps = arguments.steps;
    options.schedule = schedule_of(arguments, recipe);
    options.augmentation.enabled = augments(arguments, options.step.dataset);
    boost::describe::enum_from_string(arguments.timing.c_str(), options.timing);
    options.evaluate = arguments.evaluate == "on";
    options.checkpoint_directory = arguments.checkpoint;
    options.resume = arguments.resume;
    options.import_file = arguments.import_file;
    options.export_file = arguments.export_file;
    options.tensors_file = arguments.tensors_file;
    options.tensor_names = arguments.tensor_names;
    return options;
}

}  // namespace quatrain::cli
