// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/energy/energy.hpp"

#include <boost/json.hpp>

namespace quatrain::report {

/// {"total": ..., component: ...} [pJ], exact to the femtojoule.
boost::json::object energy_json(const energy::Breakdown& breakdown);

/// Adds "energy_pj", "energy_low_pj" and "energy_high_pj".
void insert_energy(const energy::EnergyBand& energy, boost::json::object& object);

}  // namespace quatrain::report
