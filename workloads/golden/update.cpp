// SPDX-License-Identifier: Apache-2.0
// Rule 14: stochastic gradient descent with momentum and weight decay.
#include "workloads/golden/convolution.hpp"
#include "workloads/golden/definition.hpp"

#include <cmath>
#include <optional>

namespace quatrain::golden {
namespace {

using network::NodeKind;

struct Parameter {
    std::string name, gradient;
    Shape shape;
    std::optional<float> decay;
    std::string clip;  ///< scalar beyond whose value a weight gets no gradient, empty if none
    float learning_rate = 0, momentum = 0;
};

/// Operands of the update of one parameter.
struct Update {
    Update(const Parameter& rule, const Operands& operands)
        : parameter(rule),
          w(operands.values({rule.name})),
          v(operands.values({rule.name + ".momentum"})),
          g(operands.values({rule.gradient})),
          clip(rule.clip.empty() ? 0 : operands.scalar(rule.clip)) {}

    float velocity(std::int64_t i) const {
        const bool masked = !parameter.clip.empty() && std::fabs(w[i]) > clip;
        float d = masked ? 0.0F : g[i];
        if (parameter.decay) d = d + *parameter.decay * w[i];
        return parameter.momentum * v[i] + d;
    }
    float value(std::int64_t i) const { return w[i] - parameter.learning_rate * velocity(i); }

    Parameter parameter;
    Values w, v, g;
    float clip;
};

void define_parameter(const Parameter& parameter, Definitions& list) {
    list.push_back({parameter.name + ".momentum.updated", "fp32", parameter.shape,
                    [parameter](const Operands& operands) {
                        return rounded("fp32", [update = Update(parameter, operands)](
                                                   std::int64_t i) { return update.velocity(i); });
                    }});
    list.push_back({parameter.name + ".updated", "fp32", parameter.shape,
                    [parameter](const Operands& operands) {
                        return rounded("fp32", [update = Update(parameter, operands)](
                                                   std::int64_t i) { return update.value(i); });
                    }});
}

}  // namespace

void define_update(const Structure& structure, std::size_t index, Definitions& list) {
    const network::Node& node = structure.node(index);
    const Options& options = structure.options();
    const auto define = [&](const std::string& suffix, const Shape& shape,
                            std::optional<double> decay, const std::string& clip) {
        Parameter parameter{node.name + suffix,
                            structure.reduced(node.name + suffix + "_gradient"),
                            shape,
                            {},
                            clip,
                            static_cast<float>(options.learning_rate),
                            static_cast<float>(options.momentum)};
        if (decay) parameter.decay = static_cast<float>(*decay);
        define_parameter(parameter, list);
    };
    const Shape vector = vector_shape(node.output.channels);
    if (structure.gemm(index)) {
        const Geometry g = geometry(structure, index);
        const bool clips = structure.int4_weights(index) && options.clip_weight_gradient;
        define(".weight", {g.kernel, g.kernel, g.in.channels, g.out.channels}, options.weight_decay,
               clips ? node.name + ".weight_alpha" : "");
        if (node.kind == NodeKind::fully_connected && node.bias) define(".bias", vector, {}, "");
    } else if (node.kind == NodeKind::batch_norm) {
        define(".gamma", vector, {}, "");
        define(".beta", vector, {}, "");
    } else if (structure.pact(index)) {
        define(".alpha", {1, 1, 1, 1}, options.alpha_weight_decay, "");
    }
}

}  // namespace quatrain::golden
