// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/parallel.hpp"

#include "rtl_models/base/tile_blocks.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_group.h>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace quatrain {
namespace {

/// As many workers as are asked for, also on a host with fewer processors.
class Parallel : public testing::Test {
    oneapi::tbb::global_control control_{oneapi::tbb::global_control::max_allowed_parallelism, 7};
};

constexpr int thread_counts[] = {1, 2, 3, 7};

TEST_F(Parallel, EveryPieceIsDoneOnceByAWorkerThatDoesNothingElse) {
    for (const int threads : thread_counts) {
        std::vector<std::atomic<int>> times(1000);
        std::vector<std::atomic<bool>> busy(static_cast<std::size_t>(threads));
        for_each_piece(1000, threads, [&](std::size_t worker, std::int64_t piece) {
            ASSERT_LT(worker, busy.size());
            EXPECT_FALSE(busy[worker].exchange(true));
            ++times[static_cast<std::size_t>(piece)];
            busy[worker] = false;
        });
        for (const auto& one : times) EXPECT_EQ(one, 1);
    }
}

TEST_F(Parallel, TheErrorIsThatOfTheFirstPieceThatThrows) {
    for (const int threads : thread_counts) {
        for (int repeat = 0; repeat < 20; ++repeat) {
            try {
                for_each_piece(500, threads, [](std::size_t, std::int64_t piece) {
                    if (piece >= 77) throw std::runtime_error(std::to_string(piece));
                });
                FAIL();
            } catch (const std::runtime_error& error) {
                EXPECT_STREQ(error.what(), "77");
            }
        }
    }
}

// Every part of a piece multiplies what the pieces before left: any other order shows.
TEST_F(Parallel, PartsFoldTheirPiecesInOrder) {
    constexpr std::int64_t pieces = 600, parts = 3;
    std::vector<std::uint64_t> expected(parts, 1);
    for (std::int64_t piece = 0; piece < pieces; ++piece)
        for (std::uint64_t& one : expected) one = one * 3 + static_cast<std::uint64_t>(piece);
    for (const int threads : thread_counts) {
        std::vector<std::int64_t> prepared(static_cast<std::size_t>(pieces_in_flight(threads)), -1);
        std::vector<std::uint64_t> folded(parts, 1);
        for_each_piece_in_order(
            pieces, parts, threads,
            [&](std::size_t place, std::int64_t piece) { prepared.at(place) = piece; },
            [&](std::size_t place, std::int64_t piece, std::int64_t part) {
                EXPECT_EQ(prepared.at(place), piece);
                std::uint64_t& one = folded[static_cast<std::size_t>(part)];
                one = one * 3 + static_cast<std::uint64_t>(piece);
            });
        EXPECT_EQ(folded, expected) << threads;
    }
}

TEST_F(Parallel, APieceWhosePreparationThrewIsNotFolded) {
    for (const int threads : thread_counts) {
        std::int64_t last = -1;
        try {
            for_each_piece_in_order(
                300, 1, threads,
                [](std::size_t, std::int64_t piece) {
                    if (piece >= 40) throw std::runtime_error(std::to_string(piece));
                },
                [&](std::size_t, std::int64_t piece, std::int64_t) { last = piece; });
            FAIL();
        } catch (const std::runtime_error& error) {
            EXPECT_STREQ(error.what(), "40");
        }
        EXPECT_EQ(last, 39);
    }
}

// A task whose thread began another one meanwhile would find its memory in use.
TEST_F(Parallel, PiecesOfATaskAreDoneInItsArenaAndNoOtherTaskIsBegunMeanwhile) {
    constexpr int threads = 3;
    oneapi::tbb::task_arena arena(threads);
    std::vector<std::atomic<bool>> within(threads);
    std::atomic<int> pieces = 0;
    const auto task = [&] {
        const auto index = [] {
            return static_cast<std::size_t>(oneapi::tbb::this_task_arena::current_thread_index());
        };
        const std::size_t worker = index();
        EXPECT_FALSE(within[worker].exchange(true));
        for_each_piece(8, threads, [&](std::size_t place, std::int64_t) {
            EXPECT_EQ(place, index());
            std::this_thread::sleep_for(std::chrono::microseconds(20));  // others take pieces
            ++pieces;
        });
        for_each_piece_in_order(
            8, 2, threads, [](std::size_t, std::int64_t) {},
            [&](std::size_t, std::int64_t, std::int64_t) { ++pieces; });
        EXPECT_EQ(worker, index());
        within[worker] = false;
    };
    arena.execute([&] {
        oneapi::tbb::task_group tasks;
        for (int i = 0; i < 400; ++i) tasks.run(task);
        tasks.wait();
    });
    EXPECT_EQ(pieces, 400 * (8 + 16));
}

TEST(TileBlocks, CoverEveryElementOnceAndStartWithEvenOnes) {
    for (const std::int64_t count : {0L, 1L, 8191L, 8192L, 8193L, 100'001L}) {
        std::int64_t next = 0;
        for_each_block(count, 1, [&](std::size_t, const Block& block) {
            EXPECT_EQ(block.first, next);
            EXPECT_EQ(block.first % 2, 0);
            next = block.first + block.count;
        });
        EXPECT_EQ(next, count);
    }
}

TEST(TileBlocks, OfRowsCoverEveryRowOnceAndStartWithEvenElements) {
    for (const std::int64_t columns : {1L, 3L, 16L, 1000L, 8193L, 20'001L})
        for (const std::int64_t rows : {0L, 1L, 7L, 1001L}) {
            const RowBlocks blocks(rows, columns, 3);
            std::int64_t next = 0;
            for (std::int64_t i = 0; i < blocks.count(); ++i) {
                const RowBlock block = blocks[i];
                EXPECT_EQ(block.row, next);
                EXPECT_EQ(block.first, block.row * columns);
                EXPECT_EQ(block.count, block.rows * columns);
                EXPECT_EQ(block.first % 2, 0);
                EXPECT_GT(block.rows, 0);
                next += block.rows;
            }
            EXPECT_EQ(next, rows);
        }
}

TEST(Columns, PartsAndPanelsCoverEveryColumnOnce) {
    for (const std::int64_t columns : {0L, 1L, 15L, 16L, 40L, 67L, 513L})
        for (const std::int64_t parts : {1L, 2L, 3L, 4L}) {
            std::vector<int> times(static_cast<std::size_t>(columns));
            for (std::int64_t part = 0; part < parts; ++part)
                for_each_panel(column_part(columns, parts, part),
                               [&]<int width>(std::int64_t first, Width<width>) {
                                   for (int k = 0; k < width; ++k)
                                       ++times.at(static_cast<std::size_t>(first + k));
                               });
            EXPECT_EQ(times, std::vector<int>(times.size(), 1));
        }
}

}  // namespace
}  // namespace quatrain
