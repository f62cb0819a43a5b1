// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/function.hpp"

#include "tests/unit/buffer/clocked_bench.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <map>
#include <set>

namespace quatrain::buffer {
namespace {

TEST(ClockedBuffer, ServesTheFullestBankFirstThenTheLowest) {
    const KernelContext kernel;
    Bench bench({.bytes = 256, .banks = 4, .word_bytes = 4, .read_ports = 2});
    bench.requests[0].write({{{true, 0, 1}, {true, 1, 2}, {true, 2, 1}, {true, 3, 3}}});
    bench.cycle();
    EXPECT_EQ(fmt::format("{}", fmt::streamed(bench.grants[0].read())), "0101");
    bench.requests[0].write({{{true, 0, 1}, {true, 5, 1}, {true, 2, 1}, {true, 7, 2}}});
    bench.cycle();
    EXPECT_EQ(fmt::format("{}", fmt::streamed(bench.grants[0].read())), "1001");
}

TEST(ClockedBuffer, GroupsShareBanksAndPortsTheFirstGroupFirst) {
    const KernelContext kernel;
    Bench bench({.bytes = 256, .banks = 4, .word_bytes = 4, .read_ports = 3, .read_groups = 2});
    bench.requests[0].write({{{true, 0, 1}, {true, 1, 1}, {}, {}}});
    bench.requests[1].write({{{true, 4, 9}, {}, {true, 2, 1}, {true, 3, 1}}});
    bench.cycle();
    EXPECT_EQ(fmt::format("{}", fmt::streamed(bench.grants[0].read())), "1100");
    EXPECT_EQ(fmt::format("{}", fmt::streamed(bench.grants[1].read())), "0010");
}

TEST(ClockedBuffer, AWriteWinsItsBankForTheCycleAfterItsEdgeAndTheReadWaits) {
    // Whether the writer's process runs before or after the buffer's must not matter.
    for (const bool writer_first : {true, false}) {
        for (const std::int64_t written : {0, 1, 2, 3, 40}) {
            const KernelContext kernel;
            Bench bench({.bytes = 256, .banks = 4, .word_bytes = 4, .read_ports = 2});
            EdgeProcess& writer = writer_first ? bench.first : bench.second;
            std::int64_t edge = 0;
            writer.body = [&] {
                if (++edge == 3 || edge == 4)
                    bench.buffer.write(32 * written, 32, 0x01020304U * static_cast<unsigned>(edge));
            };
            // Word 0 and word 2 of half 0, in every cycle.
            bench.requests[0].write({{{true, 0, 1}, {}, {true, 2, 1}, {}}});
            const std::string meets = written == 0 ? "0010" : written == 2 ? "1000" : "1010";
            for (int cycle = 1; cycle <= 6; ++cycle) {
                bench.cycle();
                EXPECT_EQ(fmt::format("{}", fmt::streamed(bench.grants[0].read())),
                          cycle == 3 || cycle == 4 ? meets : "1010")
                    << "word " << written << " cycle " << cycle << " writer first " << writer_first;
                if (cycle == 5 && written == 0) {
                    EXPECT_EQ(bench.grants[0].read().banks[0].data[0], std::byte{16});
                }
            }
        }
    }
}

TEST(ClockedBuffer, AWordOfTheOtherHalfDoesNotWaitForAWrite) {
    const KernelContext kernel;
    Bench bench({.bytes = 256, .banks = 4, .word_bytes = 4, .read_ports = 2});
    bench.first.body = [&] { bench.buffer.write_bytes(128, std::vector<std::byte>(16)); };
    bench.requests[0].write({{{true, 0, 1}, {true, 33, 1}, {}, {}}});
    for (int cycle = 0; cycle < 3; ++cycle) {
        bench.cycle();
        EXPECT_EQ(fmt::format("{}", fmt::streamed(bench.grants[0].read())), "1000");
    }
}

/// What a second access at one edge says, after the first to word 0; "" when it is taken.
std::string second_access(std::int64_t port_words,
                          const std::function<void(ClockedBuffer&)>& access) {
    const KernelContext kernel;
    Bench bench(
        {.bytes = 256, .banks = 4, .word_bytes = 4, .read_ports = 2, .port_words = port_words});
    std::string said;
    bench.first.body = [&] {
        bench.buffer.write(0, 16, 1);
        try {
            access(bench.buffer);
        } catch (const BankError& error) {
            said = error.what();
        }
    };
    bench.cycle();
    bench.cycle();
    return said;
}

TEST(ClockedBuffer, ASecondWordOfABankAtOneEdgeIsAnError) {
    const std::string error =
        "moving: word 4 is access 2 of bank 0 in one cycle: must be at most 1";
    const auto write_4 = [](ClockedBuffer& buffer) { buffer.write(4 * 32, 8, 1); };
    EXPECT_EQ(second_access(1, write_4), error);
    EXPECT_EQ(second_access(1, [](ClockedBuffer& buffer) { buffer.read(4 * 32 + 31, 1); }), error);
    EXPECT_EQ(second_access(1,
                            [](ClockedBuffer& buffer) {
                                std::vector<std::byte> words(5);
                                buffer.read_bytes(12, words);
                            }),
              error);
    EXPECT_EQ(
        second_access(
            1, [](ClockedBuffer& buffer) { buffer.write_bytes(4, std::vector<std::byte>(13)); }),
        error);
    EXPECT_EQ(second_access(2, write_4), "");
    // The same word, another bank, and the same bank of the other half.
    EXPECT_EQ(second_access(1, [](ClockedBuffer& buffer) { buffer.write(16, 16, 1); }), "");
    EXPECT_EQ(second_access(1, [](ClockedBuffer& buffer) { buffer.write(5 * 32, 32, 1); }), "");
    EXPECT_EQ(second_access(1, [](ClockedBuffer& buffer) { buffer.write(32 * 32, 32, 1); }), "");
}

TEST(ClockedBuffer, PortWordsAreTheWordsOfOneBankThatBytesInARowCanTouch) {
    for (std::int64_t banks = 1; banks <= 9; ++banks)
        for (std::int64_t word_bytes = 1; word_bytes <= 9; ++word_bytes)
            for (std::int64_t bytes = 1; bytes <= 70; ++bytes) {
                std::int64_t most = 0;
                for (std::int64_t first = 0; first < word_bytes; ++first) {
                    std::map<std::int64_t, std::set<std::int64_t>> words;
                    for (std::int64_t byte = first; byte < first + bytes; ++byte)
                        words[byte / word_bytes % banks].insert(byte / word_bytes);
                    for (const auto& [bank, touched] : words)
                        most = std::max(most, std::ssize(touched));
                }
                ASSERT_EQ(port_words(banks, word_bytes, bytes), most)
                    << banks << " banks, " << word_bytes << " bytes a word, " << bytes << " bytes";
            }
}

TEST(ClockedBuffer, AReadOfThePortTakesItsBankToo) {
    const KernelContext kernel;
    Bench bench({.bytes = 256, .banks = 4, .word_bytes = 4, .read_ports = 2});
    int edge = 0;
    bench.first.body = [&] {
        if (++edge == 2) bench.buffer.read(0, 32);
    };
    bench.requests[0].write({{{true, 0, 1}, {true, 1, 1}, {}, {}}});
    for (const std::string_view expected : {"1100", "0100", "1100"}) {
        bench.cycle();
        EXPECT_EQ(fmt::format("{}", fmt::streamed(bench.grants[0].read())), expected);
    }
}

TEST(ClockedBuffer, ReadersSeeAWriteInTheCycleAfterItsEdge) {
    const KernelContext kernel;
    Bench bench({.bytes = 64, .banks = 2, .word_bytes = 4, .read_ports = 1});
    std::vector<std::uint32_t> seen;
    bench.first.body = [&] { bench.buffer.write(4, 8, 0xAB); };
    bench.second.body = [&] { seen.push_back(bench.buffer.read(0, 16)); };
    bench.cycle();
    bench.cycle();
    EXPECT_THAT(seen, testing::ElementsAre(0, 0xAB0));
}

TEST(ClockedBuffer, ARequestOutsideTheBufferOrFromTheWrongBankStopsIt) {
    {
        const KernelContext kernel;
        Bench bench({.bytes = 64, .banks = 2, .word_bytes = 4, .read_ports = 1});
        bench.requests[0].write({{{true, 16, 1}, {}}});
        EXPECT_THROW(bench.cycle(), BufferError);
    }
    const KernelContext kernel;
    Bench bench({.bytes = 64, .banks = 2, .word_bytes = 4, .read_ports = 1});
    bench.requests[0].write({{{true, 3, 1}, {}}});
    EXPECT_THROW(bench.cycle(), std::logic_error);
}

}  // namespace
}  // namespace quatrain::buffer
