// SPDX-License-Identifier: Apache-2.0
// Rules 4 and 11: batch norm.
#include "workloads/golden/definition.hpp"

#include <cmath>

namespace quatrain::golden {
namespace {

/// What the definitions of one layer share.
struct Layer {
    std::string name, activation_format, gradient_format;
    Source input, gradient;
    std::int64_t pixels = 0, channels = 0;
    double epsilon = 0, momentum = 0;
    Shape shape;
};

Layer layer_of(const Structure& structure, std::size_t index) {
    const network::Node& node = structure.node(index);
    return {node.name,
            structure.options().activation_format,
            structure.options().gradient_format,
            structure.output(structure.producer(index)),
            {},
            structure.pixels(index),
            node.output.channels,
            node.epsilon,
            node.momentum,
            structure.output_shape(index)};
}

/// Sequential sum over a channel's pixels of term(index of the element).
template <class Term>
float channel_sum(const Layer& layer, std::int64_t channel, Term term) {
    float sum = 0;
    for (std::int64_t p = 0; p < layer.pixels; ++p) sum += term(p * layer.channels + channel);
    return sum;
}

float mean(const Layer& layer, const Values& z, std::int64_t channel) {
    const float sum = channel_sum(layer, channel, [&](std::int64_t i) { return z[i]; });
    return sum / static_cast<float>(layer.pixels);
}

float variance(const Layer& layer, const Values& z, float mean_of_channel, std::int64_t channel) {
    const float squares = channel_sum(layer, channel, [&](std::int64_t i) { return z[i] * z[i]; });
    const float v = squares / static_cast<float>(layer.pixels) - mean_of_channel * mean_of_channel;
    return v < 0 ? 0 : v;
}

/// Appends an FP32 vector whose element c is function(operands...)(c).
template <class Bind>
void define_vector(const Layer& layer, const std::string& suffix, Definitions& list, Bind bind) {
    list.push_back({layer.name + suffix, "fp32", vector_shape(layer.channels),
                    [bind](const Operands& operands) { return rounded("fp32", bind(operands)); }});
}

void define_statistics(const Layer& layer, Definitions& list) {
    define_vector(layer, ".mean", list, [layer](const Operands& operands) {
        return
            [layer, z = operands.values(layer.input)](std::int64_t c) { return mean(layer, z, c); };
    });
    define_vector(layer, ".inverse_deviation", list, [layer](const Operands& operands) {
        return [layer, z = operands.values(layer.input),
                means = operands.values({layer.name + ".mean"})](std::int64_t c) {
            const float v = variance(layer, z, means[c], c);
            return 1.0F / std::sqrt(v + static_cast<float>(layer.epsilon));
        };
    });
}

void define_running_statistics(const Layer& layer, Definitions& list) {
    const auto weight = static_cast<float>(layer.momentum);
    const auto keep = static_cast<float>(1.0 - layer.momentum);
    define_vector(layer, ".running_mean.updated", list, [=](const Operands& operands) {
        return [=, means = operands.values({layer.name + ".mean"}),
                running = operands.values({layer.name + ".running_mean"})](std::int64_t c) {
            return keep * running[c] + weight * means[c];
        };
    });
    const auto count = static_cast<double>(layer.pixels);
    const float unbiased = layer.pixels == 1 ? 1.0F : static_cast<float>(count / (count - 1));
    define_vector(layer, ".running_variance.updated", list, [=](const Operands& operands) {
        return
            [=, z = operands.values(layer.input), means = operands.values({layer.name + ".mean"}),
             running = operands.values({layer.name + ".running_variance"})](std::int64_t c) {
                return keep * running[c] + weight * (variance(layer, z, means[c], c) * unbiased);
            };
    });
}

/// (z - mean) * inverse_deviation, of which both passes are made.
struct Normalised {
    Normalised(const Layer& layer, const Operands& operands)
        : channels(layer.channels),
          z(operands.values(layer.input)),
          means(operands.values({layer.name + ".mean"})),
          inverse(operands.values({layer.name + ".inverse_deviation"})) {}

    float operator[](std::int64_t i) const {
        return (z[i] - means[i % channels]) * inverse[i % channels];
    }
    std::int64_t channels;
    Values z, means, inverse;
};

void define_parameter_gradients(const Layer& layer, Definitions& list) {
    define_vector(layer, ".beta_gradient", list, [layer](const Operands& operands) {
        return [layer, dy = operands.values(layer.gradient)](std::int64_t c) {
            return channel_sum(layer, c, [&](std::int64_t i) { return dy[i]; });
        };
    });
    define_vector(layer, ".gamma_gradient", list, [layer](const Operands& operands) {
        return [layer, dy = operands.values(layer.gradient),
                normalised = Normalised(layer, operands)](std::int64_t c) {
            return channel_sum(layer, c, [&](std::int64_t i) { return dy[i] * normalised[i]; });
        };
    });
}

}  // namespace

void define_batch_norm_forward(const Structure& structure, std::size_t index, Definitions& list) {
    const Layer layer = layer_of(structure, index);
    define_statistics(layer, list);
    list.push_back({layer.name + ".output", layer.activation_format, layer.shape,
                    [layer](const Operands& operands) {
                        return rounded(layer.activation_format,
                                       [normalised = Normalised(layer, operands),
                                        gamma = operands.values({layer.name + ".gamma"}),
                                        beta = operands.values({layer.name + ".beta"}),
                                        channels = layer.channels](std::int64_t i) {
                                           return normalised[i] * gamma[i % channels] +
                                                  beta[i % channels];
                                       });
                    }});
    if (structure.options().training) define_running_statistics(layer, list);
}

void define_batch_norm_backward(const Structure& structure, std::size_t index, Definitions& list) {
    Layer layer = layer_of(structure, index);
    layer.gradient = {structure.output_gradient(index)};
    define_parameter_gradients(layer, list);
    if (!structure.makes_input_gradient(index)) return;
    list.push_back(
        {layer.name + ".input_gradient", layer.gradient_format, layer.shape,
         [layer](const Operands& operands) {
             return rounded(
                 layer.gradient_format,
                 [normalised = Normalised(layer, operands), dy = operands.values(layer.gradient),
                  gamma = operands.values({layer.name + ".gamma"}),
                  gamma_gradient = operands.values({layer.name + ".gamma_gradient"}),
                  beta_gradient = operands.values({layer.name + ".beta_gradient"}),
                  count = static_cast<float>(layer.pixels),
                  channels = layer.channels](std::int64_t i) {
                     const std::int64_t c = i % channels;
                     const float k = gamma[c] * normalised.inverse[c];
                     const float b = beta_gradient[c] / count, g = gamma_gradient[c] / count;
                     return k * ((dy[i] - b) - normalised[i] * g);
                 });
         }});
}

}  // namespace quatrain::golden
