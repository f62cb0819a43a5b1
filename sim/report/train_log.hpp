// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace quatrain::report {

/// A file of JSON lines that grows while a training run goes on: a head, then a line per epoch,
/// each on the disk before the run goes on.
class TrainLog {
public:
    /// A new file ("-": standard output), or, of a run that is resumed behind `epochs_done` epochs,
    /// the one that is there: lines of later epochs, which will be done again, are taken out of it.
    /// Throws std::runtime_error with path and reason.
    TrainLog(const std::string& path, std::int64_t epochs_done, bool resumed);
    TrainLog(const TrainLog&) = delete;
    TrainLog& operator=(const TrainLog&) = delete;
    ~TrainLog();

    /// Nothing is in it yet.
    bool empty() const { return empty_; }
    /// Throws std::runtime_error with path and reason.
    void add(const std::string& line);

private:
    [[noreturn]] void fail(const std::string& reason) const;

    std::string path_;
    std::FILE* stream_ = nullptr;
    bool empty_ = true;
};

}  // namespace quatrain::report
