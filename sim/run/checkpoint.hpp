// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/lasting_tensors.hpp"
#include "sim/run/safetensors.hpp"
#include "workloads/golden/step.hpp"
#include "workloads/training/graph.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace quatrain::run {

/// Everything besides the tensors that decides the numbers of a training run, as "name", "value"
/// in an order for people: network, recipe, batch, learning rate, ...
using Settings = std::vector<std::pair<std::string, std::string>>;

/// How far a training run has come.
struct TrainingPosition {
    std::int64_t steps = 0;  ///< done since the start
    std::int64_t epoch = 0;  ///< that the next step belongs to
    std::uint64_t seed = 0;
    bool operator==(const TrainingPosition&) const = default;
};

/// The state of a training run between two steps.
///
/// On disk it is the safetensors file "checkpoint.safetensors": the tensors under their names, in
/// the machine's layout {ky, kx, cin, cout} and {1, 1, 1, C}, fp32 as F32 and int32 as I32; the
/// metadata "format" = "quatrain-checkpoint 1", "steps", "epoch", "seed", "settings"
/// (a line "name = value" for each), "sum.NAME" for each of the sums, and "crc32": eight
/// hexadecimal digits, lower case, of the CRC-32 (polynomial 0x04C11DB7, reflected) over the other
/// metadata by key, key and value, then over each tensor in the order of the file: name, type,
/// number of sizes, sizes, data. Texts and data have their length in front; numbers are 8 bytes,
/// little-endian.
struct Checkpoint {
    golden::Tensors tensors = {};  ///< just those of list_lasting()
    TrainingPosition position = {};
    Settings settings = {};
    /// Running sums of the current epoch by name. A double survives as exact_text() writes it.
    std::map<std::string, std::string> sums = {};
};

/// A double as text from which exact_value() makes the same bits (hexadecimal digits; of a NaN
/// only that it is one). Throws std::invalid_argument for text that is no such number.
std::string exact_text(double value);
double exact_value(const std::string& text);

/// The file of the checkpoint in a folder.
std::filesystem::path checkpoint_file(const std::filesystem::path& folder);

/// Writes the checkpoint into the folder, which must exist, durably: a checkpoint that lies there
/// stays until the new one is whole (write_durably()). Throws std::invalid_argument when tensors
/// are not those of the graph or a setting could not be told from another (a line end in it, " = "
/// in its name, two names alike), std::runtime_error with file and reason when it cannot be
/// written.
void save_checkpoint(const std::filesystem::path& folder, const training::Graph& graph,
                     const Checkpoint& checkpoint);

/// Reads it back. Throws SafeTensorsError for a file that is damaged, no checkpoint or of another
/// version, that was made with other settings than `expected` (naming the first that differs, its
/// value in the file and in this run), or that does not hold the graph's tensors.
Checkpoint load_checkpoint(const std::filesystem::path& folder, const training::Graph& graph,
                           const Settings& expected);

}  // namespace quatrain::run
