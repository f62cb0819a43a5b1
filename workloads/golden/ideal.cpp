// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/ideal.hpp"

#include "workloads/golden/ideal_core.hpp"
#include "workloads/golden/inputs.hpp"

namespace quatrain::golden {
namespace {

using network::Node;
using network::NodeKind;

/// An FP64 step of all cores, which keep in step node by node.
class IdealStep {
public:
    IdealStep(const Structure& structure, std::span<const Tensors> inputs_of_cores)
        : structure_(structure) {
        for (const Tensors& inputs : inputs_of_cores) cores_.emplace_back(structure, inputs);
    }

    std::vector<IdealTensors> run() {
        for (std::size_t i = 0; i < structure_.size(); ++i) forward(i);
        if (structure_.options().training) {
            for (IdealCore& core : cores_) core.loss();
            reduce("loss");
            for (std::size_t i = structure_.size(); i-- > 0;)
                if (structure_.learns(i)) backward(i);
        }
        std::vector<IdealTensors> tensors;
        for (IdealCore& core : cores_) tensors.push_back(core.take());
        return tensors;
    }

private:
    void forward(std::size_t index) {
        if (structure_.node(index).kind == NodeKind::batch_norm) return forward_batch_norm(index);
        for (IdealCore& core : cores_) core.forward(index);
    }

    void forward_batch_norm(std::size_t index) {
        const Node& node = structure_.node(index);
        const auto channels = static_cast<std::size_t>(node.output.channels);
        if (structure_.options().evaluation) {
            for (IdealCore& core : cores_)
                core.forward_batch_norm(index, core.given_statistics(index));
            return;
        }
        std::vector<const Numbers*> parts;
        for (const IdealCore& core : cores_) parts.push_back(&core.source(index));
        if (structure_.synchronised()) {
            const IdealBatchNorm norm(parts, channels, node.epsilon);
            for (IdealCore& core : cores_) core.forward_batch_norm(index, norm);
            return;
        }
        for (std::size_t c = 0; c < cores_.size(); ++c)
            cores_[c].forward_batch_norm(
                index, IdealBatchNorm(std::span(parts).subspan(c, 1), channels, node.epsilon));
    }

    void backward(std::size_t index) {
        for (IdealCore& core : cores_) core.backward(index);
        for (const Trained& parameter : trained(structure_, index))
            reduce(parameter.name + "_gradient");
        for (IdealCore& core : cores_) core.backward_behind_sums(index);
    }

    /// Gives every core the sum over the cores, where there are several.
    void reduce(const std::string& name) {
        if (!structure_.several_cores()) return;
        Numbers sum = cores_[0].tensor(name);
        for (std::size_t c = 1; c < cores_.size(); ++c) {
            const Numbers& term = cores_[c].tensor(name);
            for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += term[i];
        }
        for (IdealCore& core : cores_) core.tensor(structure_.reduced(name)) = sum;
    }

    const Structure& structure_;
    std::vector<IdealCore> cores_;
};

}  // namespace

IdealTensors compute_ideal_step(const network::Network& network, const Options& options,
                                const Tensors& inputs) {
    return compute_ideal_parallel_step(network, options, {&inputs, 1}).at(0);
}

std::vector<IdealTensors> compute_ideal_parallel_step(const network::Network& network,
                                                      const Options& options,
                                                      std::span<const Tensors> inputs_of_cores) {
    const Structure structure(network, options);
    check_inputs(structure, inputs_of_cores);
    return IdealStep(structure, inputs_of_cores).run();
}

}  // namespace quatrain::golden
