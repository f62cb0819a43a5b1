// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/report/table.hpp"
#include "sim/run/compare.hpp"

#include <span>
#include <string>

namespace quatrain::report {

/// Everything that `quatrain compare` says of the points, for people: time and energy, where the
/// speed-up goes, time and energy by part, the figures that move the energy most.
std::string compare_text(std::span<const run::ComparedStep> steps,
                         const run::CompareSettings& settings);

/// The same for programs, one row per point; headings carry units.
Table compare_table(std::span<const run::ComparedStep> steps);

/// {"version", "command": "compare", "iso", "points": [...]}, integers exact, energies in pJ.
std::string compare_json(std::span<const run::ComparedStep> steps,
                         const run::CompareSettings& settings);

}  // namespace quatrain::report
