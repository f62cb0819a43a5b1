// SPDX-License-Identifier: Apache-2.0
#include "sim/run/train_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/describe.hpp>
#include <utility>

namespace quatrain::run {
namespace {

class List {
public:
    template <class Value>
    void add(std::string name, Value&& value) {
        settings_.emplace_back(std::move(name), fmt::format("{}", std::forward<Value>(value)));
    }
    template <class Enum>
    void add_enum(std::string name, Enum value) {
        add(std::move(name), boost::describe::enum_to_string(value, "?"));
    }
    Settings take() { return std::move(settings_); }

private:
    Settings settings_;
};

std::string layer_text(const network::Network& network, const network::Node& node,
                       const training::GemmFormats& formats) {
    const network::Extent& output = node.output;
    std::string text =
        fmt::format("{} of {}, {} x {} x {}", network::name(node.kind),
                    fmt::join(node.inputs, " and "), output.height, output.width, output.channels);
    using enum network::NodeKind;
    if (node.kind == convolution || node.kind == max_pool)
        text += fmt::format(", kernel {}, stride {}, padding {}, dilation {}", node.kernel,
                            node.stride, node.padding, node.dilation);
    if (node.kind == fully_connected && node.bias) text += ", bias";
    if (node.kind == batch_norm)
        text += fmt::format(", epsilon {}, momentum {}", node.epsilon, node.momentum);
    if (network::is_gemm(node) && !network.topology)
        text += fmt::format(", {}, {}, {}, {}{}", numerics::name(formats.activation),
                            numerics::name(formats.weight), numerics::name(formats.gradient_data),
                            numerics::name(formats.gradient_weight),
                            formats.two_phase ? ", two phases" : "");
    return text;
}

void add_network(const RunOptions& options, List& list) {
    const network::Network& network = options.network;
    list.add("network", network.name);
    list.add("network.mean", fmt::join(network.mean, ", "));
    list.add("network.deviation", fmt::join(network.deviation, ", "));
    const auto formats = training::resolve(network, options.recipe);
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        list.add("layer " + network.nodes[i].name,
                 layer_text(network, network.nodes[i], formats[i]));
}

void add_recipe(const training::Recipe& recipe, List& list) {
    list.add("recipe", recipe.name);
    list.add("recipe.activation_format", numerics::name(recipe.activation_format));
    list.add("recipe.gradient_format", numerics::name(recipe.gradient_format));
    list.add_enum("recipe.gradscale", recipe.gradscale);
    list.add("recipe.threshold_factor", recipe.threshold_factor);
    list.add("recipe.momentum", recipe.momentum);
    list.add("recipe.weight_decay", recipe.weight_decay);
    list.add("recipe.alpha_weight_decay", recipe.alpha_weight_decay);
    list.add("recipe.clip_weight_gradient", recipe.clip_weight_gradient);
    list.add("recipe.initial_alpha", recipe.initial_alpha);
    list.add("recipe.initial_gradscale_log2", recipe.initial_gradscale_log2);
}

/// What the order of sums and their rounding depend on.
void add_arrays(const RunOptions& options, List& list) {
    const mac_array::Params& array = options.architecture.array;
    list.add("cores", options.architecture.cores);
    if (options.architecture.cores > 1) list.add_enum("batch_norm", options.batch_norm);
    list.add("core.array.rows", array.rows);
    list.add("core.array.lanes_4bit", array.lanes_4bit);
    list.add("core.array.lanes_8bit", array.lanes_8bit);
    list.add("core.array.lanes_16bit", array.lanes_16bit);
    list.add("core.array.lanes_32bit", array.lanes_32bit);
    list.add("core.array.chunk", array.chunk);
    list.add_enum("core.array.accumulator", array.accumulator);
    for (const compiler::GemmId& one : options.mapping.other_dataflow)
        list.add(fmt::format("layer {} {} {}", one.layer, training::name(one.pass), one.phase),
                 "the other dataflow");
}

void add_schedule(const TrainOptions& options, List& list) {
    const training::Schedule& schedule = options.schedule;
    list.add_enum("schedule", schedule.kind);
    list.add("schedule.learning_rate", schedule.learning_rate);
    list.add("schedule.warm_up_epochs", schedule.warm_up_epochs);
    if (schedule.kind == training::ScheduleKind::step) {
        list.add("schedule.milestones", fmt::join(schedule.milestones, ", "));
        list.add("schedule.factor", schedule.factor);
    }
    if (schedule.kind == training::ScheduleKind::cosine) {
        list.add("schedule.final_learning_rate", schedule.final_learning_rate);
        list.add("epochs", options.epochs);
    }
}

void add_data(const TrainOptions& options, List& list) {
    static constexpr std::string_view kinds[] = {"synthetic", "cifar10", "mnist"};
    list.add("dataset", kinds[static_cast<std::size_t>(options.step.dataset.kind)]);
    if (options.step.dataset.images) list.add("dataset.images", *options.step.dataset.images);
    list.add("batch", options.step.batch);
    list.add("seed", options.step.seed);
    list.add("augmentation", options.augmentation.enabled);
    if (options.augmentation.enabled) {
        list.add("augmentation.padding", options.augmentation.padding);
        list.add("augmentation.flip", options.augmentation.flip);
    }
    if (!options.import_file.empty()) list.add("import", options.import_file);
}

}  // namespace

Settings train_settings(const TrainOptions& options) {
    List list;
    add_data(options, list);
    add_network(options.step, list);
    add_recipe(options.step.recipe, list);
    add_arrays(options.step, list);
    add_schedule(options, list);
    return list.take();
}

}  // namespace quatrain::run
