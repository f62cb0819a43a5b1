// SPDX-License-Identifier: Apache-2.0
#include "sim/run/safetensors.hpp"

#include "sim/run/durable_file.hpp"
#include "sim/run/safetensors_header.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <limits>
#include <span>
#include <system_error>

namespace quatrain::run {
namespace {

namespace fs = std::filesystem;

struct TypeRow {
    DType type;
    std::string_view name;
    std::int64_t bytes;
};

constexpr std::array<TypeRow, 15> types{{
    {DType::boolean, "BOOL", 1},
    {DType::u8, "U8", 1},
    {DType::i8, "I8", 1},
    {DType::f8_e4m3, "F8_E4M3", 1},
    {DType::f8_e5m2, "F8_E5M2", 1},
    {DType::u16, "U16", 2},
    {DType::i16, "I16", 2},
    {DType::f16, "F16", 2},
    {DType::bf16, "BF16", 2},
    {DType::u32, "U32", 4},
    {DType::i32, "I32", 4},
    {DType::f32, "F32", 4},
    {DType::u64, "U64", 8},
    {DType::i64, "I64", 8},
    {DType::f64, "F64", 8},
}};

const TypeRow& row_of(DType type) {
    return *std::ranges::find(types, type, &TypeRow::type);
}

constexpr std::size_t length_bytes = 8;
using LengthField = std::array<std::byte, length_bytes>;

LengthField encode_length(std::uint64_t length) {
    LengthField field{};
    for (std::size_t i = 0; i < field.size(); ++i)
        field[i] = static_cast<std::byte>(length >> (8 * i));
    return field;
}

std::uint64_t decode_length(const LengthField& field) {
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < field.size(); ++i)
        length |= std::to_integer<std::uint64_t>(field[i]) << (8 * i);
    return length;
}

/// A file that is read from its first byte on, each length held against what is left.
class Source {
public:
    explicit Source(const fs::path& file) : name_(file.string()) {
        std::error_code error;
        const fs::file_status status = fs::status(file, error);
        if (!fs::exists(status)) fail("cannot be read: there is no such file");
        if (fs::is_directory(status)) fail("is a folder: must be a regular file");
        if (!fs::is_regular_file(status)) fail("must be a regular file");
        left_ = fs::file_size(file, error);
        if (error) fail("cannot be read: " + error.message());
        stream_.open(file, std::ios::binary);
        if (!stream_) fail("cannot be read: " + std::generic_category().message(errno));
    }

    std::uint64_t left() const { return left_; }

    /// The caller has made sure that as much is left.
    void read(std::span<std::byte> bytes) {
        stream_.read(reinterpret_cast<char*>(bytes.data()), std::ssize(bytes));
        if (stream_.gcount() != std::ssize(bytes)) fail("cannot be read to its end");
        left_ -= bytes.size();
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw SafeTensorsError(fmt::format("{}: {}", name_, what));
    }

private:
    std::string name_;
    std::ifstream stream_;
    std::uint64_t left_ = 0;  ///< [bytes]
};

std::string read_header(Source& source) {
    if (source.left() < length_bytes)
        source.fail(fmt::format("size = {} bytes: the length of the header takes {}", source.left(),
                                length_bytes));
    LengthField field{};
    source.read(field);
    const std::uint64_t length = decode_length(field);
    if (length > longest_header)
        source.fail(
            fmt::format("header length = {} bytes: must be at most {}", length, longest_header));
    if (length > source.left())
        source.fail(fmt::format("header length = {} bytes: the file has {} bytes behind it", length,
                                source.left()));
    std::string text(length, ' ');
    source.read(std::as_writable_bytes(std::span(text)));
    return text;
}

}  // namespace

std::string_view name(DType type) {
    return row_of(type).name;
}

std::optional<DType> dtype_from_name(std::string_view text) {
    const auto* const row = std::ranges::find(types, text, &TypeRow::name);
    return row == types.end() ? std::nullopt : std::optional(row->type);
}

std::int64_t bytes(DType type) {
    return row_of(type).bytes;
}

std::int64_t elements(const std::vector<std::int64_t>& shape) {
    std::int64_t product = std::ranges::count(shape, 0) > 0 ? 0 : 1;
    for (const std::int64_t size : shape) {
        if (size < 0 || (size > 0 && product > std::numeric_limits<std::int64_t>::max() / size))
            throw std::invalid_argument(fmt::format(
                "shape = {}: sizes must not be negative, nor their product exceed 2^63 - 1",
                text_of(shape)));
        product *= size;
    }
    return product;
}

std::string text_of(const std::vector<std::int64_t>& shape) {
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::vector<std::string> file_order(const SafeTensors& content) {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : content.tensors) names.push_back(name);
    std::ranges::stable_sort(names, std::ranges::greater{}, [&](const std::string& name) {
        return bytes(content.tensors.at(name).dtype);
    });
    return names;
}

void write_safetensors(const fs::path& file, const SafeTensors& content) {
    SafeTensorsHeader header{.tensors = {}, .metadata = content.metadata};
    std::vector<std::span<const std::byte>> pieces(2);
    std::uint64_t position = 0;
    for (const std::string& name : file_order(content)) {
        const SafeTensor& tensor = content.tensors.at(name);
        const std::uint64_t end = position + tensor.data.size();
        header.tensors.push_back({.name = name,
                                  .dtype = tensor.dtype,
                                  .shape = tensor.shape,
                                  .begin = position,
                                  .end = end});
        pieces.emplace_back(tensor.data);
        position = end;
    }
    const std::string text = header_text(header);
    if (text.size() > longest_header)
        throw std::invalid_argument(fmt::format("{}: header length = {} bytes: must be at most {}",
                                                file.string(), text.size(), longest_header));
    try {
        parse_header(text, position, file.string());
    } catch (const SafeTensorsError& error) {
        throw std::invalid_argument(error.what());
    }
    const LengthField length = encode_length(text.size());
    pieces[0] = length;
    pieces[1] = std::as_bytes(std::span(text));
    write_durably(file, pieces);
}

SafeTensors read_safetensors(const fs::path& file) {
    Source source(file);
    const std::string text = read_header(source);
    SafeTensorsHeader header = parse_header(text, source.left(), file.string());
    SafeTensors content{.tensors = {}, .metadata = std::move(header.metadata)};
    for (TensorEntry& entry : header.tensors) {
        SafeTensor tensor{.dtype = entry.dtype, .shape = std::move(entry.shape), .data = {}};
        tensor.data.resize(entry.end - entry.begin);
        source.read(tensor.data);
        content.tensors.emplace(std::move(entry.name), std::move(tensor));
    }
    return content;
}

}  // namespace quatrain::run
