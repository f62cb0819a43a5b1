// SPDX-License-Identifier: Apache-2.0
#include "workloads/training/graph_builder.hpp"

namespace quatrain::training {

using network::NodeKind;

/// Of the layers in network order, before the loss.
void GraphBuilder::votes() {
    TensorIds all;
    for (std::size_t i = 0; i < graph_.network.nodes.size(); ++i) {
        if (!has_gradscale(i)) continue;
        const TensorId vote = scalar(full_name(i, "gradscale_vote"), Format::int32);
        add_operator(i, OperatorKind::gradscale_vote, Pass::update, {of(i, "gradient_max")},
                     {vote});
        if (has_global_scale())
            all.push_back(vote);
        else
            reduce(i, vote, Pass::update);
    }
    if (!all.empty()) least_vote(all);
}

void GraphBuilder::least_vote(const TensorIds& votes) {
    const std::size_t network = graph_.network.nodes.size();
    const TensorId least = scalar("gradscale_vote", Format::int32);
    Operator& least_of_all =
        add_operator(network, OperatorKind::gradscale_least, Pass::update, votes, {least});
    least_of_all.name = "gradscale";
    reduce(network, least, Pass::update);
}

void GraphBuilder::update_gradscale(std::size_t node) {
    if (!several_cores() && !has_global_scale()) {
        add_operator(node, OperatorKind::gradscale_update, Pass::update,
                     {of(node, "gradscale_log2"), of(node, "gradient_max")},
                     {scalar(full_name(node, "gradscale_vote"), Format::int32)});
        return;
    }
    const std::string vote =
        has_global_scale() ? "gradscale_vote" : full_name(node, "gradscale_vote");
    add_operator(
        node, OperatorKind::gradscale_apply, Pass::update,
        {of(node, "gradscale_log2"), graph_.by_name.at(several_cores() ? vote + ".reduced" : vote)},
        {});
}

void GraphBuilder::update() {
    if (several_cores() || has_global_scale()) votes();
    reduce(graph_.network.nodes.size(), graph_.by_name.at("loss"), Pass::update);
    for (std::size_t i = 0; i < graph_.network.nodes.size(); ++i) {
        const Node& node = node_at(i);
        if (network::is_gemm(node)) {
            update_vector(i, "weight", true);
            if (node.kind == NodeKind::fully_connected && node.bias)
                update_vector(i, "bias", false);
            if (has_gradscale(i)) update_gradscale(i);
        }
        if (node.kind == NodeKind::batch_norm) {
            update_vector(i, "gamma", false);
            update_vector(i, "beta", false);
        }
        if (pact_[i]) update_alpha(i);
    }
}

void GraphBuilder::update_vector(std::size_t node, const std::string& suffix, bool is_weight) {
    const Recipe& recipe = graph_.recipe;
    TensorIds inputs{reduced(node, suffix + "_gradient"), of(node, suffix),
                     of(node, suffix + ".momentum"),
                     constant("optimiser.learning_rate", recipe.learning_rate),
                     constant("optimiser.momentum", recipe.momentum)};
    std::optional<TensorId> decay, mask;
    if (is_weight) {
        decay = constant("optimiser.weight_decay", recipe.weight_decay);
        inputs.push_back(*decay);
        if (has_int4_weights(formats(node)) && recipe.clip_weight_gradient) {
            mask = of(node, "weight_alpha");
            inputs.push_back(*mask);
        }
    }
    Operator& sgd = add_operator(node, OperatorKind::sgd, Pass::update, std::move(inputs), {});
    sgd.weight_decay = decay;
    sgd.alpha_mask = mask;
}

void GraphBuilder::update_alpha(std::size_t node) {
    const Recipe& recipe = graph_.recipe;
    const TensorId decay = constant("optimiser.alpha_weight_decay", recipe.alpha_weight_decay);
    add_operator(node, OperatorKind::sgd_scalar, Pass::update,
                 {reduced(node, "alpha_gradient"), of(node, "alpha"), of(node, "alpha.momentum"),
                  constant("optimiser.learning_rate", recipe.learning_rate),
                  constant("optimiser.momentum", recipe.momentum), decay},
                 {})
        .weight_decay = decay;
}

}  // namespace quatrain::training
