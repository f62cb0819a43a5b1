// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/gemm_shape.hpp"
#include "workloads/compiler/mapping.hpp"

#include <functional>

namespace quatrain::compiler {

/// Chooses how GEMMs are cut into tiles, and in which order these follow each other. That decides
/// about time and energy only: the sums, and so every bit, are the same with all tiles. The
/// mapping's dataflow decides about chunks, and so about bits.
class Mapper {
public:
    /// Makes the code of the GEMM alone, with a mapping that fits: for a mapper that wants to know
    /// what it costs.
    template <class Mapping>
    using Coder = std::function<isa::Queues(const Mapping&)>;

    virtual ~Mapper() = default;
    /// A mapping that fits (tiles_of() throws nothing). Throws CompileError when none does.
    virtual ActivationMapping activation(const GemmShape& gemm, const Target& target,
                                         const Coder<ActivationMapping>& code) = 0;
    virtual WeightGradientMapping weight_gradient(const GemmShape& gemm, const Target& target,
                                                  const Coder<WeightGradientMapping>& code) = 0;
};

}  // namespace quatrain::compiler
