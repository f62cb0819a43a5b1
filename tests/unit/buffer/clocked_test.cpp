// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/clocked.hpp"

#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/buffer/function.hpp"

#include "tests/support/hand_clock.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <numeric>
#include <random>

namespace quatrain::buffer {
namespace {

using Random = std::mt19937_64;

std::int64_t below(Random& random, std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
}

/// Calls `body` at every rising edge.
class EdgeProcess : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    std::function<void()> body = [] {};

    explicit EdgeProcess(const sc_core::sc_module_name& name) : sc_module(name) {
        SC_HAS_PROCESS(EdgeProcess);
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
    }

private:
    void edge() { body(); }
};

/// A buffer with a clock, and processes of the test's own before and after it in the order of
/// construction.
struct Bench {
    explicit Bench(const BankedParams& params)
        : first("first"), buffer("moving", params), second("second") {
        for (EdgeProcess* one : {&first, &second}) one->clock(clock.signal());
        buffer.clock(clock.signal());
        for (std::int64_t i = 0; i < params.read_groups; ++i) {
            requests.emplace_back();
            grants.emplace_back();
            buffer.requests[static_cast<std::size_t>(i)](requests.back());
            buffer.grants[static_cast<std::size_t>(i)](grants.back());
        }
    }
    void cycle() {
        clock.cycle();
        if (buffer.failure()) std::rethrow_exception(buffer.failure());
    }

    test::HandClock clock;
    EdgeProcess first;
    ClockedBuffer buffer;
    EdgeProcess second;
    std::deque<sc_core::sc_signal<WordRequests>> requests;
    std::deque<sc_core::sc_signal<WordGrants>> grants;
};

/// The words of every bank that are still to be read.
class Reader {
public:
    Reader(const BankedParams& params, const std::vector<std::int64_t>& words)
        : waiting_(static_cast<std::size_t>(params.banks)) {
        for (const std::int64_t word : words)
            waiting_[static_cast<std::size_t>(word % params.banks)].push_back(word);
    }
    bool done() const {
        return std::ranges::all_of(waiting_, [](const auto& bank) { return bank.empty(); });
    }
    WordRequests requests() const {
        WordRequests requests{std::vector<WordRequest>(waiting_.size())};
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            if (waiting_[i].empty()) continue;
            requests.banks[i] = {true, waiting_[i].front(), std::ssize(waiting_[i])};
        }
        return requests;
    }
    /// Takes what was granted; checks the data. Returns the number of grants.
    std::int64_t accept(const WordGrants& grants, std::span<const std::byte> bytes) {
        std::int64_t granted = 0;
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            if (!grants.banks[i].granted) continue;
            ++granted;
            const std::vector<std::byte>& data = grants.banks[i].data;
            const auto word = static_cast<std::size_t>(waiting_[i].front());
            EXPECT_TRUE(std::ranges::equal(data, bytes.subspan(word * data.size(), data.size())));
            waiting_[i].pop_front();
        }
        return granted;
    }

private:
    std::vector<std::deque<std::int64_t>> waiting_;
};

BankedParams random_params(Random& random) {
    BankedParams params{.banks = 1 + below(random, 9),
                        .word_bytes = 4 * (1 + below(random, 4)),
                        .read_ports = 1 + below(random, 6)};
    params.bytes = 8 * params.word_bytes * (1 + below(random, 12));
    return params;
}

void fill(std::span<std::byte> bytes, Random& random) {
    for (std::byte& one : bytes) one = static_cast<std::byte>(below(random, 256));
}

TEST(ClockedBuffer, TheGreedyArbiterReadsEverySetOfWordsInTheFewestCycles) {
    for (std::uint64_t seed = 1; seed <= 600; ++seed) {
        Random random(seed);
        const BankedParams params = random_params(random);
        const std::int64_t total = params.bytes / params.word_bytes;
        std::vector<std::int64_t> words(static_cast<std::size_t>(total));
        std::iota(words.begin(), words.end(), 0);
        std::ranges::shuffle(words, random);
        words.resize(static_cast<std::size_t>(1 + below(random, total)));
        std::map<std::int64_t, std::int64_t> of_bank;
        std::int64_t fewest = (std::ssize(words) + params.read_ports - 1) / params.read_ports;
        for (const std::int64_t word : words)
            fewest = std::max(fewest, ++of_bank[word % params.banks]);

        const KernelContext kernel;
        Bench bench(params);
        fill(bench.buffer.bytes(), random);
        Reader reader(params, words);
        bench.cycle();
        std::int64_t cycles = 0;
        for (; !reader.done(); ++cycles) {
            bench.requests[0].write(reader.requests());
            bench.cycle();
            const std::int64_t granted =
                reader.accept(bench.grants[0].read(), bench.buffer.bytes());
            ASSERT_LE(granted, params.read_ports) << "seed " << seed;
            ASSERT_GT(granted, 0) << "seed " << seed;
        }
        EXPECT_EQ(cycles, fewest) << "seed " << seed << ": " << words.size() << " words, "
                                  << params.banks << " banks, " << params.read_ports << " ports";
    }
}

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

