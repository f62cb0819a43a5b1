// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/sequencer/function.hpp"

#include <gtest/gtest.h>

namespace quatrain::sequencer {
namespace {

using isa::Semaphore;
using isa::SemaphoreUse;

TEST(SemaphoreFile, AcquiresAllWaitsOrNone) {
    SemaphoreFile file;
    const std::vector<SemaphoreUse> waits{{Semaphore::moving_free, 1}, {Semaphore::moving_full, 1}};
    EXPECT_EQ(file.missing(waits), Semaphore::moving_full);
    EXPECT_FALSE(file.try_acquire(waits));
    EXPECT_EQ(file.count(Semaphore::moving_free), 2u);
    file.release(std::vector<SemaphoreUse>{{Semaphore::moving_full, 1}, {}});
    EXPECT_TRUE(file.try_acquire(waits));
    EXPECT_EQ(file.count(Semaphore::moving_free), 1u);
    EXPECT_EQ(file.count(Semaphore::moving_full), 0u);
}

TEST(SemaphoreFile, WaitsForOneSemaphoreAddUp) {
    SemaphoreFile file;
    EXPECT_FALSE(file.try_acquire(
        std::vector<SemaphoreUse>{{Semaphore::tile_free, 2}, {Semaphore::tile_free, 1}}));
    EXPECT_TRUE(file.try_acquire(
        std::vector<SemaphoreUse>{{Semaphore::tile_free, 1}, {Semaphore::tile_free, 1}}));
    EXPECT_EQ(file.missing(std::vector<SemaphoreUse>{{Semaphore::tile_free, 1}}),
              Semaphore::tile_free);
}

TEST(Fetcher, RunsThroughTheQueuesAndTellsWhichOne) {
    isa::Queue first(2), empty, last(1);
    for (isa::QueueElement* element : {&first[0], &first[1], &last[0]})
        element->instruction.operator_index = 5;
    Fetcher fetcher({&empty, &first, &empty, &last, &empty});
    isa::Instruction instruction;
    std::vector<std::size_t> visited;
    while (fetcher.next(instruction)) {
        visited.push_back(fetcher.queue_index());
        EXPECT_EQ(instruction.operator_index, 5u);
    }
    EXPECT_EQ(visited, (std::vector<std::size_t>{1, 1, 3}));
    EXPECT_EQ(fetcher.queue_index(), 5u);
    EXPECT_FALSE(fetcher.next(instruction));
}

}  // namespace
}  // namespace quatrain::sequencer
