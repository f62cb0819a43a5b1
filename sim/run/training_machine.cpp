// SPDX-License-Identifier: Apache-2.0
#include "sim/run/training_machine.hpp"

#include "rtl_models/numerics/pack.hpp"
#include "sim/run/target.hpp"
#include "sim/run/tensors.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace quatrain::run {
namespace {

RunOptions on_host(RunOptions options) {
    options.architecture = host_architecture(options.architecture);
    return options;
}

compiler::Program compile_for_host(const RunOptions& options) {
    return compiler::compile(
        training::build(options.network, options.recipe, options.batch, true,
                        {.cores = options.architecture.cores, .batch_norm = options.batch_norm}),
        host_target(options.architecture));
}

machine::Settings settings(const RunOptions& options) {
    machine::Settings result;
    result.threads = options.threads;
    return result;
}

/// The part of a batch's values that a core has.
template <class Value>
std::span<const Value> share(const std::vector<Value>& all, std::int64_t core, std::int64_t cores) {
    const std::size_t size = all.size() / static_cast<std::size_t>(cores);
    return std::span(all).subspan(static_cast<std::size_t>(core) * size, size);
}

}  // namespace

std::int64_t largest(std::span<const float> row) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < row.size(); ++i)
        if (row[i] > row[best] || (std::isnan(row[best]) && !std::isnan(row[i]))) best = i;
    return static_cast<std::int64_t>(best);
}

TrainingMachine::TrainingMachine(const RunOptions& options)
    : options_(on_host(options)),
      program_(compile_for_host(options_)),
      memory_(options_.architecture, program_),
      replay_(options_.architecture, operator_queues(program_), settings(options_), memory_.dram(),
              &memory_.scratchpad()) {
    const training::Graph& graph = program_.graph;
    images_ = graph.by_name.at("images");
    labels_ = graph.by_name.at("labels");
    logits_ = graph.by_name.at(graph.network.nodes.back().name + ".output");
    loss_ = graph.by_name.at(graph.cores > 1 ? "loss.reduced" : "loss");
    learning_rate_ = graph.by_name.at("optimiser.learning_rate");
    for (const training::Operator& op : graph.operators) {
        if (op.kind != training::OperatorKind::gradient_quantise) continue;
        const auto tensor = [&](const std::string& suffix) {
            return graph.by_name.at(op.name + suffix);
        };
        gradient_layers_.push_back(op.name);
        gradients_.push_back(
            {tensor(".gradscale_log2"), tensor(".gradient_max"), tensor(".gradient_underflow"),
             tensor(".gradient_overflow"),
             static_cast<std::uint64_t>(graph.tensors[op.inputs[0]].elements() * graph.cores)});
    }
    std::reverse(gradient_layers_.begin(), gradient_layers_.end());  // network order
    std::reverse(gradients_.begin(), gradients_.end());
    numbers_.gradients.resize(gradients_.size());
    logit_bytes_.resize(static_cast<std::size_t>(program_.placements[logits_].bytes));
    logit_values_.resize(static_cast<std::size_t>(graph.tensors[logits_].elements()));

    const network::Extent& input = options_.network.input();
    const auto batch = static_cast<std::size_t>(options_.batch);
    const datasets::Batch none{
        .images = std::vector<std::uint8_t>(
            batch * static_cast<std::size_t>(input.height * input.width * input.channels)),
        .labels = std::vector<std::int32_t>(batch)};
    memory_.load(StepInputs(graph, none, options_.seed));
}

void TrainingMachine::load(const golden::Tensors& lasting) {
    for (training::TensorId id = 0; id < program_.graph.tensors.size(); ++id) {
        const training::Tensor& described = program_.graph.tensors[id];
        if (described.origin != training::Origin::parameter) continue;
        for (std::int64_t core = 0; core < program_.graph.cores; ++core) {
            const std::string name = lasting_name(program_.graph, described.name, core);
            memory_.write(core, id, pack(described, find_lasting(lasting, name, described)));
        }
    }
}

void TrainingMachine::write_batch(const datasets::Batch& batch) {
    const std::int64_t cores = program_.graph.cores;
    if (std::ssize(batch.labels) != options_.batch)
        throw std::invalid_argument(fmt::format("batch = {} images: the step takes {}",
                                                batch.labels.size(), options_.batch));
    for (std::int64_t core = 0; core < cores; ++core) {
        memory_.write(core, images_, std::as_bytes(share(batch.images, core, cores)));
        memory_.write(core, labels_, std::as_bytes(share(batch.labels, core, cores)));
    }
}

void TrainingMachine::write_scalar(training::TensorId id, std::uint32_t word) {
    for (std::int64_t core = 0; core < program_.graph.cores; ++core)
        memory_.write(core, id, std::as_bytes(std::span(&word, 1)));
}

std::uint32_t TrainingMachine::scalar(std::int64_t core, training::TensorId id) const {
    std::uint32_t word = 0;
    memory_.read(core, id, std::as_writable_bytes(std::span(&word, 1)));
    return word;
}

const StepNumbers& TrainingMachine::step(const datasets::Batch& batch, double learning_rate,
                                         std::span<double> seconds) {
    write_batch(batch);
    write_scalar(learning_rate_, std::bit_cast<std::uint32_t>(static_cast<float>(learning_rate)));
    for (std::size_t i = 0; i < gradients_.size(); ++i)
        numbers_.gradients[i].log2_scale =
            static_cast<std::int32_t>(scalar(0, gradients_[i].scale));
    numbers_.events = replay_.run(seconds);
    numbers_.loss = std::bit_cast<float>(scalar(0, loss_));
    numbers_.correct = count_correct(batch);
    read_gradients();
    return numbers_;
}

std::int64_t TrainingMachine::count_correct(const datasets::Batch& batch) {
    const training::Tensor& logits = program_.graph.tensors[logits_];
    const auto classes = static_cast<std::size_t>(logits.columns());
    std::int64_t correct = 0;
    for (std::int64_t core = 0; core < program_.graph.cores; ++core) {
        memory_.read(core, logits_, logit_bytes_);
        numerics::decode_row(logits.format, logit_bytes_.data(), 0, logit_values_);
        const auto labels = share(batch.labels, core, program_.graph.cores);
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (largest(std::span(logit_values_).subspan(i * classes, classes)) == labels[i])
                ++correct;
    }
    return correct;
}

void TrainingMachine::read_gradients() {
    for (std::size_t i = 0; i < gradients_.size(); ++i) {
        GradientCounts& counts = numbers_.gradients[i];
        const Gradient& ids = gradients_[i];
        counts.max_abs = 0;
        counts.underflow = counts.overflow = 0;
        counts.elements = ids.elements;
        for (std::int64_t core = 0; core < program_.graph.cores; ++core) {
            counts.max_abs =
                std::max<double>(counts.max_abs, std::bit_cast<float>(scalar(core, ids.max)));
            counts.underflow += scalar(core, ids.underflow);
            counts.overflow += scalar(core, ids.overflow);
        }
    }
}

}  // namespace quatrain::run
