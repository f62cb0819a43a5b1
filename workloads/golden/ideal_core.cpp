// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/ideal_core.hpp"

#include <algorithm>
#include <stdexcept>

namespace quatrain::golden {

using network::Node;
using network::NodeKind;

std::vector<Trained> trained(const Structure& structure, std::size_t index) {
    const Node& node = structure.node(index);
    const Options& options = structure.options();
    switch (node.kind) {
        case NodeKind::convolution:
            return {{node.name + ".weight", options.weight_decay}};
        case NodeKind::fully_connected:
            if (!node.bias) return {{node.name + ".weight", options.weight_decay}};
            return {{node.name + ".weight", options.weight_decay}, {node.name + ".bias", 0}};
        case NodeKind::batch_norm:
            return {{node.name + ".beta", 0}, {node.name + ".gamma", 0}};
        case NodeKind::activation:
            if (!structure.pact(index)) return {};
            return {{node.name + ".alpha", options.alpha_weight_decay}};
        default:
            return {};
    }
}

void IdealCore::forward(std::size_t index) {
    const Node& node = structure_.node(index);
    switch (node.kind) {
        case NodeKind::input:
            return forward_input(index);
        case NodeKind::convolution:
        case NodeKind::fully_connected:
            return forward_gemm(index);
        case NodeKind::activation:
            return forward_activation(index);
        case NodeKind::max_pool:
            made(index, ".output") = ideal_max_pool(geometry(structure_, index), source(index));
            return;
        case NodeKind::average_pool:
            return forward_average_pool(index);
        case NodeKind::add: {
            Numbers sum = output(node.inputs[0]);
            const Numbers& other = output(node.inputs[1]);
            for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += other[i];
            made(index, ".output") = std::move(sum);
            return;
        }
        case NodeKind::batch_norm:
            throw std::logic_error("layer " + node.name + ": a batch norm needs its statistics");
    }
}

void IdealCore::forward_input(std::size_t index) {
    const Numbers images = input("images"), scale = input("input.scale"),
                  shift = input("input.shift");
    Numbers& result = made(index, ".output");
    for (std::size_t i = 0; i < images.size(); ++i) {
        result.push_back(images[i] * scale[i % scale.size()] + shift[i % shift.size()]);
    }
}

void IdealCore::forward_gemm(std::size_t index) {
    const Node& node = structure_.node(index);
    Numbers result = ideal_forward(geometry(structure_, index), source(index),
                                   input(node.name + ".weight"), structure_.options().threads);
    if (node.kind == NodeKind::fully_connected && node.bias) {
        made(index, ".product") = result;
        const Numbers bias = input(node.name + ".bias");
        for (std::size_t i = 0; i < result.size(); ++i) result[i] += bias[i % bias.size()];
    }
    made(index, ".output") = std::move(result);
}

IdealBatchNorm IdealCore::given_statistics(std::size_t index) const {
    const std::string& name = structure_.node(index).name;
    return {input(name + ".mean"), input(name + ".inverse_deviation")};
}

void IdealCore::forward_batch_norm(std::size_t index, const IdealBatchNorm& norm) {
    const Node& node = structure_.node(index);
    norms_.emplace(index, norm);
    const Numbers gamma = input(node.name + ".gamma"), beta = input(node.name + ".beta");
    Numbers result = norm.normalised(source(index));
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] = result[i] * gamma[i % gamma.size()] + beta[i % beta.size()];
    }
    made(index, ".output") = std::move(result);
    if (structure_.options().evaluation) return;
    made(index, ".mean") = norm.mean;
    made(index, ".inverse_deviation") = norm.inverse_deviation;
    if (!structure_.options().training) return;
    const double unbiased = norm.count == 1 ? 1 : norm.count / (norm.count - 1);
    const Numbers old_mean = input(node.name + ".running_mean");
    const Numbers old_variance = input(node.name + ".running_variance");
    for (std::size_t c = 0; c < channels(index); ++c) {
        made(index, ".running_mean.updated")
            .push_back((1 - node.momentum) * old_mean[c] + node.momentum * norm.mean[c]);
        made(index, ".running_variance.updated")
            .push_back((1 - node.momentum) * old_variance[c] +
                       node.momentum * norm.variance[c] * unbiased);
    }
}

void IdealCore::forward_activation(std::size_t index) {
    Numbers result = source(index);
    for (double& value : result) value = std::max(value, 0.0);
    if (structure_.pact(index)) {
        const double alpha = input(structure_.node(index).name + ".alpha")[0];
        for (double& value : result) value = std::min(value, alpha);
    }
    made(index, ".output") = std::move(result);
}

void IdealCore::forward_average_pool(std::size_t index) {
    const Numbers& x = source(index);
    const std::size_t width = channels(index);
    const auto batch = static_cast<std::size_t>(structure_.options().batch);
    const std::size_t pixels = x.size() / width / batch;
    Numbers result(batch * width);
    for (std::size_t i = 0; i < x.size(); ++i) {
        result[i / (pixels * width) * width + i % width] += x[i] / static_cast<double>(pixels);
    }
    made(index, ".output") = std::move(result);
}

void IdealCore::loss() {
    const IdealLoss loss(output(structure_.size() - 1), inputs_.at("labels").codes,
                         structure_.whole_batch());
    tensors_["loss"] = {loss.loss};
    tensors_["loss.input_gradient"] = loss.gradient;
}

