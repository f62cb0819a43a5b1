// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/result.hpp"
#include "sim/run/training_machine.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace quatrain::run {

/// Energy of steps by component [J], and what the bands make of the total.
struct Joules {
    std::array<double, energy::component_count> value{};
    double low = 0, high = 0;
    double total() const;
    Joules& operator+=(const energy::EnergyBand& band);
};

/// MACs of a GEMM, and those of them that had a zero operand.
struct GatedMacs {
    std::uint64_t all = 0, zero = 0;
};

/// What the timed steps of an epoch cost.
struct TimedSums {
    std::int64_t steps = 0;
    std::uint64_t cycles = 0;
    Joules energy;
    std::map<std::pair<std::string, std::string>, GatedMacs> gated;  ///< by layer and pass
    void add(const RunResult& step);
};

/// What an epoch's steps add up to, so far.
struct EpochSums {
    std::int64_t steps = 0, images = 0, correct = 0;
    double loss = 0;                        ///< sum over the steps
    std::vector<GradientCounts> gradients;  ///< by layer: sums; of max_abs the largest; of
                                            ///< log2_scale that of the last step
    NumericFaults faults;
    std::uint64_t odd_clipped = 0;  ///< gradients that the odd phase clipped
    GoldenCount golden;
    TimedSums timed;

    void add(const StepNumbers& step, std::int64_t step_images);
};

/// The sums as texts that read back to the bit, for a checkpoint. `layers`: those of the gradients.
std::map<std::string, std::string> to_texts(const EpochSums& sums,
                                            const std::vector<std::string>& layers);
/// Throws std::invalid_argument when a text is missing or is no number.
EpochSums from_texts(const std::map<std::string, std::string>& texts,
                     const std::vector<std::string>& layers);

}  // namespace quatrain::run
