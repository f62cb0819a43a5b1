// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quatrain::test {

/// Runs `count` random cases: `make(seed)` makes one, `failure(one)` says what is wrong with it, if
/// anything. A failing case is shrunk: as long as one of `smaller(one)` fails too, that is taken.
/// The report has the seed and `describe(smallest)`.
template <class Make, class Failure, class Smaller, class Describe>
void check_random_cases(std::uint64_t count, Make make, Failure failure, Smaller smaller,
                        Describe describe) {
    for (std::uint64_t seed = 1; seed <= count; ++seed) {
        auto smallest = make(seed);
        std::optional<std::string> wrong = failure(smallest);
        if (!wrong) continue;
        for (bool shrunk = true; shrunk;) {
            shrunk = false;
            for (const auto& candidate : smaller(smallest)) {
                const std::optional<std::string> still = failure(candidate);
                if (!still) continue;
                smallest = candidate;
                wrong = still;
                shrunk = true;
                break;
            }
        }
        ADD_FAILURE() << "seed " << seed << ", shrunk to " << describe(smallest) << ": " << *wrong;
        return;
    }
}

}  // namespace quatrain::test
