// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/regression/program.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace quatrain::regression {

/// The JSON report that a run wrote to standard output, without the figures of the host. The run
/// must have succeeded and said nothing else.
inline boost::json::object report_of(const Outcome& outcome) {
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_EQ(outcome.error, "");
    boost::json::object report = boost::json::parse(outcome.output).as_object();
    report.erase("simulator");
    return report;
}

}  // namespace quatrain::regression
