// SPDX-License-Identifier: Apache-2.0
// Rules 1, 5, 6, 8 and 10: input, activation, add, loss, and which definition a node of each kind
// takes.
#include "workloads/golden/definition.hpp"
#include "workloads/golden/exact.hpp"
#include "workloads/golden/quantise.hpp"

namespace quatrain::golden {
namespace {

using network::NodeKind;

void define_pact(const Structure& structure, std::size_t index, Definitions& list) {
    const std::string& name = structure.node(index).name;
    list.push_back({name + ".step", "fp32", {1, 1, 1, 1}, [=](const Operands& operands) {
                        const float alpha = operands.scalar(name + ".alpha");
                        return rounded("fp32", [=](std::int64_t) { return alpha / 15.0F; });
                    }});
    list.push_back({name + ".reciprocal", "fp32", {1, 1, 1, 1}, [=](const Operands& operands) {
                        const float alpha = operands.scalar(name + ".alpha");
                        return rounded("fp32", [=](std::int64_t) { return 15.0F / alpha; });
                    }});
    const Source input = structure.output(structure.producer(index));
    list.push_back({name + ".output", "uint4", structure.output_shape(index),
                    [=](const Operands& operands) -> Element {
                        const float alpha = operands.scalar(name + ".alpha");
                        const float reciprocal = operands.scalar(name + ".reciprocal");
                        return [=, x = operands.values(input)](std::int64_t i) {
                            return quantise_activation(x[i], alpha, reciprocal);
                        };
                    }});
}

void define_relu(const Structure& structure, std::size_t index, Definitions& list) {
    const std::string format = structure.output_format(index);
    const Source input = structure.output(structure.producer(index));
    list.push_back({structure.node(index).name + ".output", format, structure.output_shape(index),
                    [=](const Operands& operands) {
                        return rounded(format, [x = operands.values(input)](std::int64_t i) {
                            return x[i] > 0 ? x[i] : 0.0F;
                        });
                    }});
}

void define_activation_backward(const Structure& structure, std::size_t index, Definitions& list) {
    const network::Node& node = structure.node(index);
    const std::string& name = node.name;
    const std::string& format = structure.options().gradient_format;
    const Source input = structure.output(structure.producer(index));
    const Source gradient{structure.output_gradient(index)};
    const bool pact = structure.pact(index);
    if (structure.makes_input_gradient(index)) {
        list.push_back(
            {name + ".input_gradient", format, structure.output_shape(index),
             [=](const Operands& operands) {
                 const float alpha = pact ? operands.scalar(name + ".alpha") : 0;
                 return rounded(format, [=, x = operands.values(input),
                                         dy = operands.values(gradient)](std::int64_t i) {
                     const bool passes = pact ? x[i] >= 0 && x[i] <= alpha : x[i] > 0;
                     return passes ? dy[i] : 0.0F;
                 });
             }});
    }
    if (!pact) return;
    const std::int64_t channels = node.output.channels, pixels = structure.pixels(index);
    list.push_back({name + ".alpha_gradient", "fp32", {1, 1, 1, 1}, [=](const Operands& operands) {
                        const float alpha = operands.scalar(name + ".alpha");
                        return rounded("fp32", [=, x = operands.values(input),
                                                dy = operands.values(gradient)](std::int64_t) {
                            float total = 0;
                            for (std::int64_t c = 0; c < channels; ++c) {
                                float sum = 0;
                                for (std::int64_t p = 0; p < pixels; ++p) {
                                    const std::int64_t i = p * channels + c;
                                    if (x[i] >= alpha) sum += dy[i];
                                }
                                total += sum;
                            }
                            return total;
                        });
                    }});
    define_reduction(structure, list);
}

void define_add(const Structure& structure, std::size_t index, Definitions& list) {
    const network::Node& node = structure.node(index);
    const std::string& format = structure.options().activation_format;
    const Source left = structure.output(node.inputs[0]), right = structure.output(node.inputs[1]);
    list.push_back({node.name + ".output", format, structure.output_shape(index),
                    [=](const Operands& operands) {
                        return rounded(format,
                                       [a = operands.values(left), b = operands.values(right)](
                                           std::int64_t i) { return a[i] + b[i]; });
                    }});
}

/// The gradient of an output with several consumers: G( G( dy1 + dy2 ) + dy3 ) ...
void define_gradient_sum(const Structure& structure, std::size_t index, Definitions& list) {
    const std::vector<std::string> terms = structure.contributions(index);
    const std::string& format = structure.options().gradient_format;
    const std::string sum = structure.node(index).name + ".output_gradient";
    std::string left = terms[0];
    for (std::size_t k = 1; k < terms.size(); ++k) {
        const std::string name = k + 1 == terms.size() ? sum : sum + "." + std::to_string(k);
        list.push_back({name, format, structure.output_shape(index),
                        [format, left, right = terms[k]](const Operands& operands) {
                            return rounded(
                                format, [a = operands.values({left}), b = operands.values({right})](
                                            std::int64_t i) { return a[i] + b[i]; });
                        }});
        left = name;
    }
}

/// One row of the logits, softmax step by step.
struct Softmax {
    Softmax(const Values& values, std::int64_t row, std::int64_t classes)
        : logits(values), first(row * classes), max(values[first]) {
        for (std::int64_t j = 1; j < classes; ++j) {
            if (logits[first + j] > max) max = logits[first + j];
        }
        for (std::int64_t j = 0; j < classes; ++j) sum += numerator(j);
    }
    float numerator(std::int64_t j) const { return exponential(logits[first + j] - max); }
    float loss(std::int64_t label) const { return logarithm(sum) - (logits[first + label] - max); }

