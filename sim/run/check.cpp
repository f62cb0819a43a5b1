// SPDX-License-Identifier: Apache-2.0
#include "sim/run/check.hpp"

#include <boost/describe/enum_to_string.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <utility>

namespace quatrain::run {
namespace {

constexpr std::int64_t sample_elements = 64;           ///< of every tensor, with Golden::sample
constexpr std::int64_t cached_elements = 200'000'000;  ///< operands kept decoded between tensors

/// The reference's names and the graph's tensors: computed ones by name, updated ones by the name
/// of their new value.
std::map<std::string, training::TensorId> checked_tensors(const training::Graph& graph) {
    std::map<std::string, training::TensorId> ids;
    for (training::TensorId id = 0; id < graph.tensors.size(); ++id) {
        const training::Tensor& tensor = graph.tensors[id];
        if (tensor.origin == training::Origin::computed) ids.emplace(tensor.name, id);
        if (!tensor.updated_name.empty()) ids.emplace(tensor.updated_name, id);
    }
    return ids;
}

void require_same_names(const std::map<std::string, training::TensorId>& ids,
                        const std::vector<std::string>& names) {
    for (const std::string& name : names)
        if (!ids.contains(name))
            throw InternalError(fmt::format("tensor {}: the machine does not compute it", name));
    for (const auto& [name, id] : ids)
        if (std::find(names.begin(), names.end(), name) == names.end())
            throw InternalError(
                fmt::format("tensor {}: the golden reference does not compute it", name));
}

/// Distinct indices below `elements`, ascending; all of them when there are few. Other ones on
/// every core.
std::vector<std::int64_t> sample(std::uint64_t seed, std::int64_t core, const std::string& name,
                                 std::int64_t elements) {
    std::vector<std::int64_t> indices;
    if (elements <= sample_elements) {
        indices.resize(static_cast<std::size_t>(elements));
        std::iota(indices.begin(), indices.end(), 0);
        return indices;
    }
    std::vector<std::uint32_t> words(name.begin(), name.end());
    if (core > 0) words.push_back(static_cast<std::uint32_t>(core));
    std::seed_seq sequence(words.begin(), words.end());
    std::vector<std::uint32_t> key(2);
    sequence.generate(key.begin(), key.end());
    std::mt19937_64 generator(seed ^ (std::uint64_t{key[0]} << 32 | key[1]));
    for (std::int64_t i = 0; i < sample_elements; ++i)
        indices.push_back(
            static_cast<std::int64_t>(generator() % static_cast<std::uint64_t>(elements)));
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    return indices;
}

/// A NaN in FP32 is one value, whatever its sign and payload (docs/training-step.md, Faults).
bool is_nan(std::uint32_t fp32_code) {
    return (fp32_code & 0x7FFF'FFFFU) > 0x7F80'0000U;
}

class Comparison {
public:
    explicit Comparison(const training::Graph& graph) {
        for (const training::Tensor& tensor : graph.tensors)
            is_fp32_.push_back(tensor.format == numerics::Format::fp32);
    }
    void add(training::TensorId id, std::int64_t core, const std::string& name, std::int64_t index,
             std::uint32_t expected, std::uint32_t actual) {
        GoldenCount& count = result.tensors[id];
        ++count.elements;
        if (expected == actual || (is_fp32_[id] && is_nan(expected) && is_nan(actual))) return;
        ++count.mismatches;
        if (result.first_mismatches.size() < 10)
            result.first_mismatches.push_back({name, index, expected, actual, core});
    }
    CheckResult result;

private:
    std::vector<bool> is_fp32_;  ///< by tensor
};

/// The machine's tensors by core and name, decoded when first asked for: before the step for
/// inputs, after it for the rest.
class Operands {
public:
    Operands(const training::Graph& graph, const StepInputs& inputs, const TensorSource& source)
        : graph_(graph), inputs_(inputs), source_(source) {}

    const golden::Tensor& operator()(std::int64_t core, const std::string& name) {
        if (const golden::Tensor* input = inputs_.find(core, name)) return *input;
        const auto key = std::pair(core, name);
        if (const auto cached = cache_.find(key); cached != cache_.end()) return cached->second;
        const auto id = graph_.by_name.find(name);
        if (id == graph_.by_name.end())
            throw InternalError(fmt::format("tensor {}: no such operand", name));
        const golden::Tensor& tensor = cache_.emplace(key, source_(core, id->second)).first->second;
        elements_ += static_cast<std::int64_t>(tensor.codes.size());
        return tensor;
    }

    /// Between tensors: forget the operands when they have become many.
    void trim() {
        if (elements_ <= cached_elements) return;
        cache_.clear();
        elements_ = 0;
    }

private:
    const training::Graph& graph_;
    const StepInputs& inputs_;
    const TensorSource& source_;
    std::map<std::pair<std::int64_t, std::string>, golden::Tensor> cache_;
    std::int64_t elements_ = 0;
};

/// What all comparisons of a step share.
struct Subject {
    const RunOptions& options;
    const training::Graph& graph;
    const StepInputs& inputs;
    const TensorSource& source;
    golden::Options golden_step;
    std::map<std::string, training::TensorId> ids;
    std::vector<std::string> names;  ///< in order of computation
};

std::vector<golden::Tensors> whole_reference(const Subject& subject, Progress& progress) {
    std::vector<golden::Tensors> inputs;
    for (std::int64_t core = 0; core < subject.inputs.cores(); ++core)
        inputs.push_back(subject.inputs.of_core(core));
    bool begun = false;
    auto reference = golden::compute_parallel_step(
        subject.graph.network, subject.golden_step, inputs,
        [&](std::size_t done, std::size_t total) {
            if (!begun) progress.begin("golden reference", total, "operators");
            begun = true;
            progress.update(done);
        });
    if (begun) progress.end();
    return reference;
}

/// Compares every element. What was compared is forgotten.
void compare_all(const Subject& subject, std::vector<golden::Tensors>& reference,
                 const std::string& name, Comparison& comparison) {
    const training::TensorId id = subject.ids.at(name);
    for (std::int64_t core = 0; core < std::ssize(reference); ++core) {
        golden::Tensors& expected_of_core = reference[static_cast<std::size_t>(core)];
        const golden::Tensor& expected = expected_of_core.at(name);
        const golden::Tensor actual = subject.source(core, id);
        if (expected.codes.size() != actual.codes.size())
            throw InternalError(
                fmt::format("tensor {}: the golden reference has another shape", name));
        for (std::size_t i = 0; i < actual.codes.size(); ++i)
            comparison.add(id, core, name, static_cast<std::int64_t>(i), expected.codes[i],
                           actual.codes[i]);
        expected_of_core.erase(name);
    }
}

/// The reference's codes of these elements, from the machine's own operands. An operand that no
/// quantiser can have made is the machine's mistake.
std::vector<std::uint32_t> recompute(const Subject& subject, std::int64_t core,
                                     const std::string& name, std::span<const std::int64_t> indices,
                                     Operands& operands) {
    try {
        return golden::compute_elements_of_core(
            subject.graph.network, subject.golden_step, core, name, indices,
            [&](std::int64_t of, const std::string& operand) -> const golden::Tensor& {
                return operands(of, operand);
            });
    } catch (const std::invalid_argument& error) {
        throw InternalError(fmt::format("tensor {}: {}", name, error.what()));
    }
}

void compare_sample(const Subject& subject, Operands& operands, const std::string& name,
                    Comparison& comparison) {
    const training::TensorId id = subject.ids.at(name);
    for (std::int64_t core = 0; core < subject.inputs.cores(); ++core) {
        const golden::Tensor actual = subject.source(core, id);
        const auto indices = sample(subject.options.seed, core, name, std::ssize(actual.codes));
        const auto expected = recompute(subject, core, name, indices, operands);
        for (std::size_t i = 0; i < indices.size(); ++i)
            comparison.add(id, core, name, indices[i], expected[i],
                           actual.codes[static_cast<std::size_t>(indices[i])]);
        operands.trim();
    }
}

}  // namespace

golden::Options golden_options(const RunOptions& options, const training::Graph& graph) {
    const mac_array::Params& array = options.architecture.array;
    golden::Options result{
        .batch = graph.batch,
        .cores = graph.cores,
        .synchronised_batch_norm = options.batch_norm == training::BatchNormScope::synchronised,
        .training = graph.mode == training::Mode::training,
        .evaluation = graph.mode == training::Mode::evaluation,
        .formats = {},
        .activation_format = std::string(numerics::name(options.recipe.activation_format)),
        .gradient_format = std::string(numerics::name(options.recipe.gradient_format)),
        .accumulator = boost::describe::enum_to_string(array.accumulator, ""),
        .rows = array.rows,
        .lanes_4bit = array.lanes_4bit,
        .lanes_8bit = array.lanes_8bit,
        .lanes_16bit = array.lanes_16bit,
        .lanes_32bit = array.lanes_32bit,
        .chunk = array.chunk,
        .clip_weight_gradient = options.recipe.clip_weight_gradient,
        .global_gradscale = options.recipe.gradscale == training::GradScaleScope::global,
        .threshold_factor = options.recipe.threshold_factor,
        .learning_rate = options.recipe.learning_rate,
        .momentum = options.recipe.momentum,
        .weight_decay = options.recipe.weight_decay,
        .alpha_weight_decay = options.recipe.alpha_weight_decay,
        .threads = options.threads};
    for (const training::GemmFormats& formats : graph.formats)
        result.formats.push_back(
            {.activation = std::string(numerics::name(formats.activation)),
             .weight = std::string(numerics::name(formats.weight)),
             .gradient_data = std::string(numerics::name(formats.gradient_data)),
             .gradient_weight = std::string(numerics::name(formats.gradient_weight)),
             .two_phase = formats.two_phase});
    for (const compiler::GemmId& one : options.mapping.other_dataflow)
        result.other_dataflow.push_back(
            {one.layer, std::string(training::name(one.pass)), one.phase});
    return result;
}

CheckResult check(const RunOptions& options, const training::Graph& graph, const StepInputs& inputs,
                  const TensorSource& source, Progress& progress) {
    Subject subject{
        options, graph, inputs, source, golden_options(options, graph), checked_tensors(graph), {}};
    subject.names = golden::computed_tensors(graph.network, subject.golden_step);
    require_same_names(subject.ids, subject.names);

    std::vector<golden::Tensors> reference;
    if (options.golden == Golden::full) reference = whole_reference(subject, progress);
    Comparison comparison(graph);
    Operands operands(graph, inputs, source);
    progress.begin("compare", subject.names.size(), "tensors");
    for (std::size_t n = 0; n < subject.names.size(); ++n) {
        if (options.golden == Golden::full)
            compare_all(subject, reference, subject.names[n], comparison);
        else
            compare_sample(subject, operands, subject.names[n], comparison);
        progress.update(n + 1);
    }
    progress.end();
    return std::move(comparison.result);
}

}  // namespace quatrain::run
