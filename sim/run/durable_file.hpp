// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace quatrain::run {

/// Where write_durably() writes before it renames: in the folder of `file`, through links.
std::filesystem::path temporary_name(const std::filesystem::path& file);

/// Makes `pieces`, one behind the other, the content of `file`. At any moment, also when the
/// process is killed or the power fails, the file has its old content or the new one whole; when
/// this returns, the new one is on the disk. What a killed process has left under the temporary
/// name is overwritten. A link stays, and its target is replaced. Throws std::runtime_error with
/// file and reason, also when another process is writing the file; then nothing is left behind.
void write_durably(const std::filesystem::path& file,
                   const std::vector<std::span<const std::byte>>& pieces);

}  // namespace quatrain::run
