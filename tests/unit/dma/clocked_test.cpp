// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dma/clocked.hpp"
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/dma/function.hpp"
#include "rtl_models/isa/address_map.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/port_memory.hpp"
#include "tests/support/random_cases.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <deque>
#include <map>
#include <random>

namespace quatrain::dma {
namespace {

constexpr std::int64_t memory_bytes = 1 << 16;

struct Step {
    isa::DmaTransfer transfer;
    std::int64_t not_before = 0;  ///< the sequencer has a reason to wait until this cycle
};
struct Case {
    Direction direction = Direction::load;
    Params params;
    std::vector<Step> steps;
    std::vector<std::int64_t>
        latencies;  ///< of burst k, from its request to its response: k modulo
};

std::int64_t between(std::mt19937_64& random, std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

Case random_case(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Case one;
    one.direction = seed % 2 ? Direction::load : Direction::store;
    one.params = {.burst_bytes = between(random, 1, 64),
                  .outstanding = between(random, 1, 6),
                  .bytes_per_cycle = between(random, 1, 40)};
    std::int64_t cycle = 0, buffer_at = 0;
    const std::int64_t count = between(random, 1, 5);
    for (std::int64_t i = 0; i < count; ++i) {
        isa::DmaTransfer transfer;
        transfer.buffer = static_cast<isa::BufferId>(between(random, 0, 4));
        transfer.extent = {between(random, 1, 70), between(random, 1, 3), between(random, 1, 3),
                           between(random, 1, 2)};
        // Strides in the buffer keep the box's bytes apart; in DRAM some are dense, some not.
        std::int64_t dense = transfer.extent[0];
        std::int64_t apart = transfer.extent[0] + between(random, 0, 9);
        for (std::size_t k = 0; k < 3; ++k) {
            transfer.buffer_stride[k] = apart;
            transfer.dram_stride[k] = between(random, 0, 2) ? dense : apart + 11;
            dense = transfer.dram_stride[k] * transfer.extent[k + 1];
            apart *= transfer.extent[k + 1];
            apart = std::max(apart, dense);
        }
        transfer.buffer_address = buffer_at;
        transfer.dram_address = between(random, 0, 500) + buffer_at;
        buffer_at += 4000;
        cycle += between(random, 0, 80);
        one.steps.push_back({transfer, cycle});
    }
    for (int k = 0; k < 7; ++k)
        one.latencies.push_back(between(random, 0, 2) ? between(random, 1, 8)
                                                      : between(random, 1, 60));
    return one;
}

/// What is behind the bus: a DRAM of bytes, with the names that dma/function.hpp asks for.
struct PlainDram {
    void read(std::int64_t address, std::span<std::byte> out) const {
        std::copy_n(bytes.begin() + address, out.size(), out.begin());
    }
    /// What goes elsewhere is not for it.
    void write(std::int64_t address, std::span<const std::byte> in) {
        if (isa::space_of(address) != isa::Space::dram) return;
        std::copy(in.begin(), in.end(), bytes.begin() + address);
    }
    std::vector<std::byte> bytes = std::vector<std::byte>(memory_bytes);
};

/// The function view's buffer.
struct FunctionBuffer {
    std::vector<std::byte> bytes;
    std::span<const std::byte> read(std::int64_t address, std::int64_t count) const {
        return std::span(bytes).subspan(static_cast<std::size_t>(address),
                                        static_cast<std::size_t>(count));
    }
    std::span<std::byte> write(std::int64_t address, std::int64_t count) {
        return std::span(bytes).subspan(static_cast<std::size_t>(address),
                                        static_cast<std::size_t>(count));
    }
};

std::vector<std::byte> noise(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::byte> bytes(memory_bytes);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

/// A sequencer with random waits on one side, a DRAM with random latencies on the other.
struct Bench : sc_core::sc_module {
    Bench(const sc_core::sc_module_name& name, const Case& one) : sc_module(name), one_(one) {
        if (one.direction == Direction::load)
            engine = std::make_unique<ClockedLoad>("engine", one.params);
        else
            engine = std::make_unique<ClockedStore>("engine", one.params);
        engine->clock(clock);
        engine->start(start);
        engine->command(command);
        engine->ready(ready);
        engine->done(done);
        engine->request(request);
        engine->responses(responses);
        for (std::size_t i = 0; i < isa::buffer_count; ++i) {
            buffer_bytes[i] = noise(100 + i);
            buffers.emplace_back(sc_core::sc_gen_unique_name("buffer"), buffer_bytes[i]);
            engine->buffers[i](buffers.back());
        }
        dram.bytes = noise(7);
        SC_HAS_PROCESS(Bench);
        SC_METHOD(edge);
        sensitive << clock.posedge_event();
        dont_initialize();
        SC_METHOD(issue);
        sensitive << ready << cycle;
    }

    bool wants() const {
        return next_ < one_.steps.size() && one_.steps[next_].not_before <= cycle.read();
    }
    void issue() {
        start.write(ready.read() && wants());
        if (next_ < one_.steps.size()) command.write({next_ + 1, one_.steps[next_].transfer});
    }
    void edge() {
        const std::int64_t now = cycle.read();
        if (start.read()) {
            started.push_back(now);
            ++next_;
        }
        if (done.read()) {
            finished.push_back(now);
            counts.push_back(engine->take_counts());
        }
        if (request.read().valid) ask(request.read(), now);
        BurstResponses answers;
        std::erase_if(waiting_, [&](const auto& one) {
            if (one.first != now + 1) return false;
            answers.bursts.push_back(one.second);
            ++answers.count;
            return true;
        });
        responses.write(answers);
        cycle.write(now + 1);
    }
    void ask(const BurstRequest& burst, std::int64_t now) {
        arrivals.push_back(now);
        BurstResponse response{burst.tag, {}};
        if (one_.direction == Direction::load) {
            response.data.resize(static_cast<std::size_t>(burst.bytes));
            dram.read(burst.address, response.data);
        } else {
            dram.write(burst.address, burst.data);
        }
        waiting_.emplace_back(now + one_.latencies[burst.tag % one_.latencies.size()], response);
    }

    sc_core::sc_clock clock{"clock", 1, sc_core::SC_NS, 0.5, 1, sc_core::SC_NS, true};
    sc_core::sc_signal<bool> start{"start"}, ready{"ready"}, done{"done"};
    sc_core::sc_signal<Command> command{"command"};
    sc_core::sc_signal<BurstRequest> request{"request"};
    sc_core::sc_signal<BurstResponses> responses{"responses"};
    sc_core::sc_signal<std::int64_t> cycle{"cycle"};
    std::array<std::vector<std::byte>, isa::buffer_count> buffer_bytes;
    std::deque<test::PortMemory> buffers;
    PlainDram dram;
    std::unique_ptr<ClockedDma> engine;
    std::vector<std::int64_t> started, finished, arrivals;
    std::vector<EventCounts> counts;

private:
    const Case& one_;
    std::size_t next_ = 0;
    std::vector<std::pair<std::int64_t, BurstResponse>> waiting_;
};

/// What the closed form says of the same starts and latencies.
struct Expected {
    std::vector<std::int64_t> started, finished, arrivals;
};
Expected closed_form(const Case& one) {
    Expected expected;
    BurstTimeline timeline(one.params, one.direction);
    std::int64_t last_issue = 0;
    for (const Step& step : one.steps) {
        expected.started.push_back(std::max(step.not_before, last_issue));
        std::int64_t complete = 0;
        for (BurstCursor cursor(one.params, step.transfer); !cursor.done();) {
            last_issue = timeline.issue_cycle(expected.started.back() + 1);
            const Burst burst = cursor.next();
            const std::int64_t arrival = timeline.issue(last_issue, burst.bytes);
            const std::int64_t latency =
                one.latencies[expected.arrivals.size() % one.latencies.size()];
            expected.arrivals.push_back(arrival);
            complete = timeline.complete(arrival + latency, burst.bytes);
        }
        expected.finished.push_back(complete);
    }
    return expected;
}

std::optional<std::string> compare_memory(const Case& one, const Bench& bench) {
    PlainDram dram;
    dram.bytes = noise(7);
    std::array<FunctionBuffer, isa::buffer_count> buffers;
    for (std::size_t i = 0; i < isa::buffer_count; ++i) buffers[i].bytes = noise(100 + i);
    for (const Step& step : one.steps) {
        FunctionBuffer& buffer = buffers[static_cast<std::size_t>(step.transfer.buffer)];
        if (one.direction == Direction::load)
            load(step.transfer, dram, buffer);
        else
            store(step.transfer, buffer, dram);
    }
    if (bench.dram.bytes != dram.bytes) return "other bytes in DRAM";
    for (std::size_t i = 0; i < isa::buffer_count; ++i)
        if (bench.buffer_bytes[i] != buffers[i].bytes) return "other bytes in a buffer";
    return std::nullopt;
}

std::optional<std::string> failure(const Case& one) {
    const Expected expected = closed_form(one);
    const KernelContext kernel;
    Bench bench("bench", one);
    sc_core::sc_start(static_cast<double>(expected.finished.back() + 3), sc_core::SC_NS);
    if (bench.engine->failure()) return test::failure_text(bench.engine->failure());
    if (bench.started != expected.started) return "other start cycles than the closed form's";
    if (bench.arrivals != expected.arrivals) return "other request cycles than the closed form's";
    if (bench.finished != expected.finished) return "other done cycles than the closed form's";
    for (std::size_t i = 0; i < one.steps.size(); ++i) {
        const isa::DmaTransfer& transfer = one.steps[i].transfer;
        const auto bits = 8 * static_cast<std::uint64_t>(transfer_bytes(transfer));
        const EventCounts& counts = bench.counts[i];
        const bool loads = one.direction == Direction::load;
        const auto bursts = static_cast<std::uint64_t>(burst_count(one.params, transfer));
        if (counts[Event::dma_bits] != bits || counts[Event::dram_bursts] != bursts ||
            counts[loads ? Event::dram_read_bits : Event::dram_write_bits] != bits)
            return "other counts";
    }
    return compare_memory(one, bench);
}

std::vector<Case> smaller(const Case& one) {
    std::vector<Case> all;
    for (std::size_t i = 0; one.steps.size() > 1 && i < one.steps.size(); ++i) {
        all.push_back(one);
        all.back().steps.erase(all.back().steps.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (std::size_t i = 0; i < one.steps.size(); ++i)
        for (std::size_t k = 0; k < 4; ++k) {
            if (one.steps[i].transfer.extent[k] == 1) continue;
            all.push_back(one);
            all.back().steps[i].transfer.extent[k] /= 2;
        }
    const auto try_values = [&](auto field_of, std::int64_t least) {
        Case changed = one;
        const std::int64_t before = field_of(changed);
        for (const std::int64_t value : {least, before / 2}) {
            if (value < least || value >= before) continue;
            field_of(changed) = value;
            all.push_back(changed);
        }
    };
    for (const auto field : {&Params::burst_bytes, &Params::outstanding, &Params::bytes_per_cycle})
        try_values([=](Case& c) -> std::int64_t& { return c.params.*field; }, 1);
    for (std::size_t i = 0; i < one.steps.size(); ++i)
        try_values([=](Case& c) -> std::int64_t& { return c.steps[i].not_before; }, 0);
    for (std::size_t k = 0; k < one.latencies.size(); ++k)
        try_values([=](Case& c) -> std::int64_t& { return c.latencies[k]; }, 1);
    return all;
}

std::string describe(const Case& one) {
    std::string text =
        fmt::format("{}, bursts of {}, {} outstanding, {} bytes per cycle:",
                    one.direction == Direction::load ? "load" : "store", one.params.burst_bytes,
                    one.params.outstanding, one.params.bytes_per_cycle);
    for (const Step& step : one.steps)
        text +=
            fmt::format(" [{}] {}x{}x{}x{}", step.not_before, step.transfer.extent[0],
                        step.transfer.extent[1], step.transfer.extent[2], step.transfer.extent[3]);
    text += ", latencies";
    for (const std::int64_t latency : one.latencies) text += fmt::format(" {}", latency);
    return text;
}

TEST(ClockedDma, AResponseToNoOpenBurstIsAnError) {
    const Case one{.direction = Direction::load, .params = {}, .steps = {}, .latencies = {1}};
    const KernelContext kernel;
    Bench bench("bench", one);
    bench.responses.write({.count = 1, .bursts = {{.tag = 3, .data = {}}}});
    sc_core::sc_start(3, sc_core::SC_NS);
    ASSERT_TRUE(bench.engine->failure());
    EXPECT_THROW(std::rethrow_exception(bench.engine->failure()), std::logic_error);
    EXPECT_THROW(bench.engine->take_counts(), std::logic_error);
}

/// Twice the same 40000 bytes, a burst each; three of four are answered before the first.
TEST(ClockedDma, TagsWrapAround) {
    for (const Direction direction : {Direction::load, Direction::store}) {
        isa::DmaTransfer transfer;
        transfer.extent = {40'000, 2, 1, 1};
        const Case one{.direction = direction,
                       .params = {.burst_bytes = 1, .outstanding = 8, .bytes_per_cycle = 1},
                       .steps = {{transfer, 0}},
                       .latencies = {12, 1, 1, 1}};
        EXPECT_EQ(failure(one).value_or(""), "");
    }
}

/// Every event that is not zero, of a store of 100 bytes from the vector buffer.
std::map<Event, std::uint64_t> counts_of_store(std::int64_t address) {
    isa::DmaTransfer transfer;
    transfer.buffer = isa::BufferId::vector;
    transfer.dram_address = address;
    transfer.extent = {50, 2, 1, 1};
    transfer.buffer_stride[0] = 60;
    transfer.dram_stride[0] = 60;
    const Case one{.direction = Direction::store,
                   .params = {.burst_bytes = 32, .outstanding = 2, .bytes_per_cycle = 8},
                   .steps = {{transfer, 0}},
                   .latencies = {3}};
    const KernelContext kernel;
    Bench bench("bench", one);
    sc_core::sc_start(60, sc_core::SC_NS);
    EXPECT_FALSE(bench.engine->failure());
    EXPECT_EQ(bench.counts.size(), 1u);
    std::map<Event, std::uint64_t> counts;
    for (std::size_t i = 0; i < event_count; ++i)
        if (const auto event = static_cast<Event>(i); bench.counts.at(0)[event] != 0)
            counts[event] = bench.counts.at(0)[event];
    return counts;
}

TEST(ClockedDma, AStoreIsCountedAtTheMemoryOrTheNextCoresBufferThatItGoesTo) {
    using Counts = std::map<Event, std::uint64_t>;
    EXPECT_EQ(counts_of_store(64), (Counts{{Event::dma_bits, 800},
                                           {Event::vector_read_bits, 800},
                                           {Event::dram_write_bits, 800},
                                           {Event::dram_bursts, 5}}));
    EXPECT_EQ(counts_of_store(isa::scratchpad_base + 64),
              (Counts{{Event::dma_bits, 800},
                      {Event::vector_read_bits, 800},
                      {Event::scratchpad_write_bits, 800}}));
    EXPECT_EQ(counts_of_store(isa::in_next_core(isa::BufferId::vector, 64)),
              (Counts{{Event::dma_bits, 800},
                      {Event::vector_read_bits, 800},
                      {Event::vector_write_bits, 800}}));
    EXPECT_EQ(counts_of_store(isa::in_next_core(isa::BufferId::scalar, 64)),
              (Counts{{Event::dma_bits, 800},
                      {Event::vector_read_bits, 800},
                      {Event::scalar_write_bits, 800}}));
    const auto none = static_cast<isa::BufferId>(isa::buffer_count);
    EXPECT_EQ(counts_of_store(isa::in_next_core(none, 0)),
              (Counts{{Event::dma_bits, 800}, {Event::vector_read_bits, 800}}));
}

TEST(ClockedDma, MovesTheBytesOfTheFunctionInTheCyclesOfTheClosedForm) {
    test::check_random_cases(400, random_case, failure, smaller, describe);
}

}  // namespace
}  // namespace quatrain::dma
