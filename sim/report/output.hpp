// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

namespace quatrain::report {

/// Throws std::runtime_error with path and reason where write_output could not write: to be asked
/// before the work whose report it is. Nothing is written. "-" and "" pass.
void check_output(const std::string& path);

/// Writes a report to `path`: under a temporary name beside it, then renamed, so that no reader
/// ever sees half of it. A link stays, and its target is replaced; a pipe or device is written to.
/// "-" is standard output. Throws std::runtime_error with path and reason.
void write_output(const std::string& path, const std::string& text);

/// Takes the next piece of a report.
using Sink = std::function<void(std::string_view)>;
/// The same for a report that is too long to be held as one text: `report` hands it out in pieces.
void write_output(const std::string& path, const std::function<void(const Sink&)>& report);

/// The same for a report that comes while the work is going on: piece by piece, and the file is in
/// its place when it is finished. Without that, nothing is left of it but what a pipe or device has
/// taken. Each function throws std::runtime_error with path and reason where it could not write.
class OutputFile {
public:
    explicit OutputFile(std::string path);
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    void write(std::string_view piece);
    /// Nothing is written behind it.
    void finish();

private:
    bool is_standard_output() const { return path_ == "-"; }
    [[noreturn]] void fail(const std::string& reason) const;

    std::string path_;
    std::string target_;           ///< what the path means, through links
    std::string temporary_;        ///< empty for what is written to directly
    std::FILE* stream_ = nullptr;  ///< null when finished
};

}  // namespace quatrain::report
