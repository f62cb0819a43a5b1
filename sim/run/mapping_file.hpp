// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/compiler.hpp"
#include "workloads/compiler/pinned_mapper.hpp"

#include <string>
#include <vector>

namespace quatrain::run {

/// The mappings of a file as mapping_yaml() writes it; it may name some of the GEMMs only. Throws
/// config::ConfigError with file, line, key, value and rule.
std::vector<compiler::PinnedMapping> read_mappings(const std::string& path);

/// The mapping of every GEMM of a program, as YAML (docs/mapper.md).
std::string mapping_yaml(const compiler::Program& program);

}  // namespace quatrain::run
