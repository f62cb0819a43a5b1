// SPDX-License-Identifier: Apache-2.0
#include "sim/run/equal_machines.hpp"

#include "rtl_models/mac_array/timing.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace quatrain::run {
namespace {

double pe_with_registers(const config::Technology& technology, const mac_array::Params& array,
                         const energy::Modes& modes) {
    return energy::pe_area(technology, array, modes).value +
           energy::pe_register_area(technology, array, modes).value;
}

std::int64_t most_columns() {
    for (const ParameterInfo& info : mac_array::parameter_info(mac_array::Params{}))
        if (info.name == "cols") return static_cast<std::int64_t>(info.maximum);
    throw std::logic_error("mac_array has no parameter cols");
}

}  // namespace

double array_area(const config::Technology& technology, const config::Architecture& architecture,
                  const energy::Modes& modes) {
    const mac_array::Params& array = architecture.array;
    return static_cast<double>(architecture.cores * array.rows * array.cols) *
           pe_with_registers(technology, array, modes);
}

config::Architecture with_modes(config::Architecture architecture, const energy::Modes& modes) {
    mac_array::Params& array = architecture.array;
    if (!modes.four_bit) array.lanes_4bit = 0;
    if (!modes.eight_bit) array.lanes_8bit = 0;
    if (!modes.sixteen_bit) array.lanes_16bit = 0;
    if (!modes.thirty_two_bit) array.lanes_32bit = 0;
    return architecture;
}

config::Architecture fit_to_area(const config::Technology& technology,
                                 config::Architecture architecture, const energy::Modes& modes,
                                 double area) {
    config::Architecture fitted = with_modes(std::move(architecture), modes);
    mac_array::Params& array = fitted.array;
    const double column = static_cast<double>(fitted.cores * array.rows) *
                          pe_with_registers(technology, array, modes);
    // A machine compared with itself keeps its columns, whatever the last bit of a division says.
    const double columns = std::floor(area / column * (1 + 1e-9));
    if (columns < 1 || columns > static_cast<double>(most_columns()))
        throw std::invalid_argument(
            fmt::format("architecture {}: {:.6g} um2 of array hold {} columns of {} PEs: must be 1 "
                        "to {}",
                        fitted.name, area, columns, fitted.cores * array.rows, most_columns()));
    array.cols = static_cast<std::int64_t>(columns);
    return fitted;
}

config::Architecture with_pes_of(config::Architecture architecture,
                                 const config::Architecture& base) {
    architecture.cores = base.cores;
    architecture.array.rows = base.array.rows;
    architecture.array.cols = base.array.cols;
    return architecture;
}

}  // namespace quatrain::run
