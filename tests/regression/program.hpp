// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace quatrain::regression {

/// What a run of the program left behind.
struct Outcome {
    int status = -1;  ///< exit status; -1 when a signal ended it
    std::string output, error;
};

/// Runs the built `quatrain` with these arguments, in `folder`.
Outcome run_program(const std::vector<std::string>& arguments, const std::filesystem::path& folder);

/// A folder of its own for one test, removed at the end.
class ScratchFolder {
public:
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// Writes a file into the folder; gives its path.
    std::string write(const std::string& name, const std::string& text) const;

private:
    std::filesystem::path path_;
};

std::string read_text(const std::filesystem::path& file);

/// Lines in a text.
std::size_t line_count(const std::string& text);

}  // namespace quatrain::regression
