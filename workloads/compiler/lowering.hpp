// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/emitter.hpp"
#include "workloads/compiler/mapper.hpp"

#include <optional>
#include <string>
#include <vector>

namespace quatrain::compiler {

/// What lowering one operator needs: the graph, where its tensors lie, the machine, and where the
/// code goes.
struct Lowering {
    const training::Graph& graph;
    const std::vector<Placement>& placements;
    const Target& target;
    Mapper& mapper;
    Emitter& emitter;

    const training::Tensor& tensor(training::TensorId id) const { return graph.tensors[id]; }
    std::int64_t dram(training::TensorId id) const { return placements[id].dram_address; }
    /// Address of a scalar in the scalar buffer [bytes]. Throws std::logic_error when the tensor is
    /// none.
    std::int64_t scalar(training::TensorId id) const;
    std::int64_t scalar(std::optional<training::TensorId> id) const;
};

// Lowering of one operator, or of a group; each fills the description of `code` but for its queues.

/// Convolution and fully connected: forward (weight stationary).
void lower_forward(const Lowering& lowering, const training::Operator& op, OperatorCode& code);
/// The gradient of their input (weight stationary), phase by phase when strided.
void lower_backward_data(const Lowering& lowering, const training::Operator& op,
                         OperatorCode& code);
/// The gradient of their weights (output stationary).
void lower_backward_weight(const Lowering& lowering, const training::Operator& op,
                           OperatorCode& code);

/// Weights to codes, both copies.
void lower_weight_quantise(const Lowering& lowering, const training::Operator& op,
                           OperatorCode& code);

/// Max pooling and its backward, in bands of rows of one image.
void lower_max_pool(const Lowering& lowering, const training::Operator& op, OperatorCode& code);
void lower_max_pool_backward(const Lowering& lowering, const training::Operator& op,
                             OperatorCode& code);

/// Operators that touch scalars only. True if `kind` is one.
bool is_scalar_operator(training::OperatorKind kind);
void lower_scalars(const Lowering& lowering, const training::Operator& op, OperatorCode& code);

/// Which slots of a core's mail are next, by what it receives and what it sends.
struct Mail {
    int sum_in = 0, sum_out = 0, total_in = 0, total_out = 0;
    int outgoing = 0;  ///< scalar
};
/// Words at the end of the scalar buffer, for scalars that come in and that go out.
std::int64_t mailed_scalar_bytes(std::int64_t cores);
/// Sums over the cores (docs/several-cores.md, "A reduction"): the code of one core.
void lower_all_reduce(const Lowering& lowering, const training::Operator& op, std::int64_t core,
                      Mail& mail, OperatorCode& code);

/// Everything else: elementwise operators and reductions over rows x columns, which can share their
/// tiles. True if the last of `operators` (indices into Graph::operators) can join the group of
/// those before it: the same rows x columns, at least one tile in common, nothing that waits for a
/// sum of the others, and room for all.
bool joins_group(const Lowering& lowering, const std::vector<std::size_t>& operators);
void lower_tile_group(const Lowering& lowering, const std::vector<std::size_t>& operators,
                      OperatorCode& code);

}  // namespace quatrain::compiler
