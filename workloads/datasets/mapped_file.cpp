// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/mapped_file.hpp"

#include "workloads/datasets/dataset.hpp"

#include <fmt/format.h>
#include <utility>

namespace quatrain::datasets {
namespace {

boost::interprocess::mapped_region map(const std::filesystem::path& path) {
    namespace ipc = boost::interprocess;
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        throw DatasetError(fmt::format("{}: is a folder, must be a file", path.string()));
    if (!std::filesystem::is_regular_file(path, error)) {
        const bool packed = std::filesystem::exists(path.string() + ".gz", error);
        throw DatasetError(fmt::format("{}: no such file{}", path.string(),
                                       packed ? "; unpack the .gz beside it with gunzip" : ""));
    }
    if (std::filesystem::file_size(path, error) == 0)
        throw DatasetError(fmt::format("{}: size = 0 bytes: the file is empty", path.string()));
    try {
        const ipc::file_mapping file(path.c_str(), ipc::read_only);
        return {file, ipc::read_only};
    } catch (const ipc::interprocess_exception& exception) {
        throw DatasetError(fmt::format("{}: cannot be read: {}", path.string(), exception.what()));
    }
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path)
    : name_(path.string()), region_(map(path)) {}

std::span<const std::uint8_t> MappedFile::bytes() const {
    return {static_cast<const std::uint8_t*>(region_.get_address()), region_.get_size()};
}

}  // namespace quatrain::datasets
