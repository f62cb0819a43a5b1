// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/standard.hpp"
#include "sim/config/presets.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::config {

/// A time that the rules of a memory's file are written with.
struct NamedTiming {
    std::string name;         ///< "tRCD"
    std::int64_t cycles = 0;  ///< [DRAM cycles]
    std::string source;
};

/// A memory's file: the standard, and what people ask about it.
struct Memory {
    dram::Standard standard;
    std::string source;                ///< of whatever has none of its own
    std::vector<NamedTiming> timings;  ///< in file order
    std::string energy_source;
    std::string band_source;  ///< of the factors on the energies
};

/// Reads a memory; nothing has a default but what docs/dram.md, "Memory files", names. Throws
/// ConfigError, one line: "FILE:LINE: key 'timing.tRCD' = -3: must be at least 0". The standard is
/// valid and keeps its bursts apart.
Memory read_memory_file(const Source& source);
dram::Standard read_memory(const Source& source);

/// The same, of a preset or a file (see find_source).
Memory load_memory_file(const std::string& name_or_file);
dram::Standard load_memory(const std::string& name_or_file);

}  // namespace quatrain::config
