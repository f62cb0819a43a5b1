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
    bool synchronised = false;
    std::int64_t count = 0;  ///< pixels that statistics are taken of: the core's, or all cores'
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
            structure.output_shape(index),
            structure.synchronised(),
            structure.pixels(index) * (structure.synchronised() ? structure.options().cores : 1)};
}

/// Sequential sum over a channel's pixels of term(index of the element).
template <class Term>
float channel_sum(const Layer& layer, std::int64_t channel, Term term) {
    float sum = 0;
    for (std::int64_t p = 0; p < layer.pixels; ++p) sum += term(p * layer.channels + channel);
    return sum;
}

using OfChannel = std::function<float(std::int64_t)>;

/// The core's own sums over a channel, of z and of z * z.
OfChannel own_sum(const Layer& layer, const Operands& operands) {
    return [layer, z = operands.values(layer.input)](std::int64_t c) {
        return channel_sum(layer, c, [&](std::int64_t i) { return z[i]; });
    };
}
OfChannel own_sum_of_squares(const Layer& layer, const Operands& operands) {
    return [layer, z = operands.values(layer.input)](std::int64_t c) {
        return channel_sum(layer, c, [&](std::int64_t i) { return z[i] * z[i]; });
    };
}

OfChannel vector(const Operands& operands, const std::string& name) {
    return [values = operands.values({name})](std::int64_t c) { return values[c]; };
}

OfChannel mean(const Layer& layer, const Operands& operands) {
    const OfChannel sum = layer.synchronised ? vector(operands, layer.name + ".sum.reduced")
                                             : own_sum(layer, operands);
    return [=](std::int64_t c) { return sum(c) / static_cast<float>(layer.count); };
}

OfChannel variance(const Layer& layer, const Operands& operands) {
    const OfChannel squares = layer.synchronised
                                  ? vector(operands, layer.name + ".sum_of_squares.reduced")
                                  : own_sum_of_squares(layer, operands);
    return [=, mean_of = vector(operands, layer.name + ".mean")](std::int64_t c) {
        const float v = squares(c) / static_cast<float>(layer.count) - mean_of(c) * mean_of(c);
        return v < 0 ? 0 : v;
    };
}

/// Appends an FP32 vector whose element c is function(operands...)(c).
template <class Bind>
void define_vector(const Layer& layer, const std::string& suffix, Definitions& list, Bind bind) {
    list.push_back({layer.name + suffix, "fp32", vector_shape(layer.channels),
                    [bind](const Operands& operands) { return rounded("fp32", bind(operands)); }});
}

void define_statistics(const Structure& structure, const Layer& layer, Definitions& list) {
    if (layer.synchronised) {
        define_vector(layer, ".sum", list,
                      [layer](const Operands& operands) { return own_sum(layer, operands); });
        define_reduction(structure, list);
        define_vector(layer, ".sum_of_squares", list, [layer](const Operands& operands) {
            return own_sum_of_squares(layer, operands);
        });
        define_reduction(structure, list);
    }
    define_vector(layer, ".mean", list,
                  [layer](const Operands& operands) { return mean(layer, operands); });
    define_vector(layer, ".inverse_deviation", list, [layer](const Operands& operands) {
        return [layer, v = variance(layer, operands)](std::int64_t c) {
            return 1.0F / std::sqrt(v(c) + static_cast<float>(layer.epsilon));
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
    const auto count = static_cast<double>(layer.count);
    const float unbiased = layer.count == 1 ? 1.0F : static_cast<float>(count / (count - 1));
    define_vector(layer, ".running_variance.updated", list, [=](const Operands& operands) {
        return [=, v = variance(layer, operands),
                running = operands.values({layer.name + ".running_variance"})](std::int64_t c) {
            return keep * running[c] + weight * (v(c) * unbiased);
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

void define_parameter_gradients(const Structure& structure, const Layer& layer, Definitions& list) {
    define_vector(layer, ".beta_gradient", list, [layer](const Operands& operands) {
        return [layer, dy = operands.values(layer.gradient)](std::int64_t c) {
            return channel_sum(layer, c, [&](std::int64_t i) { return dy[i]; });
        };
    });
    define_reduction(structure, list);
    define_vector(layer, ".gamma_gradient", list, [layer](const Operands& operands) {
        return [layer, dy = operands.values(layer.gradient),
                normalised = Normalised(layer, operands)](std::int64_t c) {
            return channel_sum(layer, c, [&](std::int64_t i) { return dy[i] * normalised[i]; });
        };
    });
    define_reduction(structure, list);
}

}  // namespace

void define_batch_norm_forward(const Structure& structure, std::size_t index, Definitions& list) {
    const Layer layer = layer_of(structure, index);
    if (!structure.options().evaluation) define_statistics(structure, layer, list);
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
    define_parameter_gradients(structure, layer, list);
    if (!structure.makes_input_gradient(index)) return;
    const std::string sum = layer.synchronised ? "_gradient.reduced" : "_gradient";
    list.push_back(
        {layer.name + ".input_gradient", layer.gradient_format, layer.shape,
         [layer, sum](const Operands& operands) {
             return rounded(
                 layer.gradient_format,
                 [normalised = Normalised(layer, operands), dy = operands.values(layer.gradient),
                  gamma = operands.values({layer.name + ".gamma"}),
                  gamma_gradient = operands.values({layer.name + ".gamma" + sum}),
                  beta_gradient = operands.values({layer.name + ".beta" + sum}),
                  count = static_cast<float>(layer.count),
                  channels = layer.channels](std::int64_t i) {
                     const std::int64_t c = i % channels;
                     const float k = gamma[c] * normalised.inverse[c];
                     const float b = beta_gradient[c] / count, g = gamma_gradient[c] / count;
                     return k * ((dy[i] - b) - normalised[i] * g);
                 });
         }});
}

}  // namespace quatrain::golden
