// SPDX-License-Identifier: Apache-2.0
#include "sim/run/check.hpp"

#include <boost/describe/enum_to_string.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>

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

/// Distinct indices below `elements`, ascending; all of them when there are few.
std::vector<std::int64_t> sample(std::uint64_t seed, const std::string& name,
                                 std::int64_t elements) {
    std::vector<std::int64_t> indices;
    if (elements <= sample_elements) {
        indices.resize(static_cast<std::size_t>(elements));
        std::iota(indices.begin(), indices.end(), 0);
        return indices;
    }
    std::seed_seq sequence(name.begin(), name.end());
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

class Comparison {
public:
    void add(training::TensorId id, const std::string& name, std::int64_t index,
             std::uint32_t expected, std::uint32_t actual) {
        GoldenCount& count = result.tensors[id];
        ++count.elements;
        if (expected == actual) return;
        ++count.mismatches;
        if (result.first_mismatches.size() < 10)
            result.first_mismatches.push_back({name, index, expected, actual});
    }
    CheckResult result;
};

/// The machine's tensors by name, decoded when first asked for: before the step for inputs, after
/// it for the rest.
class Operands {
public:
    Operands(const training::Graph& graph, const golden::Tensors& inputs,
             const TensorSource& source)
        : graph_(graph), inputs_(inputs), source_(source) {}

    const golden::Tensor& operator()(const std::string& name) {
        if (const auto input = inputs_.find(name); input != inputs_.end()) return input->second;
        if (const auto cached = cache_.find(name); cached != cache_.end()) return cached->second;
        const auto id = graph_.by_name.find(name);
        if (id == graph_.by_name.end())
            throw InternalError(fmt::format("tensor {}: no such operand", name));
        const golden::Tensor& tensor = cache_.emplace(name, source_(id->second)).first->second;
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
    const golden::Tensors& inputs_;
    const TensorSource& source_;
    golden::Tensors cache_;
    std::int64_t elements_ = 0;
};

/// The reference's codes of these elements, from the machine's own operands. An operand that no
/// quantiser can have made is the machine's mistake.
std::vector<std::uint32_t> recompute(const training::Graph& graph, const golden::Options& options,
                                     const std::string& name, std::span<const std::int64_t> indices,
                                     Operands& operands) {
    try {
        return golden::compute_elements(
            graph.network, options, name, indices,
            [&](const std::string& operand) -> const golden::Tensor& { return operands(operand); });
    } catch (const std::invalid_argument& error) {
        throw InternalError(fmt::format("tensor {}: {}", name, error.what()));
    }
}

}  // namespace

golden::Options golden_options(const RunOptions& options, const training::Graph& graph) {
    const mac_array::Params& array = options.architecture.array;
    golden::Options result{
        .batch = options.batch,
        .training = options.training,
        .formats = {},
        .activation_format = std::string(numerics::name(options.recipe.activation_format)),
        .gradient_format = std::string(numerics::name(options.recipe.gradient_format)),
        .accumulator = boost::describe::enum_to_string(array.accumulator, ""),
        .rows = array.rows,
        .lanes_4bit = array.lanes_4bit,
        .lanes_16bit = array.lanes_16bit,
        .chunk = array.chunk,
        .clip_weight_gradient = options.recipe.clip_weight_gradient,
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
    return result;
}

CheckResult check(const RunOptions& options, const training::Graph& graph,
                  const golden::Tensors& inputs, const TensorSource& source, Progress& progress) {
    const golden::Options golden_step = golden_options(options, graph);
    const std::map<std::string, training::TensorId> ids = checked_tensors(graph);
    const std::vector<std::string> names = golden::computed_tensors(graph.network, golden_step);
    require_same_names(ids, names);

    golden::Tensors reference;
    if (options.golden == Golden::full) {
        bool begun = false;
        reference = golden::compute_step(
            graph.network, golden_step, inputs, [&](std::size_t done, std::size_t total) {
                if (!begun) progress.begin("golden reference", total, "operators");
                begun = true;
                progress.update(done);
            });
        if (begun) progress.end();
    }

    Comparison comparison;
    Operands operands(graph, inputs, source);
    progress.begin("compare", names.size(), "tensors");
    for (std::size_t n = 0; n < names.size(); ++n) {
        const std::string& name = names[n];
        const training::TensorId id = ids.at(name);
        const golden::Tensor actual = source(id);
        if (options.golden == Golden::full) {
            const golden::Tensor& expected = reference.at(name);
            if (expected.codes.size() != actual.codes.size())
                throw InternalError(
                    fmt::format("tensor {}: the golden reference has another shape", name));
            for (std::size_t i = 0; i < actual.codes.size(); ++i)
                comparison.add(id, name, static_cast<std::int64_t>(i), expected.codes[i],
                               actual.codes[i]);
            reference.erase(name);
        } else {
            const auto indices =
                sample(options.seed, name, static_cast<std::int64_t>(actual.codes.size()));
            const auto expected = recompute(graph, golden_step, name, indices, operands);
            for (std::size_t i = 0; i < indices.size(); ++i)
                comparison.add(id, name, indices[i], expected[i],
                               actual.codes[static_cast<std::size_t>(indices[i])]);
            operands.trim();
        }
        progress.update(n + 1);
    }
    progress.end();
    return std::move(comparison.result);
}

}  // namespace quatrain::run
