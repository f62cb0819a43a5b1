// SPDX-License-Identifier: Apache-2.0
#include "sim/run/evaluation.hpp"

#include "sim/run/tensors.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace quatrain::run {
namespace {

training::Graph graph_of(const RunOptions& options) {
    return training::build_evaluation(
        options.network, options.recipe, options.batch,
        {.cores = options.architecture.cores, .batch_norm = options.batch_norm});
}

/// Softmax cross-entropy of one image.
double loss_of(std::span<const float> logits, std::int32_t label) {
    const double highest = *std::ranges::max_element(logits);
    double sum = 0;
    for (const float logit : logits) sum += std::exp(logit - highest);
    return std::log(sum) + highest - logits[static_cast<std::size_t>(label)];
}

}  // namespace

Evaluator::Evaluator(const RunOptions& options) : host_(options, graph_of(options)) {}

std::optional<TestNumbers> Evaluator::evaluate(const golden::Tensors& lasting,
                                               const datasets::Dataset& dataset,
                                               Progress& progress) {
    const std::int64_t size = dataset.size(datasets::Split::test);
    const std::int64_t whole = host_.graph().whole_batch;
    std::vector<std::int64_t> indices(static_cast<std::size_t>(whole));
    TestNumbers numbers;
    progress.begin("evaluate", static_cast<std::uint64_t>(size), "images");
    for (std::int64_t first = 0; first < size; first += whole) {
        if (progress.stop_requested()) return std::nullopt;
        std::iota(indices.begin(), indices.end(), first);
        for (std::int64_t& index : indices) index = std::min(index, size - 1);
        const datasets::Batch batch = dataset.batch(datasets::Split::test, indices);
        if (first == 0)
            host_.memory().load(
                StepInputs(host_.graph(), batch, evaluation_inputs(host_.graph(), lasting)));
        host_.write_batch(batch);
        host_.run();
        add(host_.logits(), batch, std::min(whole, size - first), numbers);
        progress.update(static_cast<std::uint64_t>(numbers.images));
    }
    progress.end();
    if (numbers.images > 0) numbers.loss /= static_cast<double>(numbers.images);
    return numbers;
}

void Evaluator::add(std::span<const float> logits, const datasets::Batch& batch,
                    std::int64_t images, TestNumbers& numbers) const {
    const auto classes = static_cast<std::size_t>(host_.classes());
    for (std::int64_t i = 0; i < images; ++i) {
        const auto row = logits.subspan(static_cast<std::size_t>(i) * classes, classes);
        const std::int32_t label = batch.labels[static_cast<std::size_t>(i)];
        if (largest(row) == label) ++numbers.correct;
        numbers.loss += loss_of(row, label);
    }
    numbers.images += images;
}

}  // namespace quatrain::run
