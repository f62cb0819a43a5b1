// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/energy/energy.hpp"
#include "sim/run/run.hpp"
#include "sim/run/step_time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quatrain::run {

/// Part of each GEMM's MACs that has a zero operand, by layer and pass.
using GatedFractions = std::map<std::pair<std::string, std::string>, double>;

/// What a comparison keeps of a simulated step.
struct MeasuredStep {
    std::uint64_t cycles = 0;
    std::uint64_t macs = 0;  ///< that the definition needs
    EventCounts counts;      ///< zero_macs of all kinds by the fractions
    StepTime time;
    energy::EnergyBand energy;
    std::vector<energy::Sensitivity> sensitivity;

    /// zero_macs / macs that the array did.
    double gated_fraction() const;
};

/// Times a step of `batch` images without computing its numbers. `gated`: null for none. Nothing
/// after an interrupt. Throws what run() throws.
std::optional<MeasuredStep> measured_step(const RunOptions& options, std::int64_t batch,
                                          const GatedFractions* gated, const std::string& title,
                                          Progress& progress);

/// Computes the numbers of a step of about `batch` images, a multiple of the cores, and looks which
/// operands are zero. Empty after an interrupt.
GatedFractions gated_fractions(const RunOptions& options, std::int64_t batch, std::uint64_t seed,
                               int threads, const std::string& title, Progress& progress);

/// The step that lies `steps` distances beyond `b` on the straight line from `a` through `b`:
/// every count, time and energy. Counts and energies do not fall below zero; a class of time may,
/// by a little, so that the classes add up to the cycles.
MeasuredStep on_line(const MeasuredStep& a, const MeasuredStep& b, std::int64_t steps);

}  // namespace quatrain::run
