// SPDX-License-Identifier: Apache-2.0
#include "sim/run/safetensors_header.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json.hpp>
#include <boost/system/error_code.hpp>
#include <tuple>

namespace quatrain::run {
namespace {

namespace json = boost::json;

constexpr std::string_view metadata_key = "__metadata__";

/// "nothing" for null.
std::string json_shown(const json::value* value) {
    return value == nullptr ? "nothing" : shown(json::serialize(*value));
}

[[noreturn]] void fail(const std::string& file, const std::string& what) {
    throw SafeTensorsError(fmt::format("{}: {}", file, what));
}

[[noreturn]] void fail(const std::string& file, std::string_view tensor, const std::string& what) {
    fail(file, fmt::format("tensor {}, {}", shown(tensor), what));
}

/// Keys of all objects in a value.
std::size_t keys_of(const json::value& value) {
    std::size_t keys = 0;
    if (const json::object* const object = value.if_object()) {
        keys = object->size();
        for (const auto& [key, inner] : *object) keys += keys_of(inner);
    } else if (const json::array* const array = value.if_array()) {
        for (const json::value& inner : *array) keys += keys_of(inner);
    }
    return keys;
}

/// Keys of all objects in a valid JSON text: each has one colon behind it.
std::size_t keys_in(std::string_view text) {
    std::size_t keys = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"')
            in_string = !in_string;
        else if (text[i] == '\\')
            ++i;
        else if (text[i] == ':' && !in_string)
            ++keys;
    }
    return keys;
}

json::object parse_object(std::string_view text, const std::string& file) {
    boost::system::error_code error;
    json::value value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error) fail(file, fmt::format("header: must be JSON: {}", error.message()));
    if (!value.is_object())
        fail(file, fmt::format("header = {}: must be a JSON object", json_shown(&value)));
    // The parser keeps the last of several alike.
    if (keys_of(value) != keys_in(text)) fail(file, "header: no object may have two keys alike");
    for (const auto& [key, entry] : value.get_object()) {
        if (!entry.is_object())
            fail(file, fmt::format("header, {} = {}: must be a JSON object", shown(key),
                                   json_shown(&entry)));
    }
    return std::move(value.get_object());
}

std::map<std::string, std::string> read_metadata(const json::object& object,
                                                 const std::string& file) {
    std::map<std::string, std::string> metadata;
    for (const auto& [key, value] : object) {
        if (!value.is_string())
            fail(file,
                 fmt::format("metadata {} = {}: must be a string", shown(key), json_shown(&value)));
        metadata.emplace(key, value.get_string());
    }
    return metadata;
}

/// The non-negative integers of an array; nullopt when the value is anything else.
std::optional<std::vector<std::int64_t>> integers(const json::value* value) {
    if (value == nullptr || !value->is_array()) return std::nullopt;
    std::vector<std::int64_t> numbers;
    for (const json::value& element : value->get_array()) {
        if (!element.is_int64() || element.get_int64() < 0) return std::nullopt;
        numbers.push_back(element.get_int64());
    }
    return numbers;
}

TensorEntry read_entry(const std::string& name, const json::object& object,
                       const std::string& file) {
    constexpr std::size_t keys = 3;
    const json::value* const type = object.if_contains("dtype");
    const auto known = type != nullptr && type->is_string()
                           ? dtype_from_name(std::string_view(type->get_string()))
                           : std::nullopt;
    if (!known)
        fail(file, name, fmt::format("dtype = {}: is no type of Quatrain's", json_shown(type)));
    const auto shape = integers(object.if_contains("shape"));
    if (!shape)
        fail(file, name,
             fmt::format("shape = {}: must be an array of sizes from 0 to 2^63 - 1",
                         json_shown(object.if_contains("shape"))));
    const auto offsets = integers(object.if_contains("data_offsets"));
    if (!offsets || offsets->size() != 2)
        fail(file, name,
             fmt::format("data_offsets = {}: must be the first byte and the byte behind the last",
                         json_shown(object.if_contains("data_offsets"))));
    if (object.size() != keys)
        fail(file, name, "keys: must be dtype, shape and data_offsets, and nothing else");
    return {.name = name,
            .dtype = *known,
            .shape = *shape,
            .begin = static_cast<std::uint64_t>((*offsets)[0]),
            .end = static_cast<std::uint64_t>((*offsets)[1])};
}

/// Whether the shape takes just as many bytes, without overflow.
bool takes(const TensorEntry& entry, std::uint64_t size) {
    std::int64_t count = 0;
    try {
        count = elements(entry.shape);
    } catch (const std::invalid_argument&) {
        return false;
    }
    const auto width = static_cast<std::uint64_t>(bytes(entry.dtype));
    return size % width == 0 && size / width == static_cast<std::uint64_t>(count);
}

/// The data must lie one behind the other, from the first byte to the last.
void check_offsets(const SafeTensorsHeader& header, std::uint64_t data_bytes,
                   const std::string& file) {
    std::uint64_t position = 0;
    for (const TensorEntry& entry : header.tensors) {
        const auto refuse = [&](const std::string& rule) {
            fail(file, entry.name,
                 fmt::format("data_offsets = [{}, {}]: {}", entry.begin, entry.end, rule));
        };
        if (entry.begin > entry.end) refuse("must not end before they begin");
        if (entry.end > data_bytes)
            refuse(fmt::format("the file has {} bytes behind its header", data_bytes));
        if (!takes(entry, entry.end - entry.begin))
            refuse(fmt::format("must be as long as shape {} of {} takes",
                               shown(text_of(entry.shape)), name(entry.dtype)));
        if (entry.begin != position)
            refuse(fmt::format("must begin at {}, where the tensor before ends", position));
        position = entry.end;
    }
    if (position != data_bytes)
        fail(file, fmt::format("data = {} bytes: the tensors of the header take {}", data_bytes,
                               position));
}

}  // namespace

std::string shown(std::string_view text) {
    constexpr std::size_t longest = 100;
    std::string result(text.substr(0, longest));
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    std::ranges::replace_if(result, is_control, '?');
    return text.size() > longest ? result + "..." : result;
}

std::string header_text(const SafeTensorsHeader& header) {
    constexpr std::size_t alignment = 8;
    json::object object;
    if (!header.metadata.empty()) {
        json::object& metadata = object[metadata_key].emplace_object();
        for (const auto& [key, value] : header.metadata) metadata.emplace(key, value);
    }
    for (const TensorEntry& entry : header.tensors) {
        object[entry.name] = {{"dtype", name(entry.dtype)},
                              {"shape", json::array(entry.shape.begin(), entry.shape.end())},
                              {"data_offsets", {entry.begin, entry.end}}};
    }
    std::string text = json::serialize(object);
    text.resize((text.size() + alignment - 1) / alignment * alignment, ' ');
    return text;
}

SafeTensorsHeader parse_header(std::string_view text, std::uint64_t data_bytes,
                               const std::string& file) {
    SafeTensorsHeader header;
    for (const auto& [key, value] : parse_object(text, file)) {
        if (std::string_view(key) == metadata_key)
            header.metadata = read_metadata(value.get_object(), file);
        else
            header.tensors.push_back(read_entry(std::string(key), value.get_object(), file));
    }
    // Empty tensors may share their offset, with one another and with the tensor behind them.
    std::ranges::sort(header.tensors, {}, [](const TensorEntry& entry) {
        return std::tie(entry.begin, entry.end, entry.name);
    });
    check_offsets(header, data_bytes, file);
    return header;
}

}  // namespace quatrain::run
