// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/format.hpp"
#include "sim/energy/area.hpp"
#include "workloads/network/network.hpp"
#include "workloads/training/recipe.hpp"

#include <array>
#include <cstdint>

namespace quatrain::run {

inline constexpr std::size_t precision_count =
    static_cast<std::size_t>(numerics::Precision::thirty_two_bit) + 1;
/// One value per mode of the array, in the order of numerics::Precision.
template <class T>
using PerPrecision = std::array<T, precision_count>;

/// Multiply-accumulates of a step with one image, by the mode that each GEMM needs.
struct PrecisionMix {
    PerPrecision<std::uint64_t> inner{};  ///< of the GEMM layers between the first and the last
    PerPrecision<std::uint64_t> ends{};   ///< of the first and the last GEMM layer

    PerPrecision<std::uint64_t> all() const;
};

/// Of a training step, or of inference. Throws std::invalid_argument as training::build does.
PrecisionMix precision_mix(const network::Network& network, const training::Recipe& recipe,
                           bool training);

/// The modes that the step needs.
energy::Modes modes(const PrecisionMix& mix);

/// MACs per cycle of a whole mode, per area of a PE that has only this mode, in those of one 16-bit
/// lane: the compute density of Fig. 6(c) (Sun et al., NeurIPS 2020), where FP16 is 1. 0 for a mode
/// without lanes.
PerPrecision<double> densities(const config::Technology& technology,
                               const mac_array::Params& params);

/// Time of the MACs at these rates; infinite where a mode is needed that has none.
double time_at(const PerPrecision<std::uint64_t>& macs, const PerPrecision<double>& rates);

}  // namespace quatrain::run
