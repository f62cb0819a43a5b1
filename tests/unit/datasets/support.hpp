// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/datasets/dataset.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

namespace quatrain::datasets {

/// A folder of the test's own, removed at its end.
class Folder {
public:
    Folder()
        : path_(std::filesystem::temp_directory_path() /
                ("quatrain-" +
                 std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "-" +
                 std::to_string(::getpid()))) {
        std::filesystem::create_directories(path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string operator/(const std::string& name) const { return (path_ / name).string(); }
    std::string path() const { return path_.string(); }
    void write(const std::string& name, const std::string& bytes) const {
        std::ofstream(path_ / name, std::ios::binary) << bytes;
    }

private:
    std::filesystem::path path_;
};

/// What the DatasetError says that `action` throws; empty when it throws none.
inline std::string complaint(const std::function<void()>& action) {
    try {
        action();
    } catch (const DatasetError& error) {
        return error.what();
    }
    return {};
}

}  // namespace quatrain::datasets
