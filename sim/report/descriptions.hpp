// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/architecture.hpp"
#include "sim/config/technology.hpp"
#include "sim/report/table.hpp"

namespace quatrain::report {

/// The tables of `quatrain describe`.
Table network_list();
Table architecture_list();
Table recipe_list();
Table technology_list();
Table format_list();
/// Every parameter with its value in `architecture`, unit, range and meaning.
Table parameter_table(config::Architecture architecture);
/// Every event's energy with band, evidence and source; then the memories.
Table technology_table(const config::Technology& technology);

}  // namespace quatrain::report