/// One bit at a time, from the definition.
class BitMemory {
public:
    explicit BitMemory(std::int64_t bytes) : bits_(static_cast<std::size_t>(8 * bytes)) {}
    void write(std::int64_t at, int bits, std::uint32_t value) {
        for (int i = 0; i < bits; ++i)
            bits_[static_cast<std::size_t>(at + i)] = (value >> i & 1U) != 0;
    }
    std::uint32_t read(std::int64_t at, int bits) const {
        std::uint32_t value = 0;
        for (int i = 0; i < bits; ++i)
            value |= (bits_[static_cast<std::size_t>(at + i)] ? 1U : 0U) << i;
        return value;
    }

private:
    std::vector<bool> bits_;
};

/// Runs a clock over a memory alone.
struct MemoryBench {
    explicit MemoryBench(std::int64_t bytes) : memory("vector", bytes) {
        first.clock(clock.signal());
        second.clock(clock.signal());
    }
    test::HandClock clock;
    EdgeProcess first{"first"};
    ClockedMemory memory;
    EdgeProcess second{"second"};
};

TEST(ClockedMemory, EqualsAMemoryOfBitsUnderRandomWritesOfManyProcesses) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const KernelContext kernel;
        Random random(seed);
        constexpr std::int64_t bytes = 24;
        MemoryBench bench(bytes);
        BitMemory before(bytes), after(bytes);
        int mismatches = 0;
        // The first process writes the lower half, the second the upper one; both read everything.
        const auto half = [&](std::int64_t base) {
            for (std::int64_t i = below(random, 4); i > 0; --i) {
                const int bits = 1 + static_cast<int>(below(random, 32));
                const std::int64_t at = base + below(random, 96 - bits + 1);
                const auto value = static_cast<std::uint32_t>(random());
                if (below(random, 4) == 0) {
                    const std::int64_t first = base / 8 + below(random, 6);
                    std::vector<std::byte> some(static_cast<std::size_t>(below(random, 7)));
                    for (std::size_t b = 0; b < some.size(); ++b) {
                        some[b] = static_cast<std::byte>(below(random, 256));
                        after.write(8 * (first + static_cast<std::int64_t>(b)), 8,
                                    std::to_integer<std::uint32_t>(some[b]));
                    }
                    bench.memory.write_bytes(first, some);
                } else {
                    bench.memory.write(at, bits, value);
                    after.write(at, bits, value);
                }
            }
            for (int i = 0; i < 4; ++i) {
                const int bits = 1 + static_cast<int>(below(random, 32));
                const std::int64_t at = below(random, 8 * bytes - bits + 1);
                if (bench.memory.read(at, bits) != before.read(at, bits)) ++mismatches;
            }
        };
        bench.first.body = [&] { half(0); };
        bench.second.body = [&] { half(96); };
        for (int cycle = 0; cycle < 20; ++cycle) {
            bench.clock.cycle();
            before = after;
        }
        EXPECT_EQ(mismatches, 0) << "seed " << seed;
        std::vector<std::byte> all(bytes);
        bench.memory.read_bytes(0, all);
        EXPECT_TRUE(std::ranges::equal(all, bench.memory.bytes()));
    }
}

TEST(ClockedMemory, AnAccessOutsideItIsAnErrorWhereItIsMade) {
    const KernelContext kernel;
    ClockedMemory memory("vector", 8);
    EXPECT_NO_THROW(memory.read(32, 32));
    EXPECT_THROW(memory.read(33, 32), BufferError);
    EXPECT_THROW(memory.write(-1, 2, 0), BufferError);
    EXPECT_THROW(memory.write(64, 1, 0), BufferError);
    EXPECT_THROW(memory.read(0, 33), std::invalid_argument);
    EXPECT_THROW(memory.read(0, 0), std::invalid_argument);
    EXPECT_THROW(memory.write_bytes(7, std::vector<std::byte>(2)), BufferError);
    std::vector<std::byte> nine(9);
    EXPECT_THROW(memory.read_bytes(0, nine), BufferError);
}

}  // namespace
}  // namespace quatrain::buffer
