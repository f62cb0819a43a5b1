// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/architecture.hpp"
#include "sim/config/technology.hpp"
#include "sim/energy/area.hpp"

#include <boost/describe.hpp>
#include <string_view>

namespace quatrain::run {

/// What the machines of a comparison have in common.
BOOST_DEFINE_ENUM_CLASS(Iso, none, area, pe)

/// Area of the arrays of all cores with these modes built: arithmetic and registers of the PEs
/// [um2].
double array_area(const config::Technology& technology, const config::Architecture& architecture,
                  const energy::Modes& modes);

/// The architecture without the lanes of the modes that are not needed.
config::Architecture with_modes(config::Architecture architecture, const energy::Modes& modes);

/// The architecture whose array takes no more area than `area` [um2]: as many columns as fit, the
/// same rows, only the modes that are needed. Rows stay, because they decide the length of chunks
/// and so the numbers. Throws std::invalid_argument when not one column fits, or the columns exceed
/// what the parameter takes.
config::Architecture fit_to_area(const config::Technology& technology,
                                 config::Architecture architecture, const energy::Modes& modes,
                                 double area);

/// The architecture with the cores, rows and columns of `base`.
config::Architecture with_pes_of(config::Architecture architecture,
                                 const config::Architecture& base);

}  // namespace quatrain::run