    const Values& logits;
    std::int64_t first;
    float max, sum = 0;
};

}  // namespace

void define_input(const Structure& structure, Definitions& list) {
    const std::string& format = structure.options().activation_format;
    const std::int64_t channels = structure.network().input().channels;
    list.push_back(
        {"input.output", format, structure.output_shape(0), [=](const Operands& operands) {
             const auto* images = operands.tensor("images").codes.data();
             return rounded(format, [=, scale = operands.values({"input.scale"}),
                                     shift = operands.values({"input.shift"})](std::int64_t i) {
                 const float scaled = static_cast<float>(images[i]) * scale[i % channels];
                 return scaled + shift[i % channels];
             });
         }});
}

void define_loss(const Structure& structure, Definitions& list) {
    const std::int64_t classes = structure.network().classes(), rows = structure.options().batch;
    const auto whole_batch = static_cast<float>(structure.whole_batch());
    const Source logits = structure.output(structure.size() - 1);
    list.push_back({"loss", "fp32", {1, 1, 1, 1}, [=](const Operands& operands) {
                        const auto* labels = operands.tensor("labels").codes.data();
                        return rounded("fp32", [=, values = operands.values(logits)](std::int64_t) {
                            float sum = 0;
                            for (std::int64_t i = 0; i < rows; ++i) {
                                sum += Softmax(values, i, classes).loss(labels[i]);
                            }
                            return sum / whole_batch;
                        });
                    }});
    define_reduction(structure, list);
    const std::string& format = structure.options().gradient_format;
    list.push_back(
        {"loss.input_gradient", format, structure.output_shape(structure.size() - 1),
         [=](const Operands& operands) {
             const auto* labels = operands.tensor("labels").codes.data();
             return rounded(format, [=, values = operands.values(logits)](std::int64_t i) {
                 const std::int64_t row = i / classes, j = i % classes;
                 const Softmax softmax(values, row, classes);
                 const float probability = softmax.numerator(j) / softmax.sum;
                 const float target = j == static_cast<std::int64_t>(labels[row]) ? 1.0F : 0.0F;
                 return (probability - target) / whole_batch;
             });
         }});
}

void define_forward(const Structure& structure, std::size_t index, Definitions& list) {
    switch (structure.node(index).kind) {
        case NodeKind::input:
            return define_input(structure, list);
        case NodeKind::convolution:
        case NodeKind::fully_connected:
            return define_gemm_forward(structure, index, list);
        case NodeKind::batch_norm:
            return define_batch_norm_forward(structure, index, list);
        case NodeKind::activation:
            return structure.pact(index) ? define_pact(structure, index, list)
                                         : define_relu(structure, index, list);
        case NodeKind::add:
            return define_add(structure, index, list);
        case NodeKind::max_pool:
        case NodeKind::average_pool:
            return define_pool_forward(structure, index, list);
    }
}

void define_backward(const Structure& structure, std::size_t index, Definitions& list) {
    if (structure.contributions(index).size() > 1) define_gradient_sum(structure, index, list);
    switch (structure.node(index).kind) {
        case NodeKind::convolution:
        case NodeKind::fully_connected:
            return define_gemm_backward(structure, index, list);
        case NodeKind::batch_norm:
            return define_batch_norm_backward(structure, index, list);
        case NodeKind::activation:
            return define_activation_backward(structure, index, list);
        case NodeKind::max_pool:
        case NodeKind::average_pool:
            return define_pool_backward(structure, index, list);
        case NodeKind::input:
        case NodeKind::add:
            return;
    }
}

}  // namespace quatrain::golden
