// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/training/graph.hpp"

#include <initializer_list>

namespace quatrain::training {

/// Makes the graph of one step, operator by operator in the order of docs/training-step.md. Used
/// once. forward.cpp, backward.cpp and update.cpp hold the three parts, topology.cpp what stands in
/// their place for a topology.
class GraphBuilder {
public:
    /// Throws std::invalid_argument when the recipe does not fit the network.
    GraphBuilder(const network::Network& network, const Recipe& recipe, std::int64_t batch,
                 Mode mode, const Parallel& parallel);
    Graph build();

private:
    using Node = network::Node;
    using TensorIds = std::vector<TensorId>;

    // Tensors. `suffix` is what follows "NODE." in the name.
    TensorId add_tensor(Tensor tensor);
    TensorId image(std::size_t node, const std::string& suffix, Format format,
                   const network::Extent& extent);
    TensorId columns(std::size_t node, const std::string& suffix);
    TensorId scalar(const std::string& name, Format format);
    TensorId constant(const std::string& name, double value);
    TensorId vector_parameter(std::size_t node, const std::string& suffix);
    void add_momentum(std::size_t node, const std::string& suffix);
    TensorId of(std::size_t node, const std::string& suffix) const;
    std::string full_name(std::size_t node, const std::string& suffix) const;
    const Tensor& tensor(TensorId id) const { return graph_.tensors[id]; }

    Operator& add_operator(std::size_t node, OperatorKind kind, Pass pass, TensorIds inputs,
                           TensorIds outputs);
    bool several_cores() const { return graph_.cores > 1; }
    /// Reduces the tensor over the cores, behind the operator that makes it, and gives the sum; on
    /// one core, the tensor itself.
    TensorId reduce(std::size_t node, TensorId tensor, Pass pass);
    /// The tensor's sum over the cores, which reduce() has given.
    TensorId reduced(std::size_t node, const std::string& suffix) const;
    const Node& node_at(std::size_t node) const { return graph_.network.nodes[node]; }
    const network::Extent& input_extent(std::size_t node) const;
    TensorId input_of(std::size_t node, std::size_t operand = 0) const;
    const GemmFormats& formats(std::size_t node) const { return graph_.formats[node]; }
    /// The layer's gradient is quantised under a GradScale.
    bool has_gradscale(std::size_t node) const {
        return network::is_gemm(node_at(node)) && has_scaled_gradient(formats(node));
    }
    bool has_global_scale() const { return graph_.recipe.gradscale == GradScaleScope::global; }
    /// Something before the node learns: it makes an input_gradient.
    bool needs_input_gradient(std::size_t node) const;

    // Forward.
    void forward();
    void forward_input();
    void forward_gemm(std::size_t node);
    void prepare_weights(std::size_t node);
    void forward_batch_norm(std::size_t node);
    void batch_norm_moments(std::size_t node);
    void forward_activation(std::size_t node);
    void forward_add(std::size_t node);
    void forward_pool(std::size_t node);
    void loss();
    void require_operand(std::size_t node, Format format, const std::string& rule) const;

    // Backward.
    void backward();
    /// dy(node) of a node that learns: the sum of what its consumers give.
    TensorId output_gradient(std::size_t node);
    void backward_gemm(std::size_t node, TensorId dy);
    void quantise_gradient(std::size_t node, TensorId dy);
    /// The operand of dX or dW that has this format.
    TensorId gradient_operand(std::size_t node, Format format, bool odd, TensorId dy) const;
    void backward_data(std::size_t node, TensorId dy);
    TensorId backward_weight(std::size_t node, TensorId dy);
    void backward_batch_norm(std::size_t node, TensorId dy);
    void backward_activation(std::size_t node, TensorId dy);
    void backward_pool(std::size_t node, TensorId dy);
    TensorId input_gradient(std::size_t node);

    // Topologies.
    void topology();
    void topology_layer(std::size_t node);
    TensorId operand(std::size_t node, const std::string& suffix, Format format,
                     const std::array<std::int64_t, 4>& shape);

    // Update.
    void update();
    /// What decides on the scales of the gradients: of several cores, and of a global loss scale.
    void votes();
    void least_vote(const TensorIds& votes);
    void update_gradscale(std::size_t node);
    void update_vector(std::size_t node, const std::string& suffix, bool is_weight);
    void update_alpha(std::size_t node);

    Graph graph_;
    const bool training_;
    std::vector<bool> pact_;
    std::vector<Format> relu_;  ///< what a node gives that is ReLU
    std::vector<bool> learns_;  ///< the node or one before it has a parameter
    std::vector<TensorId> outputs_;
    std::vector<std::optional<TensorId>> gradients_;  ///< what node gives to its inputs
};

}  // namespace quatrain::training
