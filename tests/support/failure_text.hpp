// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <exception>
#include <stdexcept>
#include <string>

namespace quatrain::test {

/// What the failure() of a clocked view says: "no failure", the message of an overflow error, or
/// that of another error with a mark in front.
inline std::string failure_text(const std::exception_ptr& failure) {
    if (!failure) return "no failure";
    try {
        std::rethrow_exception(failure);
    } catch (const std::overflow_error& error) {
        return error.what();
    } catch (const std::exception& error) {
        return fmt::format("no overflow: {}", error.what());
    }
}

}  // namespace quatrain::test
