// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/mapper.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace quatrain::compiler {

/// A mapping that the user has chosen for one GEMM.
struct PinnedMapping {
    GemmId gemm;
    Mapping mapping;    ///< the alternative of the GEMM's pass
    std::string where;  ///< file and line, for messages
};

/// Takes pinned mappings where there are, and asks another mapper for the rest.
class PinnedMapper final : public Mapper {
public:
    PinnedMapper(std::vector<PinnedMapping> pinned, Mapper& others)
        : pinned_(std::move(pinned)), used_(pinned_.size()), others_(others) {}

    /// Throw CompileError, with the file and line, for a pinned mapping that does not fit.
    ActivationMapping activation(const GemmShape& gemm, const Target& target,
                                 const Coder<ActivationMapping>& code) override;
    WeightGradientMapping weight_gradient(const GemmShape& gemm, const Target& target,
                                          const Coder<WeightGradientMapping>& code) override;

    /// Throws CompileError for the first pinned mapping that no GEMM has asked for.
    void require_all_used() const;

private:
    template <class Wanted>
    const Wanted* find(const GemmShape& gemm, const Target& target);

    std::vector<PinnedMapping> pinned_;
    std::vector<bool> used_;
    Mapper& others_;
};

}  // namespace quatrain::compiler
