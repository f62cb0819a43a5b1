// SPDX-License-Identifier: Apache-2.0
#include "workloads/network/built_in.hpp"
#include "workloads/network/reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace quatrain::network {
namespace {

const BuiltInFile* find(std::string_view name) {
    const auto files = built_in_files();
    const auto found = std::ranges::find(files, name, &BuiltInFile::name);
    return found == files.end() ? nullptr : &*found;
}

}  // namespace

Network read_file(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        throw ReadError(fmt::format("{}: is a folder, not a network file", path.string()));
    std::ifstream stream(path, std::ios::binary);
    if (!stream)
        throw ReadError(fmt::format("{}: cannot be opened: {}", path.string(),
                                    std::generic_category().message(errno)));
    if (path.extension() == ".csv")
        return read_topology(stream, path.string(), path.stem().string());
    return read(stream, path.string());
}

std::vector<std::string> built_in_names() {
    std::vector<std::string> names;
    for (const BuiltInFile& file : built_in_files()) names.emplace_back(file.name);
    return names;
}

std::string_view built_in_text(std::string_view name) {
    const BuiltInFile* const file = find(name);
    if (!file)
        throw ReadError(fmt::format("network = {}: must be one of {}", name,
                                    fmt::join(built_in_names(), ", ")));
    return file->text;
}

Network built_in(std::string_view name) {
    std::istringstream stream{std::string(built_in_text(name))};
    return read(stream, fmt::format("built-in {}.yaml", name));
}

Network load(const std::string& name_or_file) {
    if (find(name_or_file)) return built_in(name_or_file);
    std::error_code ignored;
    if (!std::filesystem::exists(name_or_file, ignored))
        throw ReadError(fmt::format("network = {}: neither a file nor one of {}", name_or_file,
                                    fmt::join(built_in_names(), ", ")));
    return read_file(name_or_file);
}

}  // namespace quatrain::network
