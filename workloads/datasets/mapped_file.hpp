// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace quatrain::datasets {

/// A file as bytes in memory; the system loads what is read.
class MappedFile {
public:
    /// Throws DatasetError when the file is missing, empty or unreadable.
    explicit MappedFile(const std::filesystem::path& path);
    std::span<const std::uint8_t> bytes() const;
    const std::string& name() const { return name_; }

private:
    std::string name_;
    boost::interprocess::mapped_region region_;
};

}  // namespace quatrain::datasets
