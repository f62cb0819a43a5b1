// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::run {

/// Types of an element in a safetensors file.
enum class DType : std::uint8_t {
    boolean,
    u8,
    i8,
    f8_e4m3,
    f8_e5m2,
    u16,
    i16,
    f16,
    bf16,
    u32,
    i32,
    f32,
    u64,
    i64,
    f64,
};

/// As the format spells it, for example "BF16".
std::string_view name(DType type);
/// Inverse of name(); nullopt when no type has this name.
std::optional<DType> dtype_from_name(std::string_view text);
/// Storage of one element [bytes].
std::int64_t bytes(DType type);

/// Elements of a shape; 1 for that of a scalar, []. Throws std::invalid_argument for a negative
/// size or a product beyond 2^63 - 1.
std::int64_t elements(const std::vector<std::int64_t>& shape);
/// As a message shows it: "[3, 3]".
std::string text_of(const std::vector<std::int64_t>& shape);

/// Dense, row-major, elements little-endian.
struct SafeTensor {
    DType dtype = DType::f32;
    std::vector<std::int64_t> shape;
    std::vector<std::byte> data;
    bool operator==(const SafeTensor&) const = default;
};

/// What a safetensors file holds.
struct SafeTensors {
    std::map<std::string, SafeTensor> tensors;
    std::map<std::string, std::string> metadata;
    bool operator==(const SafeTensors&) const = default;
};

/// A file whose content is not what it must be: one line with the file, what is wrong in it, the
/// value and the rule.
struct SafeTensorsError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Text out of a file as a message of one line can show it: without control characters, and cut
/// where it is long.
std::string shown(std::string_view text);

/// The names in the order in which write_safetensors() writes the data: by size of an element,
/// large ones first, so that every element is aligned; then by name.
std::vector<std::string> file_order(const SafeTensors& content);

/// Writes the file durably (write_durably()): the same content gives the same bytes. Throws
/// std::invalid_argument where read_safetensors() would refuse the file (data that do not match a
/// shape, text that is no UTF-8, a tensor "__metadata__"), std::runtime_error with file and reason
/// when it cannot be written.
void write_safetensors(const std::filesystem::path& file, const SafeTensors& content);

/// Reads any file of the format (https://github.com/huggingface/safetensors). Nothing is allocated
/// by a length that was not held against the size of the file. Throws SafeTensorsError.
SafeTensors read_safetensors(const std::filesystem::path& file);

}  // namespace quatrain::run
