// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/architecture.hpp"
#include "sim/config/presets.hpp"
#include "sim/config/technology.hpp"
#include "workloads/training/recipe.hpp"

#include <span>
#include <string>

namespace quatrain::config {

/// Reads a machine: defaults, then the file's keys, then `overrides` ("core.array.rows=64") in
/// order. Throws ConfigError, one line: "FILE:LINE: key 'core.array.rows' = -3: must be at least 1
/// [PE]".
Architecture read_architecture(const Source& source, std::span<const std::string> overrides = {});
/// Reads a recipe; what the file does not give has the default of training::Recipe.
training::Recipe read_recipe(const Source& source);
/// Reads a technology; nothing has a default. Throws ConfigError also when an event's energy is
/// missing.
Technology read_technology(const Source& source);

/// The same, of a preset or a file (see find_source).
Architecture load_architecture(const std::string& name_or_file,
                               std::span<const std::string> overrides = {});
training::Recipe load_recipe(const std::string& name_or_file);
Technology load_technology(const std::string& name_or_file);

}  // namespace quatrain::config
