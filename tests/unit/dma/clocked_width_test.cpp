// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/buffer/timing.hpp"
#include "rtl_models/dma/clocked.hpp"
#include "rtl_models/dram/timing.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/hand_clock.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace quatrain::dma {
namespace {

constexpr std::int64_t dram_end = std::int64_t{1} << dram_address_bits;
constexpr std::int64_t buffer_end = std::int64_t{1} << buffer_address_bits;

/// A buffer with an answer to every address.
struct EndlessMemory : MemoryPort {
    std::uint32_t read(std::int64_t, int) const override { return 0; }
    void write(std::int64_t, int, std::uint32_t) override {}
    void read_bytes(std::int64_t, std::span<std::byte>) const override {}
    void write_bytes(std::int64_t, std::span<const std::byte>) override {}
};

/// An engine at whose pins a test plays sequencer and DRAM; the DRAM answers in the next cycle.
template <class Engine>
struct Pins {
    explicit Pins(const Params& params) : engine("engine", params) {
        engine.clock(clock.signal());
        engine.start(start);
        engine.command(command);
        engine.ready(ready);
        engine.done(done);
        engine.request(request);
        engine.responses(responses);
        for (std::size_t i = 0; i < isa::buffer_count; ++i) engine.buffers[i](memory);
        sc_core::sc_start(0.5, sc_core::SC_NS);
    }
    void cycle() {
        BurstResponses answers;
        const BurstRequest& asked = request.read();
        if (asked.valid) {
            answers.count = 1;
            answers.bursts.push_back({asked.tag, {}});
            if (asked.data.empty())
                answers.bursts[0].data.resize(static_cast<std::size_t>(asked.bytes));
        }
        responses.write(answers);
        clock.cycle();
    }
    std::string failure() const { return test::failure_text(engine.failure()); }

