// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/mapper.hpp"

#include <utility>

namespace quatrain::compiler {

/// The mapping with the least estimated time: tiles times the period in which double-buffered tiles
/// can follow each other (array, load and store with the DRAM's latency, drain), or DRAM bytes over
/// bandwidth if that is more, plus filling the first tile and emptying the last. Of the streamer's
/// word limit the preload's counts, which passes of few vectors do not hide; that of the moving
/// operand hardly depends on the tile and is left out. All tiles are double-buffered. Integer
/// arithmetic, first of equals: the same on every host.
class HeuristicMapper final : public Mapper {
public:
    /// `other`: the GEMMs to be mapped in the dataflow that is not the usual one of their pass.
    explicit HeuristicMapper(OtherDataflow other = {}) : other_(std::move(other)) {}

    ActivationMapping activation(const GemmShape& gemm, const Target& target,
                                 const Coder<ActivationMapping>&) override;
    WeightGradientMapping weight_gradient(const GemmShape& gemm, const Target& target,
                                          const Coder<WeightGradientMapping>&) override;

private:
    OtherDataflow other_;
};

}  // namespace quatrain::compiler
