// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/safetensors.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::run {

/// What the header of a safetensors file says of one tensor.
struct TensorEntry {
    std::string name;
    DType dtype = DType::f32;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0, end = 0;  ///< of its data, counted from the header's end [bytes]
};

/// The header of a safetensors file.
struct SafeTensorsHeader {
    std::vector<TensorEntry> tensors;  ///< in the order of their data
    std::map<std::string, std::string> metadata;
};

/// Longest header that is read or written [bytes]; other readers have the same limit.
inline constexpr std::uint64_t longest_header = 100'000'000;

/// The header as JSON, with blanks behind it that make its length a multiple of 8.
std::string header_text(const SafeTensorsHeader& header);

/// Reads the header of a file that has `data_bytes` behind it; `file` is for messages. Throws
/// SafeTensorsError unless the tensors' data lie one behind the other, from the first byte to the
/// last, each as long as its shape and type say.
SafeTensorsHeader parse_header(std::string_view text, std::uint64_t data_bytes,
                               const std::string& file);

}  // namespace quatrain::run
