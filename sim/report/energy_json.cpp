// SPDX-License-Identifier: Apache-2.0
#include "sim/report/energy_json.hpp"

#include "sim/report/json_text.hpp"

namespace quatrain::report {

boost::json::object energy_json(const energy::Breakdown& breakdown) {
    boost::json::object object{{"total", exact_thousandths(breakdown.total())}};
    for (std::size_t i = 0; i < energy::component_count; ++i) {
        const auto component = static_cast<energy::Component>(i);
        object[energy::name(component)] = exact_thousandths(breakdown[component]);
    }
    return object;
}

void insert_energy(const energy::EnergyBand& energy, boost::json::object& object) {
    object["energy_pj"] = energy_json(energy.value);
    object["energy_low_pj"] = energy_json(energy.low);
    object["energy_high_pj"] = energy_json(energy.high);
}

}  // namespace quatrain::report
