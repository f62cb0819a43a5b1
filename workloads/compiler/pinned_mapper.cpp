// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/pinned_mapper.hpp"

#include "workloads/compiler/mapping_space.hpp"

#include <fmt/format.h>
#include <variant>

namespace quatrain::compiler {

template <class Wanted>
const Wanted* PinnedMapper::find(const GemmShape& gemm, const Target& target) {
    for (std::size_t i = 0; i < pinned_.size(); ++i) {
        const PinnedMapping& one = pinned_[i];
        if (one.gemm != gemm.id()) continue;
        used_[i] = true;
        const auto& mapping = std::get<Wanted>(one.mapping);
        try {
            tiles_of(gemm, target, mapping);
        } catch (const CompileError& error) {
            throw CompileError(fmt::format("{}: {}", one.where, error.what()));
        }
        return &mapping;
    }
    return nullptr;
}

ActivationMapping PinnedMapper::activation(const GemmShape& gemm, const Target& target,
                                           const Coder<ActivationMapping>& code) {
    const auto* const pinned = find<ActivationMapping>(gemm, target);
    return pinned ? *pinned : others_.activation(gemm, target, code);
}

WeightGradientMapping PinnedMapper::weight_gradient(const GemmShape& gemm, const Target& target,
                                                    const Coder<WeightGradientMapping>& code) {
    const auto* const pinned = find<WeightGradientMapping>(gemm, target);
    return pinned ? *pinned : others_.weight_gradient(gemm, target, code);
}

void PinnedMapper::require_all_used() const {
    for (std::size_t i = 0; i < pinned_.size(); ++i)
        if (!used_[i])
            throw CompileError(fmt::format("{}: layer {}: the step has no {} with phase {} of it",
                                           pinned_[i].where, pinned_[i].gemm.layer,
                                           training::name(pinned_[i].gemm.pass),
                                           pinned_[i].gemm.phase));
}

}  // namespace quatrain::compiler
