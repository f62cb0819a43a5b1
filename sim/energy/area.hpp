// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/mac_array/timing.hpp"
#include "sim/config/architecture.hpp"
#include "sim/config/technology.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::energy {

/// Precision modes of a processing element.
struct Modes {
    bool four_bit = false, eight_bit = false, sixteen_bit = false, thirty_two_bit = false;
    bool operator==(const Modes&) const = default;
};
/// Those that are built: with lanes.
Modes built_modes(const mac_array::Params& params);

/// Area of the arithmetic of one PE with `modes`, each with its lanes of `params`, in PEs with one
/// 16-bit lane. A fixed-point pipeline for the 4-bit mode stands beside a floating-point pipeline
/// that the others share, as large as the largest of them (RaPiD: separate pipelines). Throws
/// std::invalid_argument for a mode of `modes` without lanes.
config::Band relative_pe_area(const config::Technology& technology, const mac_array::Params& params,
                              const Modes& modes);
/// The same, without the registers around it [um2].
config::Band pe_area(const config::Technology& technology, const mac_array::Params& params,
                     const Modes& modes);
/// Registers of one PE: moving, stationary and result, as wide as the widest of `modes` [um2].
config::Band pe_register_area(const config::Technology& technology, const mac_array::Params& params,
                              const Modes& modes);

/// Units that are alike.
struct AreaRow {
    std::string unit;  ///< "PE arithmetic", "moving buffer"
    std::int64_t count = 0;
    config::Band each;  ///< [um2]
    bool is_memory = false;
    config::Evidence evidence = config::Evidence::derived;
    std::string source;
};

/// What a machine takes of silicon, all cores and the scratchpad. A unit has no more lanes than its
/// core has PEs: more stand for work that takes no time (machines that count as SCALE-Sim does).
struct AreaReport {
    std::vector<AreaRow> rows;
    std::vector<std::string> left_out;  ///< units without a figure
    config::Band square_millimetres() const;
    config::Band logic_square_millimetres() const;  ///< all but the memories
};
AreaReport area(const config::Technology& technology, const config::Architecture& architecture);

}  // namespace quatrain::energy
