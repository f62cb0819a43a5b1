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
        if (one.layer != gemm.layer || one.pass != gemm.pass || one.phase != gemm.phase) continue;
        used_[i] = true;
        const auto* const mapping = std::get_if<Wanted>(&one.mapping);
        if (!mapping)
            throw CompileError(fmt::format("{}: layer {}: {} is of the other dataflow", one.where,
                                           gemm.layer, training::name(gemm.pass)));
        try {
            tiles_of(gemm, target, *mapping);
        } catch (const CompileError& error) {
            throw CompileError(fmt::format("{}: {}", one.where, error.what()));
        }
        return mapping;
    }
    return nullptr;
}

WeightStationaryMapping PinnedMapper::weight_stationary(
    const GemmShape& gemm, const Target& target, const Coder<WeightStationaryMapping>& code) {
    const auto* const pinned = find<WeightStationaryMapping>(gemm, target);
    return pinned ? *pinned : others_.weight_stationary(gemm, target, code);
}

OutputStationaryMapping PinnedMapper::output_stationary(
    const GemmShape& gemm, const Target& target, const Coder<OutputStationaryMapping>& code) {
    const auto* const pinned = find<OutputStationaryMapping>(gemm, target);
    return pinned ? *pinned : others_.output_stationary(gemm, target, code);
}

void PinnedMapper::require_all_used() const {
    for (std::size_t i = 0; i < pinned_.size(); ++i)
        if (!used_[i])
            throw CompileError(fmt::format("{}: layer {}: the step has no {} with phase {} of it",
                                           pinned_[i].where, pinned_[i].layer,
                                           training::name(pinned_[i].pass), pinned_[i].phase));
}

}  // namespace quatrain::compiler
