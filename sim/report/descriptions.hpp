// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/architecture.hpp"
#include "sim/config/memory.hpp"
#include "sim/config/technology.hpp"
#include "sim/report/table.hpp"

#include <string>

namespace quatrain::report {

/// The tables of `quatrain describe`.
Table network_list();
Table architecture_list();
Table recipe_list();
Table technology_list();
Table memory_list();
Table format_list();
/// Every parameter with its value in `architecture`, unit, range and meaning.
Table parameter_table(config::Architecture architecture);
/// Every event's energy with band, evidence and source; then memories, areas and assumptions.
Table technology_table(const config::Technology& technology);
/// What a machine takes of silicon, by unit, with bands and shares.
Table area_table(const config::Technology& technology, const config::Architecture& architecture);
/// The lines below it: what is left out.
std::string area_notes(const config::Technology& technology,
                       const config::Architecture& architecture);
/// Organisation, energies, times, command buses and rules of a memory, with their sources.
Table memory_table(const config::Memory& memory);

}  // namespace quatrain::report
