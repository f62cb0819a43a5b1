// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/clocked_memory.hpp"
#include "rtl_models/base/clocked_port.hpp"
#include "rtl_models/buffer/function.hpp"

#include "tests/support/random_cases.hpp"
#include "tests/unit/buffer/clocked_bench.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <optional>

namespace quatrain::buffer {
namespace {

/// function.hpp's buffer, one bit at a time.
class BitMemory {
public:
    explicit BitMemory(std::int64_t bytes) : buffer_("vector", bytes) {}
    void write(std::int64_t at, int bits, std::uint32_t value) {
        for (int i = 0; i < bits; ++i) {
            std::byte& byte = buffer_.write((at + i) / 8, 1).front();
            const auto mask = static_cast<std::byte>(1U << ((at + i) % 8));
            byte = (value >> i & 1U) != 0 ? byte | mask : byte & ~mask;
        }
    }
    std::uint32_t read(std::int64_t at, int bits) {
        std::uint32_t value = 0;
        for (int i = 0; i < bits; ++i) {
            const auto byte = std::to_integer<std::uint32_t>(buffer_.read((at + i) / 8, 1).front());
            value |= (byte >> ((at + i) % 8) & 1U) << i;
        }
        return value;
    }
    std::span<const std::byte> bytes() const { return buffer_.bytes(); }

private:
    Buffer buffer_;
};

/// Runs a clock over a memory alone.
struct MemoryBench {
    explicit MemoryBench(std::int64_t bytes, ClockedMemory::Halves halves = {})
        : memory("vector", bytes, halves) {
        first.clock(clock.signal());
        second.clock(clock.signal());
    }
    test::HandClock clock;
    EdgeProcess first{"first"};
    ClockedMemory memory;
    EdgeProcess second{"second"};
};

/// An access: of `bits`, or of bytes when there are some.
struct Access {
    bool write = false;
    std::int64_t bit_address = 0;
    int bits = 0;
    std::uint32_t value = 0;
    std::vector<std::byte> bytes;
};
/// What the two processes do at one edge, in this order. An edge without accesses is a stall.
using Edge = std::array<std::vector<Access>, 2>;
struct Case {
    std::vector<Edge> edges;
};
constexpr std::int64_t memory_bytes = 24;

/// The first process writes the lower half, the second the upper one; both read everything.
Case random_case(std::uint64_t seed) {
    Random random(seed);
    Case one;
    one.edges.resize(20);
    for (Edge& edge : one.edges)
        for (std::size_t process = 0; process < edge.size(); ++process)
            for (std::int64_t i = below(random, 8); i > 0; --i) {
                Access access;
                access.write = below(random, 2) == 0;
                const std::int64_t first = access.write && process == 1 ? memory_bytes / 2 : 0;
                const std::int64_t room = access.write ? memory_bytes / 2 : memory_bytes;
                access.bits = 1 + static_cast<int>(below(random, 32));
                access.bit_address = 8 * first + below(random, 8 * room - access.bits + 1);
                access.value = static_cast<std::uint32_t>(random());
                if (below(random, 4) == 0) {
                    access.bytes.resize(static_cast<std::size_t>(1 + below(random, 6)));
                    for (std::byte& byte : access.bytes)
                        byte = static_cast<std::byte>(below(random, 256));
                    access.bit_address = 8 * (first + below(random, room - 6));
                }
                edge[process].push_back(std::move(access));
            }
    return one;
}

/// Does the access and says what is wrong with what is read, given the bytes `before` the edge.
/// Writes go to `after` as well.
std::string check(const Access& access, ClockedMemory& memory, BitMemory& before,
                  BitMemory& after) {
    const std::int64_t address = access.bit_address / 8;
    if (!access.write && access.bytes.empty()) {
        const std::uint32_t value = memory.read(access.bit_address, access.bits);
        return value == before.read(access.bit_address, access.bits) ? "" : "bits differ";
    }
    if (!access.write) {
        std::vector<std::byte> bytes(access.bytes.size());
        memory.read_bytes(address, bytes);
        const auto expected = before.bytes().subspan(static_cast<std::size_t>(address));
        return std::ranges::equal(bytes, expected.first(bytes.size())) ? "" : "bytes differ";
    }
    if (access.bytes.empty()) {
        memory.write(access.bit_address, access.bits, access.value);
        after.write(access.bit_address, access.bits, access.value);
        return "";
    }
    memory.write_bytes(address, access.bytes);
    for (std::size_t i = 0; i < access.bytes.size(); ++i)
        after.write(access.bit_address + 8 * static_cast<std::int64_t>(i), 8,
                    std::to_integer<std::uint32_t>(access.bytes[i]));
    return "";
}

std::optional<std::string> failure(const Case& one) {
    const KernelContext kernel;
    MemoryBench bench(memory_bytes);
    BitMemory before(memory_bytes), after(memory_bytes);
    std::string wrong;
    std::size_t now = 0;
    const auto accesses_of = [&](std::size_t process) {
        for (const Access& access : one.edges[now][process]) {
            const std::string said = check(access, bench.memory, before, after);
            if (wrong.empty() && !said.empty()) wrong = fmt::format("edge {}: {}", now, said);
        }
    };
    bench.first.body = [&] { accesses_of(0); };
    bench.second.body = [&] { accesses_of(1); };
    for (; now < one.edges.size(); ++now) {
        bench.clock.cycle();
        before = after;
    }
    if (wrong.empty() && !std::ranges::equal(bench.memory.bytes(), after.bytes()))
        wrong = "bytes differ at the end";
    return wrong.empty() ? std::nullopt : std::optional(wrong);
}

/// One access less.
std::vector<Case> smaller(const Case& one) {
    std::vector<Case> result;
    for (std::size_t edge = 0; edge < one.edges.size(); ++edge)
        for (std::size_t process = 0; process < 2; ++process)
            for (std::size_t i = 0; i < one.edges[edge][process].size(); ++i) {
                result.push_back(one);
                std::vector<Access>& accesses = result.back().edges[edge][process];
                accesses.erase(accesses.begin() + static_cast<std::ptrdiff_t>(i));
            }
    return result;
}

std::string describe(const Case& one) {
    std::string text;
    for (std::size_t edge = 0; edge < one.edges.size(); ++edge)
        for (std::size_t process = 0; process < 2; ++process)
            for (const Access& access : one.edges[edge][process])
                text += fmt::format(
                    "edge {} process {} {} {} bits at {} value {:#x}; ", edge, process,
                    access.write ? "writes" : "reads",
                    access.bytes.empty() ? access.bits : 8 * static_cast<int>(access.bytes.size()),
                    access.bit_address, access.value);
    return text;
}

TEST(ClockedMemory, EqualsTheFunctionUnderRandomAccessesOfTwoProcesses) {
    test::check_random_cases(400, random_case, failure, smaller, describe);
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

/// What the second process says when it reads bytes [address, address + 2) at the edge at which the
/// first writes byte 3 of 8; "" when it may.
std::string second_user(ClockedMemory::Halves halves, std::int64_t address, int delay = 0) {
    const KernelContext kernel;
    MemoryBench bench(8, halves);
    std::string said;
    int first_edge = 0, second_edge = -delay;
    bench.first.body = [&] {
        if (++first_edge == 2) bench.memory.write(31, 1, 1);
    };
    bench.second.body = [&] {
        if (++second_edge != 2) return;
        try {
            std::array<std::byte, 2> bytes{};
            bench.memory.read_bytes(address, bytes);
        } catch (const HalfError& error) {
            said = error.what();
        }
    };
    for (int cycle = 0; cycle < 4; ++cycle) bench.clock.cycle();
    return said;
}

TEST(ClockedMemory, AHalfThatIsExclusiveServesOneUnitPerCycle) {
    using enum ClockedMemory::Halves;
    const std::string error =
        "vector: half 0 is used by two units in one cycle: must be used by one";
    EXPECT_EQ(second_user(exclusive, 0), error);
    EXPECT_EQ(second_user(exclusive, 3), error);  // both halves
    EXPECT_EQ(second_user(exclusive, 4), "");
    EXPECT_EQ(second_user(exclusive, 0, 1), "");
    EXPECT_EQ(second_user(shared, 0), "");
}

/// A unit with one port.
class PortUser : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    ClockedPort port;
    std::function<void(ClockedPort&)> body = [](ClockedPort&) {};
    std::string said;

    PortUser(const sc_core::sc_module_name& name, PortWidth width)
        : sc_module(name), port("port", width) {
        SC_HAS_PROCESS(PortUser);
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
    }

private:
    void edge() {
        try {
            body(port);
        } catch (const PortError& error) {
            said = error.what();
        }
    }
};

/// What a port of 40 bits to read and 24 to write says of the accesses when they happen at each of
/// three edges.
std::string port_error(const std::function<void(ClockedPort&)>& accesses) {
    const KernelContext kernel;
    test::HandClock clock;
    ClockedMemory memory("vector", 16);
    PortUser user("unit", {.read_bits = 40, .write_bits = 24});
    user.clock(clock.signal());
    user.port(memory);
    user.body = accesses;
    for (int cycle = 0; cycle < 3; ++cycle) clock.cycle();
    return user.said;
}

TEST(ClockedPort, MovesItsWidthInEveryCycleAndNoBitMore) {
    EXPECT_EQ(port_error([](ClockedPort& port) {
                  std::array<std::byte, 2> bytes{};
                  port->read(0, 24);
                  port->read_bytes(8, bytes);
                  port->write(0, 8, 1);
                  port->write_bytes(2, bytes);
              }),
              "");
    EXPECT_EQ(port_error([](ClockedPort& port) {
                  port->read(0, 32);
                  port->read(3, 9);
              }),
              "port unit.port: 41 bits read in one cycle: must be at most 40");
    EXPECT_EQ(port_error([](ClockedPort& port) {
                  port->write(0, 9, 1);
                  port->write_bytes(2, std::array<std::byte, 2>{});
              }),
              "port unit.port: 25 bits written in one cycle: must be at most 24");
    EXPECT_EQ(port_error([](ClockedPort& port) {
                  std::array<std::byte, 6> bytes{};
                  port->read_bytes(0, bytes);
              }),
              "port unit.port: 48 bits read in one cycle: must be at most 40");
}

}  // namespace
}  // namespace quatrain::buffer
