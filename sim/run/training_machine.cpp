// SPDX-License-Identifier: Apache-2.0
#include "sim/run/training_machine.hpp"

#include "sim/run/tensors.hpp"

#include <algorithm>
#include <bit>

namespace quatrain::run {
namespace {

training::Graph graph_of(const RunOptions& options) {
    return training::build(options.network, options.recipe, options.batch, true,
                           {.cores = options.architecture.cores, .batch_norm = options.batch_norm});
}

/// Images of nothing: the first step writes its own.
datasets::Batch blank(const RunOptions& options) {
    const network::Extent& input = options.network.input();
    const auto batch = static_cast<std::size_t>(options.batch);
    return {.images = std::vector<std::uint8_t>(
                batch * static_cast<std::size_t>(input.height * input.width * input.channels)),
            .labels = std::vector<std::int32_t>(batch)};
}

}  // namespace

TrainingMachine::TrainingMachine(const RunOptions& options) : host_(options, graph_of(options)) {
    const auto& by_name = graph().by_name;
    loss_ = by_name.at(graph().cores > 1 ? "loss.reduced" : "loss");
    learning_rate_ = by_name.at("optimiser.learning_rate");
    for (const training::Operator& op : graph().operators) {
        if (op.kind != training::OperatorKind::gradient_quantise) continue;
        const auto tensor = [&](const std::string& suffix) { return by_name.at(op.name + suffix); };
        gradient_layers_.push_back(op.name);
        gradients_.push_back(
            {tensor(".gradscale_log2"), tensor(".gradient_max"), tensor(".gradient_underflow"),
             tensor(".gradient_overflow"),
             static_cast<std::uint64_t>(graph().tensors[op.inputs[0]].elements() * graph().cores)});
    }
    std::reverse(gradient_layers_.begin(), gradient_layers_.end());  // network order
    std::reverse(gradients_.begin(), gradients_.end());
    numbers_.gradients.resize(gradients_.size());
    host_.memory().load(StepInputs(graph(), blank(options), options.seed));
}

void TrainingMachine::load(const golden::Tensors& lasting) {
    for (training::TensorId id = 0; id < graph().tensors.size(); ++id) {
        const training::Tensor& described = graph().tensors[id];
        if (described.origin != training::Origin::parameter) continue;
        for (std::int64_t core = 0; core < graph().cores; ++core) {
            const std::string name = lasting_name(graph(), described.name, core);
            host_.memory().write(core, id, pack(described, find_lasting(lasting, name, described)));
        }
    }
}

void TrainingMachine::write_scalar(training::TensorId id, std::uint32_t word) {
    for (std::int64_t core = 0; core < graph().cores; ++core)
        host_.memory().write(core, id, std::as_bytes(std::span(&word, 1)));
}

std::uint32_t TrainingMachine::scalar(std::int64_t core, training::TensorId id) const {
    std::uint32_t word = 0;
    host_.memory().read(core, id, std::as_writable_bytes(std::span(&word, 1)));
    return word;
}

const StepNumbers& TrainingMachine::step(const datasets::Batch& batch, double learning_rate,
                                         std::span<double> seconds) {
    host_.write_batch(batch);
    write_scalar(learning_rate_, std::bit_cast<std::uint32_t>(static_cast<float>(learning_rate)));
    for (std::size_t i = 0; i < gradients_.size(); ++i)
        numbers_.gradients[i].log2_scale =
            static_cast<std::int32_t>(scalar(0, gradients_[i].scale));
    numbers_.events = host_.run(seconds);
    numbers_.loss = std::bit_cast<float>(scalar(0, loss_));
    numbers_.correct = count_correct(batch);
    read_gradients();
    return numbers_;
}

std::int64_t TrainingMachine::count_correct(const datasets::Batch& batch) {
    const std::span<const float> logits = host_.logits();
    const auto classes = static_cast<std::size_t>(host_.classes());
    std::int64_t correct = 0;
    for (std::size_t i = 0; i < batch.labels.size(); ++i)
        if (largest(logits.subspan(i * classes, classes)) == batch.labels[i]) ++correct;
    return correct;
}

void TrainingMachine::read_gradients() {
    for (std::size_t i = 0; i < gradients_.size(); ++i) {
        GradientCounts& counts = numbers_.gradients[i];
        const Gradient& ids = gradients_[i];
        counts.max_abs = 0;
        counts.underflow = counts.overflow = 0;
        counts.elements = ids.elements;
        for (std::int64_t core = 0; core < graph().cores; ++core) {
            counts.max_abs =
                std::max<double>(counts.max_abs, std::bit_cast<float>(scalar(core, ids.max)));
            counts.underflow += scalar(core, ids.underflow);
            counts.overflow += scalar(core, ids.overflow);
        }
    }
}

}  // namespace quatrain::run