    test::HandClock clock;
    EndlessMemory memory;
    sc_core::sc_signal<bool> start{"start"}, ready{"ready"}, done{"done"};
    sc_core::sc_signal<Command> command{"command"};
    sc_core::sc_signal<BurstRequest> request{"request"};
    sc_core::sc_signal<BurstResponses> responses{"responses"};
    Engine engine;
};

constexpr Params four_bytes{.burst_bytes = 4, .outstanding = 2, .bytes_per_cycle = 4};

/// What an engine says within 20 cycles of a transfer.
template <class Engine>
std::string failure_of(const isa::DmaTransfer& transfer) {
    const KernelContext kernel;
    Pins<Engine> pins(four_bytes);
    pins.start.write(true);
    pins.command.write({1, transfer});
    pins.cycle();
    pins.start.write(false);
    for (int i = 0; i < 20; ++i) pins.cycle();
    return pins.failure();
}

/// Two runs of 4 bytes.
isa::DmaTransfer two_runs() {
    isa::DmaTransfer transfer;
    transfer.extent = {4, 2, 1, 1};
    transfer.buffer_stride[0] = 8;
    transfer.dram_stride[0] = 8;
    return transfer;
}

/// The transfer with one field replaced; both engines must say `message`.
template <class Change>
void expect_message(Change change, const std::string& message) {
    isa::DmaTransfer transfer = two_runs();
    change(transfer);
    EXPECT_EQ(failure_of<ClockedLoad>(transfer), message);
    EXPECT_EQ(failure_of<ClockedStore>(transfer), message);
}

TEST(ClockedDma, AValueBeyondItsRegisterIsNamed) {
    expect_message([](isa::DmaTransfer&) {}, "no failure");
    const auto at = [](std::int64_t dram, std::int64_t buffer) {
        return [=](isa::DmaTransfer& transfer) {
            transfer.dram_address = dram;
            transfer.buffer_address = buffer;
        };
    };
    expect_message(at(dram_end - 12, buffer_end - 12), "no failure");
    expect_message(at(dram_end, 0),
                   "register dma dram_address = 1125899906842624: holds 0 to 1125899906842623");
    expect_message(at(-1, 0), "register dma dram_address = -1: holds 0 to 1125899906842623");
    expect_message(at(0, buffer_end),
                   "register dma buffer_address = 1073741824: holds 0 to 1073741823");
    expect_message([](isa::DmaTransfer& one) { one.dram_stride[2] = dram_end; },
                   "register dma dram_stride = 1125899906842624: holds -1125899906842624 to "
                   "1125899906842623");
    expect_message([](isa::DmaTransfer& one) { one.buffer_stride[1] = -buffer_end - 1; },
                   "register dma buffer_stride = -1073741825: holds -1073741824 to 1073741823");
    expect_message([](isa::DmaTransfer& one) { one.extent[3] = 2 * buffer_end; },
                   "register dma extent = 2147483648: holds 1 to 2147483647");
    expect_message([](isa::DmaTransfer& one) { one.extent[2] = 0; },
                   "register dma extent = 0: holds 1 to 2147483647");
}

TEST(ClockedDma, ACounterThatRunsBeyondItsRegisterIsNamed) {
    // The run that two dense loops make together.
    expect_message(
        [](isa::DmaTransfer& one) {
            one.extent = {1 << 20, 1 << 20, 1, 1};
            one.dram_stride[0] = 1 << 20;
        },
        "register dma extent = 1099511627776: holds 1 to 2147483647");
    // The second run.
    expect_message([](isa::DmaTransfer& one) { one.dram_address = dram_end - 8; },
                   "register dma dram_address = 1125899906842624: holds 0 to 1125899906842623");
    expect_message([](isa::DmaTransfer& one) { one.buffer_address = buffer_end - 8; },
                   "register dma buffer_address = 1073741824: holds 0 to 1073741823");
    // The second burst of a run.
    expect_message(
        [](isa::DmaTransfer& one) {
            one.extent = {8, 1, 1, 1};
            one.dram_address = dram_end - 4;
        },
        "register dma burst address = 1125899906842624: holds 0 to 1125899906842623");
    expect_message(
        [](isa::DmaTransfer& one) {
            one.extent = {8, 1, 1, 1};
            one.buffer_address = buffer_end - 4;
        },
        "register dma port address = 1073741824: holds 0 to 1073741823");
}

template <class Engine>
std::string failure_of_two_starts() {
    const KernelContext kernel;
    Pins<Engine> pins(four_bytes);
    pins.start.write(true);
    for (std::uint64_t id = 1; id < 3; ++id) {
        EXPECT_EQ(pins.failure(), "no failure");
        pins.command.write({id, two_runs()});
        pins.cycle();
    }
    return pins.failure();
}

TEST(ClockedDma, ATransferThatStartsWhileOneHasBurstsToIssueIsAnOverflow) {
    const std::string message = "register dma transfers to issue = 2: holds 0 to 1";
    EXPECT_EQ(failure_of_two_starts<ClockedLoad>(), message);
    EXPECT_EQ(failure_of_two_starts<ClockedStore>(), message);
}

std::string failure_of_response(const BurstResponse& response) {
    const KernelContext kernel;
    Pins<ClockedLoad> pins(four_bytes);
    pins.start.write(true);
    pins.command.write({1, two_runs()});
    pins.clock.cycle();
    pins.start.write(false);
    pins.responses.write({.count = 1, .bursts = {response}});
    pins.clock.cycle();
    return pins.failure();
}

TEST(ClockedDma, AResponseThatNoRegisterWaitsForIsNamed) {
    const std::vector<std::byte> four(4), five(5);
    EXPECT_EQ(failure_of_response({std::uint64_t{1} << burst_tag_bits, four}),
              "no overflow: dma: response to burst 65536, which is not open");
    EXPECT_EQ(failure_of_response({0, five}),
              "no overflow: dma: response to burst 0 has 5 bytes instead of 4");
}

TEST(ClockedDma, ParametersBeyondTheirRegistersAreRefused) {
    const KernelContext kernel;
    const auto make = [](const Params& params) {
        const ClockedLoad load(sc_core::sc_gen_unique_name("load"), params);
    };
    EXPECT_NO_THROW(make({.burst_bytes = 65536, .outstanding = 65536, .bytes_per_cycle = 65536}));
    EXPECT_THROW(make({.burst_bytes = 1 << 17}), std::overflow_error);
    EXPECT_THROW(make({.outstanding = 1 << 17}), std::overflow_error);
    EXPECT_THROW(make({.bytes_per_cycle = 1 << 17}), std::overflow_error);
}

template <class OfBlock>
std::int64_t largest(std::string_view name) {
    for (const ParameterInfo& one : parameter_info(OfBlock{}))
        if (one.name == name) return static_cast<std::int64_t>(one.maximum);
    throw std::invalid_argument("no such parameter");
}

TEST(ClockedDma, TheWidthsHoldWhatTheParametersAllow) {
    EXPECT_EQ(dram::most_capacity_bytes, dram_end);
    for (const auto* buffer :
         {"moving_bytes", "stationary_bytes", "accumulator_bytes", "vector_bytes", "scalar_bytes"})
        EXPECT_EQ(largest<buffer::Params>(buffer), buffer_end) << buffer;
    EXPECT_EQ(largest<Params>("outstanding"), std::int64_t{1} << burst_tag_bits);
    EXPECT_LT(largest<Params>("burst_bytes"), std::int64_t{1} << burst_byte_bits);
    for (const auto* setting : {"outstanding", "bytes_per_cycle"})
        EXPECT_LT(largest<Params>(setting), std::int64_t{1} << setting_bits) << setting;
}

}  // namespace
}  // namespace quatrain::dma
