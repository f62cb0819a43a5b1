// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/complaint.hpp"
#include "tests/support/folder.hpp"
#include "workloads/datasets/dataset.hpp"

#include <gtest/gtest.h>
#include <functional>
#include <string>

namespace quatrain::datasets {

using test::Folder;

/// What the DatasetError says that `action` throws; empty when it throws none.
inline std::string complaint(const std::function<void()>& action) {
    return test::complaint<DatasetError>(action);
}

}  // namespace quatrain::datasets
