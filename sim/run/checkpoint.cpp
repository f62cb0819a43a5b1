// SPDX-License-Identifier: Apache-2.0
#include "sim/run/checkpoint.hpp"

#include "sim/run/tensors.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <boost/crc.hpp>
#include <charconv>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace quatrain::run {
namespace {

namespace fs = std::filesystem;

constexpr const char* format_key = "format";
constexpr const char* crc_key = "crc32";
constexpr std::string_view format_name = "quatrain-checkpoint";
constexpr std::string_view format_version = "quatrain-checkpoint 1";
constexpr std::string_view sum_prefix = "sum.";

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
    throw SafeTensorsError(fmt::format("{}: {}", file.string(), what));
}

DType dtype_of(const training::Tensor& tensor) {
    if (tensor.format == numerics::Format::fp32) return DType::f32;
    if (tensor.format == numerics::Format::int32) return DType::i32;
    throw std::invalid_argument(fmt::format("tensor {}, format = {}: a checkpoint has fp32, int32",
                                            tensor.name, numerics::name(tensor.format)));
}

std::vector<std::int64_t> shape_of(const training::Tensor& tensor) {
    return {tensor.shape.begin(), tensor.shape.end()};
}

/// The CRC-32 of numbers, texts and data, each of which tells its length.
class Checksum {
public:
    void add(std::uint64_t number) {
        for (int i = 0; i < 8; ++i)
            crc_.process_byte(static_cast<unsigned char>(number >> (8 * i)));
    }
    void add(std::string_view text) { add_bytes(text.data(), text.size()); }
    void add(const std::vector<std::byte>& data) { add_bytes(data.data(), data.size()); }
    std::string text() const { return fmt::format("{:08x}", crc_.checksum()); }

private:
    void add_bytes(const void* data, std::size_t size) {
        add(size);
        crc_.process_bytes(data, size);
    }

    boost::crc_32_type crc_;
};

/// Over everything but the checksum itself.
std::string checksum(const SafeTensors& content) {
    Checksum sum;
    for (const auto& [key, value] : content.metadata) {
        if (key == crc_key) continue;
        sum.add(key);
        sum.add(value);
    }
    for (const std::string& name : file_order(content)) {
        const SafeTensor& tensor = content.tensors.at(name);
        sum.add(name);
        sum.add(run::name(tensor.dtype));
        sum.add(tensor.shape.size());
        for (const std::int64_t size : tensor.shape) sum.add(static_cast<std::uint64_t>(size));
        sum.add(tensor.data);
    }
    return sum.text();
}

std::string settings_text(const Settings& settings) {
    std::set<std::string> names;
    std::string text;
    for (const auto& [name, value] : settings) {
        if (name.find('\n') != std::string::npos || value.find('\n') != std::string::npos ||
            name.find(" = ") != std::string::npos || !names.insert(name).second)
            throw std::invalid_argument(
                fmt::format("setting {} = {}: must be one line, under a name of its own without "
                            "\" = \"",
                            name, value));
        text += fmt::format("{} = {}\n", name, value);
    }
    return text;
}

Settings parse_settings(const std::string& text, const fs::path& file) {
    constexpr std::string_view between = " = ";
    Settings settings;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t position = line.find(between);
        if (position == std::string::npos)
            fail(file, fmt::format("setting {}: must be \"name = value\"", shown(line)));
        settings.emplace_back(line.substr(0, position), line.substr(position + between.size()));
    }
    return settings;
}

const std::string* find(const Settings& settings, const std::string& name) {
    const auto found = std::ranges::find(settings, name, &Settings::value_type::first);
    return found == settings.end() ? nullptr : &found->second;
}

void check_settings(const Settings& saved, const Settings& expected, const fs::path& file) {
    constexpr const char* rule = "a run goes on only under the settings that it began with";
    for (const auto& [name, value] : expected) {
        const std::string* const other = find(saved, name);
        if (other == nullptr)
            fail(file, fmt::format("{} is not set, this run has {}: {}", name, value, rule));
        if (*other != value)
            fail(file,
                 fmt::format("{} = {}, this run has {}: {}", name, shown(*other), value, rule));
    }
    for (const auto& [name, value] : saved) {
        if (find(expected, name) == nullptr)
            fail(file, fmt::format("{} = {}, this run does not have it: {}", shown(name),
                                   shown(value), rule));
    }
}

const std::string& value_of(const SafeTensors& content, const std::string& key,
                            const fs::path& file) {
    const auto found = content.metadata.find(key);
    if (found == content.metadata.end()) fail(file, fmt::format("metadata {}: is missing", key));
    return found->second;
}

template <typename Number>
Number number_of(const SafeTensors& content, const std::string& key, const fs::path& file) {
    const std::string& text = value_of(content, key, file);
    Number number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || number < 0)
        fail(file, fmt::format("metadata {} = {}: must be an integer >= 0", key, shown(text)));
    return number;
}

