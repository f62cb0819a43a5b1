// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/check.hpp"
#include "workloads/training/graph.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace quatrain::run {

/// The tensors of a graph whose name one of the shell patterns (* and ?) matches, in the order of
/// the graph. Throws std::invalid_argument for a pattern that matches none.
std::vector<training::TensorId> matching_tensors(const training::Graph& graph,
                                                 const std::vector<std::string>& patterns);

/// Writes tensors of a step into a safetensors file, durably: names and shapes as
/// docs/training-step.md has them (those of core c > 0 with ".coreC" behind the name), int32 as
/// I32, every other format as F32: the values of the codes, 4-bit integers without their step and
/// fp4_r4 in the even phase. Throws std::runtime_error with file and reason when it cannot be
/// written.
void export_tensors(const std::filesystem::path& file, const training::Graph& graph,
                    const std::vector<training::TensorId>& ids, const TensorSource& source,
                    const std::map<std::string, std::string>& metadata);

}  // namespace quatrain::run
