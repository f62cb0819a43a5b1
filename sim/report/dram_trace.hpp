// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/command.hpp"
#include "sim/report/output.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::report {

/// Writes the commands of all DRAM channels as CSV (docs/dram.md, "The command trace") while the
/// machine runs; the file is in its place when it is finished. Each function but add() throws
/// std::runtime_error with path and reason where it could not write.
class DramTrace {
public:
    /// `path` as in write_output().
    explicit DramTrace(const std::string& path);

    /// Of one channel in the order of issue, of different channels in any. Throws std::logic_error
    /// when the command's cycle was flushed already.
    void add(const dram::Command& command);
    /// Writes all commands of cycles before `until` [DRAM cycles] by cycle and channel, those of
    /// one cycle and channel in the order in which they were added.
    void flush(std::int64_t until);
    /// Writes the rest. Nothing is added behind it.
    void finish();

private:
    OutputFile file_;
    std::vector<dram::Command> waiting_;
    std::int64_t flushed_ = 0;  ///< all commands of earlier cycles are written
};

}  // namespace quatrain::report