SafeTensors content_of(const training::Graph& graph, const Checkpoint& checkpoint) {
    SafeTensors content;
    for (const LastingTensor& state : list_lasting(graph)) {
        const training::Tensor& described = graph.tensors[state.id];
        const auto found = checkpoint.tensors.find(state.name);
        if (found == checkpoint.tensors.end())
            throw std::invalid_argument(
                fmt::format("checkpoint: tensor {} is missing", state.name));
        const golden::Tensor& tensor = found->second;
        if (tensor.format != numerics::name(described.format) || tensor.shape != described.shape ||
            std::ssize(tensor.codes) != described.elements())
            throw std::invalid_argument(fmt::format(
                "checkpoint: tensor {} does not have the graph's format and shape", state.name));
        content.tensors[state.name] = {.dtype = dtype_of(described),
                                       .shape = shape_of(described),
                                       .data = pack(described, tensor)};
    }
    for (const auto& [name, tensor] : checkpoint.tensors) {
        if (!content.tensors.contains(name))
            throw std::invalid_argument(
                fmt::format("checkpoint: tensor {} is no state of the graph", name));
    }
    content.metadata = {{format_key, std::string(format_version)},
                        {"steps", std::to_string(checkpoint.position.steps)},
                        {"epoch", std::to_string(checkpoint.position.epoch)},
                        {"seed", std::to_string(checkpoint.position.seed)},
                        {"settings", settings_text(checkpoint.settings)}};
    for (const auto& [name, value] : checkpoint.sums)
        content.metadata.emplace(std::string(sum_prefix) + name, value);
    content.metadata.emplace(crc_key, checksum(content));
    return content;
}

golden::Tensors tensors_of(const training::Graph& graph, const SafeTensors& content,
                           const fs::path& file) {
    golden::Tensors tensors;
    for (const LastingTensor& state : list_lasting(graph)) {
        const training::Tensor& described = graph.tensors[state.id];
        const auto found = content.tensors.find(state.name);
        if (found == content.tensors.end())
            fail(file, fmt::format("tensor {}: is missing", state.name));
        const SafeTensor& tensor = found->second;
        if (tensor.dtype != dtype_of(described) || tensor.shape != shape_of(described))
            fail(file, fmt::format("tensor {} = {} {}: must be {} {}", state.name,
                                   name(tensor.dtype), text_of(tensor.shape),
                                   name(dtype_of(described)), text_of(shape_of(described))));
        tensors.emplace(state.name, unpack(described, tensor.data));
    }
    for (const auto& [name, tensor] : content.tensors) {
        if (!tensors.contains(name))
            fail(file, fmt::format("tensor {}: this run has none of that name", shown(name)));
    }
    return tensors;
}

}  // namespace

std::string exact_text(double value) {
    constexpr std::size_t longest = 32;  // sign, "1." and 13 digits, "p-1022"
    std::array<char, longest> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::hex);
    return {text.data(), end.ptr};
}

double exact_value(const std::string& text) {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::hex);
    if (error != std::errc() || stop != end)
        throw std::invalid_argument(
            fmt::format("value = {}: must be a number in hexadecimal digits", text));
    return value;
}

fs::path checkpoint_file(const fs::path& folder) {
    return folder / "checkpoint.safetensors";
}

void save_checkpoint(const fs::path& folder, const training::Graph& graph,
                     const Checkpoint& checkpoint) {
    write_safetensors(checkpoint_file(folder), content_of(graph, checkpoint));
}

Checkpoint load_checkpoint(const fs::path& folder, const training::Graph& graph,
                           const Settings& expected) {
    const fs::path file = checkpoint_file(folder);
    const SafeTensors content = read_safetensors(file);
    const auto format = content.metadata.find(format_key);
    if (format == content.metadata.end() || !format->second.starts_with(format_name))
        fail(file, fmt::format("is no checkpoint: metadata {} must be \"{}\"", format_key,
                               format_version));
    if (format->second != format_version)
        fail(file, fmt::format("metadata {} = {}: this program reads \"{}\"", format_key,
                               shown(format->second), format_version));
    const std::string& crc = value_of(content, crc_key, file);
    if (crc != checksum(content))
        fail(file, fmt::format("is damaged: {} = {}, but the content has {}", crc_key, shown(crc),
                               checksum(content)));
    Checkpoint checkpoint;
    checkpoint.settings = parse_settings(value_of(content, "settings", file), file);
    check_settings(checkpoint.settings, expected, file);
    checkpoint.tensors = tensors_of(graph, content, file);
    checkpoint.position = {.steps = number_of<std::int64_t>(content, "steps", file),
                           .epoch = number_of<std::int64_t>(content, "epoch", file),
                           .seed = number_of<std::uint64_t>(content, "seed", file)};
    for (const auto& [key, value] : content.metadata) {
        if (key.starts_with(sum_prefix))
            checkpoint.sums.emplace(key.substr(sum_prefix.size()), value);
    }
    return checkpoint;
}

}  // namespace quatrain::run