void IdealCore::backward(std::size_t index) {
    if (structure_.contributions(index).size() > 1) sum_gradients(index);
    const Numbers& dy = tensors_.at(structure_.output_gradient(index));
    switch (structure_.node(index).kind) {
        case NodeKind::convolution:
        case NodeKind::fully_connected:
            return backward_gemm(index, dy);
        case NodeKind::batch_norm:
            return backward_batch_norm(index, dy);
        case NodeKind::activation:
            return backward_activation(index, dy);
        case NodeKind::max_pool:
            if (!structure_.makes_input_gradient(index)) return;
            made(index, ".input_gradient") =
                ideal_max_pool_gradient(geometry(structure_, index), source(index), dy);
            return;
        case NodeKind::average_pool:
            return backward_average_pool(index, dy);
        case NodeKind::input:
        case NodeKind::add:
            return;
    }
}

void IdealCore::sum_gradients(std::size_t index) {
    const std::vector<std::string> terms = structure_.contributions(index);
    Numbers sum = tensors_.at(terms[0]);
    for (std::size_t k = 1; k < terms.size(); ++k) {
        const Numbers& term = tensors_.at(terms[k]);
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += term[i];
        const bool last = k + 1 == terms.size();
        made(index, last ? ".output_gradient" : ".output_gradient." + std::to_string(k)) = sum;
    }
}

void IdealCore::backward_gemm(std::size_t index, const Numbers& dy) {
    const Node& node = structure_.node(index);
    const Geometry g = geometry(structure_, index);
    const Options& options = structure_.options();
    if (structure_.makes_input_gradient(index)) {
        made(index, ".input_gradient") =
            ideal_backward_data(g, dy, input(node.name + ".weight"), options.threads);
    }
    made(index, ".weight_gradient") = ideal_backward_weight(g, source(index), dy, options.threads);
    if (node.kind == NodeKind::fully_connected && node.bias)
        made(index, ".bias_gradient") = channel_sums(dy, {}, channels(index));
}

void IdealCore::backward_batch_norm(std::size_t index, const Numbers& dy) {
    made(index, ".beta_gradient") = channel_sums(dy, {}, channels(index));
    made(index, ".gamma_gradient") =
        channel_sums(dy, norms_.at(index).normalised(source(index)), channels(index));
}

void IdealCore::backward_activation(std::size_t index, const Numbers& dy) {
    const bool pact = structure_.pact(index);
    const double alpha = pact ? input(structure_.node(index).name + ".alpha")[0] : 0;
    const Numbers& x = source(index);
    Numbers gradient(dy.size());
    double alpha_gradient = 0;
    for (std::size_t i = 0; i < dy.size(); ++i) {
        if (pact ? x[i] >= 0 && x[i] <= alpha : x[i] > 0) gradient[i] = dy[i];
        if (pact && x[i] >= alpha) alpha_gradient += dy[i];
    }
    if (structure_.makes_input_gradient(index))
        made(index, ".input_gradient") = std::move(gradient);
    if (!pact) return;
    made(index, ".alpha_gradient") = {alpha_gradient};
}

void IdealCore::backward_average_pool(std::size_t index, const Numbers& dy) {
    if (!structure_.makes_input_gradient(index)) return;
    const std::size_t size = source(index).size(), width = channels(index);
    const std::size_t pixels = size / dy.size();
    Numbers gradient(size);
    for (std::size_t i = 0; i < size; ++i) {
        gradient[i] = dy[i / (pixels * width) * width + i % width] / static_cast<double>(pixels);
    }
    made(index, ".input_gradient") = std::move(gradient);
}

void IdealCore::backward_behind_sums(std::size_t index) {
    if (structure_.node(index).kind == NodeKind::batch_norm &&
        structure_.makes_input_gradient(index))
        batch_norm_input_gradient(index);
    for (const Trained& parameter : trained(structure_, index)) update(parameter);
}

void IdealCore::batch_norm_input_gradient(std::size_t index) {
    const std::string& name = structure_.node(index).name;
    const auto sums = [&](const std::string& suffix) {
        const std::string own = name + suffix;
        return tensors_.at(structure_.synchronised() ? structure_.reduced(own) : own);
    };
    const IdealBatchNorm& norm = norms_.at(index);
    made(index, ".input_gradient") = norm.input_gradient(
        tensors_.at(structure_.output_gradient(index)), norm.normalised(source(index)),
        input(name + ".gamma"), sums(".beta_gradient"), sums(".gamma_gradient"));
}

void IdealCore::update(const Trained& parameter) {
    const Options& options = structure_.options();
    const std::string& name = parameter.name;
    const Numbers& gradient = tensors_.at(structure_.reduced(name + "_gradient"));
    Numbers w = input(name), v = input(name + ".momentum");
    for (std::size_t i = 0; i < w.size(); ++i) {
        v[i] = options.momentum * v[i] + gradient[i] + parameter.decay * w[i];
        w[i] -= options.learning_rate * v[i];
    }
    tensors_[name + ".momentum.updated"] = std::move(v);
    tensors_[name + ".updated"] = std::move(w);
}

}  // namespace quatrain::golden
