// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/ideal.hpp"
#include "workloads/golden/ideal_layers.hpp"
#include "workloads/golden/structure.hpp"

#include <map>
#include <string>
#include <vector>

namespace quatrain::golden {

/// A parameter that is trained.
struct Trained {
    std::string name;
    double decay = 0;
};
/// Those of a node.
std::vector<Trained> trained(const Structure& structure, std::size_t index);

/// A core in an FP64 step: fills `tensors_` node by node, forward and then backward. What it needs
/// of other cores is given to it.
class IdealCore {
public:
    IdealCore(const Structure& structure, const Tensors& inputs)
        : structure_(structure), inputs_(inputs) {}

    /// Any node but batch norm.
    void forward(std::size_t index);
    /// What an evaluation's batch norm is given.
    IdealBatchNorm given_statistics(std::size_t index) const;
    /// Normalises with mean and deviation of `norm`.
    void forward_batch_norm(std::size_t index, const IdealBatchNorm& norm);
    void loss();
    /// Everything but updates and what waits for sums over the cores.
    void backward(std::size_t index);
    /// The rest.
    void backward_behind_sums(std::size_t index);

    const Numbers& source(std::size_t index) const { return output(structure_.producer(index)); }
    Numbers& tensor(const std::string& name) { return tensors_[name]; }
    IdealTensors take() { return std::move(tensors_); }

private:
    Numbers input(const std::string& name) const { return values(inputs_.at(name)); }
    const Numbers& output(std::size_t index) const {
        return tensors_.at(structure_.node(index).name + ".output");
    }
    std::size_t channels(std::size_t index) const {
        return static_cast<std::size_t>(structure_.node(index).output.channels);
    }
    Numbers& made(std::size_t index, const std::string& suffix) {
        return tensors_[structure_.node(index).name + suffix];
    }

    void forward_input(std::size_t index);
    void forward_gemm(std::size_t index);
    void forward_activation(std::size_t index);
    void forward_average_pool(std::size_t index);

    void sum_gradients(std::size_t index);
    void backward_gemm(std::size_t index, const Numbers& dy);
    void backward_batch_norm(std::size_t index, const Numbers& dy);
    void backward_activation(std::size_t index, const Numbers& dy);
    void backward_average_pool(std::size_t index, const Numbers& dy);
    void batch_norm_input_gradient(std::size_t index);
    void update(const Trained& parameter);

    const Structure& structure_;
    const Tensors& inputs_;
    IdealTensors tensors_;
    std::map<std::size_t, IdealBatchNorm> norms_;  ///< by node
};

}  // namespace quatrain::golden
