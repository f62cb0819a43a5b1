// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/operands.hpp"
#include "workloads/golden/step.hpp"

#include <string>
#include <vector>

namespace quatrain::golden {

using Shape = std::array<std::int64_t, 4>;

/// What the training-step page derives from a network and its formats: which tensors exist, and in
/// what format. Refers to the network and the options, which must outlive it.
class Structure {
public:
    /// Throws std::invalid_argument ("layer NAME: ..." or "FIELD = ...: ...") when a rule of the
    /// page is broken.
    Structure(const network::Network& network, const Options& options);

    const network::Network& network() const { return network_; }
    const Options& options() const { return options_; }
    std::size_t size() const { return network_.nodes.size(); }
    const network::Node& node(std::size_t index) const { return network_.nodes[index]; }
    /// The node that feeds the node (its first input).
    std::size_t producer(std::size_t index) const { return node(index).inputs.at(0); }
    std::int64_t pixels(std::size_t index) const;
    bool several_cores() const { return options_.cores > 1; }
    std::int64_t whole_batch() const { return options_.batch * options_.cores; }
    /// Batch norm takes mean and deviation over all cores.
    bool synchronised() const {
        return several_cores() && options_.synchronised_batch_norm && !options_.evaluation;
    }
    /// Name of the tensor's sum over the cores; of one core, the tensor's own.
    std::string reduced(const std::string& name) const {
        return several_cores() ? name + ".reduced" : name;
    }
    Shape output_shape(std::size_t index) const;

    bool gemm(std::size_t index) const;
    /// Formats of a GEMM layer.
    const LayerFormats& formats(std::size_t index) const { return options_.formats[index]; }
    /// The layer's weights are codes under a step.
    bool int4_weights(std::size_t index) const {
        return gemm(index) && formats(index).weight == "int4";
    }
    /// The layer has a GradScale.
    bool scaled_gradient(std::size_t index) const;
    /// Codes of rule 12 that the layer makes.
    bool makes_even(std::size_t index) const { return formats(index).gradient_data == "fp4_r4"; }
    bool makes_odd(std::size_t index) const {
        return formats(index).gradient_weight == "fp4_r4" && formats(index).two_phase;
    }
    bool makes_fp8(std::size_t index) const {
        return formats(index).gradient_data == "fp8_152" ||
               formats(index).gradient_weight == "fp8_152";
    }
    /// Lanes of the mode that multiplies such operands. Throws std::invalid_argument when there are
    /// none, or when the accumulators are int32 and the mode is not that of 4 bits.
    std::int64_t lanes(std::size_t index, const std::string& a, const std::string& b) const;
    /// The activation is PACT (rule 5).
    bool pact(std::size_t index) const { return pact_[index]; }
    /// The node's output, with its step when it is uint4.
    Source output(std::size_t index) const;
    std::string output_format(std::size_t index) const;

    /// A parameter is trained in this node or before it, so its output has a gradient.
    bool learns(std::size_t index) const { return learns_[index]; }
    /// The node makes `n.input_gradient`.
    bool makes_input_gradient(std::size_t index) const;
    /// Gradients that are added up to the gradient of the node's output, in the order of addition.
    std::vector<std::string> contributions(std::size_t index) const;
    /// Name of the gradient of the node's output, dy(n).
    std::string output_gradient(std::size_t index) const;

private:
    /// A GEMM layer that takes the format is reached from the node (rule 5).
    bool reaches(std::size_t index, const std::string& format) const;
    /// The activation whose codes a node passes on: itself, or through max pooling; size() when it
    /// passes none.
    std::size_t code_origin(std::size_t index) const;
    void check_options() const;
    void check_layer(std::size_t index) const;
    void check_gemm(std::size_t index) const;
    void check_modes(std::size_t index) const;

    const network::Network& network_;
    const Options& options_;
    std::vector<std::vector<std::size_t>> consumers_;
    std::vector<bool> pact_, learns_;
    std::vector<std::string> relu_;  ///< format of an activation's output that is ReLU
};

/// A gradient of this format is quantised under the layer's GradScale.
bool is_scaled(const std::string& gradient);

/// Bits of the mode that multiplies operands of these formats: those of the wider one.
int mode_bits(const std::string& a, const std::string& b);

}  // namespace quatrain::golden
