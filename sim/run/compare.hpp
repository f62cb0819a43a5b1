// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/energy/energy.hpp"
#include "sim/run/equal_machines.hpp"
#include "sim/run/precision_mix.hpp"
#include "sim/run/run.hpp"
#include "sim/run/step_time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quatrain::run {

/// A machine, a recipe, a network, a batch and a data set's size.
struct ComparePoint {
    std::string label;
    RunOptions options;  ///< numerics, timing, golden and threads are the comparison's
    std::int64_t dataset_images = 0;
};

struct CompareSettings {
    Iso iso = Iso::none;
    /// Simulates steps of this many images and of half as many, and takes every count and time of
    /// the whole batch from the straight line through the two. Absent: the batch itself.
    std::optional<std::int64_t> scale_from = std::nullopt;
    /// Images of the step whose numbers say which multipliers are gated; 0: none are gated.
    std::int64_t activity_batch = 8;
    std::uint64_t seed = 1;
    int threads = 0;  ///< of the numbers; the result never depends on it
};

/// What a comparison says of a point.
struct ComparedStep {
    ComparePoint point;        ///< with the machine that was simulated
    std::size_t base = 0;      ///< index of the row that this one is compared with
    bool on_a_line = false;    ///< not simulated at the batch itself
    std::uint64_t cycles = 0;  ///< of a step
    double seconds = 0;        ///< of a step
    std::uint64_t macs = 0;    ///< of a step
    double gated = 0;          ///< part of the MACs with a zero operand
    EventCounts counts;
    StepTime time;
    energy::EnergyBand energy;  ///< of a step
    std::vector<energy::Sensitivity> sensitivity;
    PrecisionMix mix;
    PerPrecision<double> densities{};
    double array_mm2 = 0;  ///< PEs of all cores
    config::Band area_mm2;

    double steps_per_epoch() const;
    double epoch_seconds() const;
    double joules_per_image() const;  ///< without its band
};

/// Speed-ups over the base, from what the densities of the modes promise to what was measured. Each
/// adds the time of one more class to both machines.
struct SpeedUps {
    double densities = 0;   ///< GEMMs but those of the first and last layer, each in an array of
                            ///< its mode alone, of equal area: Fig. 6(c) of Sun et al.
    double all_layers = 0;  ///< with the first and the last layer
    double array = 0;       ///< on the arrays of the two machines, all their PEs busy
    double mapping = 0, memory = 0, batch_norm = 0, other = 0;
    double measured = 0;  ///< with the optimiser: whole steps
};
/// `step` over `base`, per image.
SpeedUps speed_ups(const ComparedStep& step, const ComparedStep& base);

/// Simulates all points in order. The base of a point is the first one with its network. Progress
/// is told of every simulation; after an interrupt the points that are complete come back. Throws
/// what run() throws, and std::invalid_argument for settings that contradict a point: one line with
/// the point's label.
std::vector<ComparedStep> compare(const std::vector<ComparePoint>& points,
                                  const CompareSettings& settings, Progress& progress);

}  // namespace quatrain::run
