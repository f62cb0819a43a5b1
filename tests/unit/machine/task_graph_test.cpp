// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/task_graph.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <atomic>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace quatrain::machine {
namespace {

using Steps = std::vector<std::size_t>;

TEST(TaskGraph, ExecutesEveryTaskOnceBehindThoseItWaitsForInEveryRun) {
    std::mt19937_64 random(3);
    TaskGraph graph(4);
    std::vector<Steps> earlier;
    for (std::size_t task = 0; task < 500; ++task) {
        Steps& before = earlier.emplace_back();
        for (std::size_t i = 0; i < random() % 4 && task > 0; ++i)
            before.push_back(task - 1 - random() % std::min<std::size_t>(task, 20));
        std::ranges::sort(before);
        before.erase(std::unique(before.begin(), before.end()), before.end());
        graph.add(before);
    }
    for (int run = 1; run <= 3; ++run) {
        std::vector<std::atomic<int>> done(earlier.size());
        std::vector<std::atomic<bool>> busy(graph.workers());
        std::atomic<int> faults = 0;
        graph.run([&](std::size_t worker, std::size_t task) {
            if (busy[worker].exchange(true)) ++faults;
            for (const std::size_t before : earlier[task])
                if (done[before] != 1) ++faults;
            ++done[task];
            busy[worker] = false;
        });
        EXPECT_EQ(faults, 0);
        for (const std::atomic<int>& count : done) EXPECT_EQ(count, 1);
    }
}

TEST(TaskGraph, ThrowsWhatTheFirstTaskThatThrowsDoesAndCanRunAgain) {
    TaskGraph graph(2);
    for (std::size_t task = 0; task < 100; ++task) graph.add({});
    const auto fail_from = [&](std::size_t first) {
        graph.run([&](std::size_t, std::size_t task) {
            if (task >= first) throw std::runtime_error(std::to_string(task));
        });
    };
    for (const std::size_t first : {99, 40, 0}) {
        try {
            fail_from(first);
            FAIL() << "nothing was thrown";
        } catch (const std::runtime_error& error) {
            EXPECT_EQ(error.what(), std::to_string(first));
        }
    }
    EXPECT_NO_THROW(fail_from(100));
}

}  // namespace
}  // namespace quatrain::machine
