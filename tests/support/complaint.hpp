// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quatrain::test {

/// What the Error says that `action` throws; empty when it throws none.
template <typename Error, typename Action>
std::string complaint(const Action& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace quatrain::test
