// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/value_change_dump.hpp"

#include <gtest/gtest.h>
#include <filesystem>
#include <string>
#include <systemc>

namespace quatrain::test {

/// A waveform that a test writes and reads back. Made in a SystemC kernel, which like all that it
/// shows must live until read().
class TraceFile {
public:
    TraceFile()
        : path_((std::filesystem::path(testing::TempDir()) /
                 (std::string("quatrain_") +
                  testing::UnitTest::GetInstance()->current_test_info()->name()))
                    .string()) {
        // SystemC would tell standard output which unit was chosen.
        sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
        file_ = sc_core::sc_create_vcd_trace_file(path_.c_str());  // appends .vcd
    }

    sc_core::sc_trace_file* file() const { return file_; }

    /// Ends the file and removes it; what was in it. Once.
    ValueChangeDump read() {
        sc_core::sc_close_vcd_trace_file(file_);
        const std::filesystem::path written = path_ + ".vcd";
        ValueChangeDump result(written);
        std::filesystem::remove(written);
        return result;
    }

private:
    std::string path_;
    sc_core::sc_trace_file* file_ = nullptr;
};

}  // namespace quatrain::test
