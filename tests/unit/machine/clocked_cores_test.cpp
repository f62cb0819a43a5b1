// SPDX-License-Identifier: Apache-2.0
// Several clocked cores that put to each other and wait for each other, by programs written out.
#include "rtl_models/dma/function.hpp"
#include "rtl_models/isa/address_map.hpp"
#include "sim/machine/ring_traffic.hpp"
#include "tests/support/value_change_dump.hpp"
#include "tests/unit/machine/programs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

namespace quatrain::machine {
namespace {

using isa::BufferId;
using isa::Engine;
using isa::Semaphore;
using testing::HasSubstr;

constexpr std::int64_t rounds = 7, rows = 4, columns = 4;
constexpr std::size_t elements = rows * columns;
constexpr std::int64_t tile_bytes = 4 * rows * columns;

// In a core's share of the DRAM: its own tiles, then what it stores.
constexpr std::int64_t own_at = 0, sums_at = 65536, totals_at = 131072, word_at = 196608,
                       foreign_word_at = 200704;
// In the vector buffer: halves of own tiles and of sums, slots of mail.
constexpr std::int64_t own_half = 0, sum_half = 512, sum_mail = 1024, total_mail = 2048,
                       mail_slots = 4, slot = 256;

/// Instructions by engine, in the order of their issue.
struct Program {
    std::array<std::vector<isa::Instruction>, isa::engine_count> queues;

    using Uses = std::vector<Semaphore>;
    void add(Engine engine, const decltype(isa::Instruction::body)& body, const Uses& waits,
             const Uses& signals) {
        isa::Instruction instruction;
        instruction.body = body;
        for (std::size_t i = 0; i < waits.size(); ++i) instruction.waits[i] = {waits[i], 1};
        for (std::size_t i = 0; i < signals.size(); ++i) instruction.signals[i] = {signals[i], 1};
        queues[static_cast<std::size_t>(engine)].push_back(instruction);
    }
    isa::Queues rolled() const {
        isa::Queues result;
        for (std::size_t i = 0; i < isa::engine_count; ++i) result[i] = isa::roll(queues[i]);
        return result;
    }
};

isa::DmaTransfer moves(BufferId buffer, std::int64_t buffer_address, std::int64_t dram_address,
                       std::int64_t bytes = tile_bytes) {
    return {.buffer = buffer,
            .buffer_address = buffer_address,
            .dram_address = dram_address,
            .extent = {bytes, 1, 1, 1}};
}

isa::VectorInstruction adds(std::int64_t a, std::int64_t b, std::int64_t out) {
    isa::VectorInstruction add;
    add.operation = isa::VectorOperation::add;
    add.rows = rows;
    add.columns = columns;
    add.in[0] = {a, numerics::Format::fp32};
    add.in[1] = {b, numerics::Format::fp32};
    add.out[0] = {out, numerics::Format::fp32};
    return add;
}

/// Every core hands its tiles to the next, adds what comes to its own, stores the sum, hands it on
/// as well and stores what comes; and a scalar goes from core to core.
isa::Queues round_the_ring() {
    Program program;
    program.add(Engine::load, moves(BufferId::scalar, 0, word_at, 16), {}, {Semaphore::share_full});
    program.add(Engine::store,
                moves(BufferId::scalar, 4, isa::in_next_core(BufferId::scalar, 64), 8),
                {Semaphore::share_full}, {Semaphore::total_full});
    program.add(Engine::store, moves(BufferId::scalar, 64, foreign_word_at, 8),
                {Semaphore::total_full}, {});
    for (std::int64_t i = 0; i < rounds; ++i) {
        const std::int64_t half = i % 2 * slot, mail = i % mail_slots * slot;
        program.add(Engine::load, moves(BufferId::vector, own_half + half, own_at + i * 1000),
                    {Semaphore::tile_free}, {Semaphore::share_full, Semaphore::tile_full});
        program.add(Engine::store,
                    moves(BufferId::vector, own_half + half,
                          isa::in_next_core(BufferId::vector, sum_mail + mail)),
                    {Semaphore::share_full, Semaphore::sum_free}, {Semaphore::sum_full});
        program.add(Engine::vector, adds(own_half + half, sum_mail + mail, sum_half + half),
                    {Semaphore::tile_full, Semaphore::sum_full},
                    {Semaphore::tile_done, Semaphore::sum_free});
        program.add(Engine::store, moves(BufferId::vector, sum_half + half, sums_at + i * 1000),
                    {Semaphore::tile_done}, {});
        program.add(Engine::store,
                    moves(BufferId::vector, sum_half + half,
                          isa::in_next_core(BufferId::vector, total_mail + mail)),
                    {Semaphore::total_free}, {Semaphore::total_full, Semaphore::tile_free});
        program.add(Engine::store, moves(BufferId::vector, total_mail + mail, totals_at + i * 1000),
                    {Semaphore::total_full}, {Semaphore::total_free});
    }
    return program.rolled();
}

using Tile = std::array<float, elements>;

std::int64_t base(const MachineParams& params, std::int64_t core) {
    return core * config::dram_share_bytes(params);
}
Tile own_tile(std::int64_t core, std::int64_t round) {
    std::mt19937 random(static_cast<std::uint32_t>(100 * core + round));
    Tile tile{};
    for (float& value : tile) value = static_cast<float>(random() % 4096) / 8;
    return tile;
}
Tile sum(const Tile& a, const Tile& b) {
    Tile result{};
    for (std::size_t i = 0; i < elements; ++i) result[i] = a[i] + b[i];
    return result;
}
Tile sum_of(const MachineParams& params, std::int64_t core, std::int64_t round) {
    return sum(own_tile(core, round), own_tile(previous_core(params, core), round));
}
Tile tile_at(const dram::DramImage& image, std::int64_t address) {
    std::array<std::byte, tile_bytes> bytes{};
    image.read(address, bytes);
    Tile tile{};
    std::memcpy(tile.data(), bytes.data(), bytes.size());
    return tile;
}

dram::DramImage own_tiles(const MachineParams& params) {
    dram::DramImage image(dram::capacity_bytes(params.memory, params.dram));
    for (std::int64_t core = 0; core < params.cores; ++core) {
        for (std::int64_t i = 0; i < rounds; ++i) {
            const Tile tile = own_tile(core, i);
            image.write(base(params, core) + own_at + i * 1000, std::as_bytes(std::span(tile)));
        }
        const std::array<std::uint32_t, 4> words{0, static_cast<std::uint32_t>(7 + core), 99, 0};
        image.write(base(params, core) + word_at, std::as_bytes(std::span(words)));
    }
    return image;
}

MachineParams machine_of(std::int64_t cores) {
    MachineParams params = small_machine();
    params.buffers.vector_bytes = 8192;
    params.cores = cores;
    params.ring = {.bytes_per_cycle = 16, .hop_cycles = 3};
    return params;
}

struct Outcome {
    MachineResult result;
    /// core, engine, instruction's number, issue, done
    std::set<std::tuple<std::int64_t, Engine, std::int64_t, std::int64_t, std::int64_t>> records;
    std::vector<dram::Command> commands;
};
template <class Machine>
Outcome run(Machine machine, const MachineParams& params, const isa::Queues& queues,
            dram::DramImage& image, const std::string& waveform = "",
            const std::string& scope = "") {
    Outcome outcome;
    std::map<std::pair<std::int64_t, Engine>, std::int64_t> numbers;
    Settings settings;
    settings.record = [&](const InstructionRecord& one) {
        outcome.records.emplace(one.core, one.engine, numbers[{one.core, one.engine}]++, one.issue,
                                one.done);
    };
    settings.dram_command = [&](const dram::Command& one) { outcome.commands.push_back(one); };
    settings.waveform = {waveform, scope};
    outcome.result =
        machine(params, std::vector<OperatorQueues>{{&queues, "round"}}, settings, image);
    return outcome;
}

void expect_sums(const MachineParams& params, const dram::DramImage& image) {
    for (std::int64_t core = 0; core < params.cores; ++core) {
        const std::int64_t previous = previous_core(params, core);
        for (std::int64_t i = 0; i < rounds; ++i) {
            ASSERT_EQ(tile_at(image, base(params, core) + sums_at + i * 1000),
                      sum_of(params, core, i))
                << "core " << core << ", round " << i;
            ASSERT_EQ(tile_at(image, base(params, core) + totals_at + i * 1000),
                      sum_of(params, previous, i))
                << "core " << core << ", round " << i;
        }
        std::array<std::byte, 8> bytes{};
        image.read(base(params, core) + foreign_word_at, bytes);
        std::array<std::uint32_t, 2> words{};
        std::memcpy(words.data(), bytes.data(), bytes.size());
        EXPECT_EQ(words,
                  (std::array<std::uint32_t, 2>{static_cast<std::uint32_t>(7 + previous), 99}));
    }
}

/// Machines that put their cores' neighbours in every relation: on both sides of the memory, the
/// next the same as the previous, wires longer than all else.
std::vector<MachineParams> machines() {
    std::vector<MachineParams> all;
    for (const std::int64_t cores : {2, 3, 5}) all.push_back(machine_of(cores));
    all.push_back(machine_of(2));
    all.back().ring.hop_cycles = 1000;
    all.push_back(machine_of(3));
    all.back().ring = {.bytes_per_cycle = 1, .hop_cycles = 1};
    all.back().dma = {.burst_bytes = 16, .outstanding = 3, .bytes_per_cycle = 5};
    all.back().clock_period_ps = 700;
    all.push_back(machine_of(4));
    all.back().dram.channels = 4;
    all.back().ring.bytes_per_cycle = 512;
    return all;
}

TEST(ClockedCores, HandOnWhatTheyHaveAndStoreTheSumsOfTheirNeighbours) {
    for (const MachineParams& params : machines()) {
        dram::DramImage image = own_tiles(params);
        run(run_clocked, params, round_the_ring(), image);
        expect_sums(params, image);
        if (HasFatalFailure()) return;
    }
}

TEST(ClockedCores, TakeTheCyclesEventsAndCommandsOfTheMachineOfEvents) {
    for (const MachineParams& params : machines()) {
        const auto name = testing::Message() << params.cores << " cores, hops of "
                                             << params.ring.hop_cycles << " cycles";
        dram::DramImage image = own_tiles(params), other = own_tiles(params);
        const Outcome clocked = run(run_clocked, params, round_the_ring(), image);
        const Outcome timed = run(run_timed, params, round_the_ring(), other);
        EXPECT_EQ(clocked.records, timed.records) << name;
        EXPECT_EQ(clocked.records.size(),
                  static_cast<std::size_t>(params.cores * (3 + 6 * rounds)));
        EXPECT_EQ(clocked.result.cycles, timed.result.cycles) << name;
        EXPECT_EQ(clocked.result.operators_done, 1u) << name;
        for (std::size_t i = 0; i < event_count; ++i) {
            const auto event = static_cast<Event>(i);
            EXPECT_EQ(clocked.result.events[event], timed.result.events[event])
                << name << ": " << event_info(event).name;
        }
        EXPECT_TRUE(clocked.commands == timed.commands) << name << ": other commands to the DRAM";
    }
}

/// Cycles of a wire's 1s.
std::int64_t ones(const test::ValueChangeDump& dump, const std::string& wire, std::int64_t period) {
    std::int64_t total = 0;
    const auto& times = dump.times(wire);
    for (std::size_t i = 0; i < times.size(); ++i)
        if (dump.values(wire)[i] == "1")
            total += (i + 1 < times.size() ? times[i + 1] : dump.end()) - times[i];
    return total / period;
}

std::filesystem::path waveform_path() {
    return std::filesystem::path(testing::TempDir()) /
           (std::string("quatrain_") +
            testing::UnitTest::GetInstance()->current_test_info()->name() + ".vcd");
}

// A link of one byte per cycle: in every cycle in which a flit enters one, a byte makes a hop.
TEST(ClockedCores, TheRingCarriesTheBitHopsThatAreCounted) {
    for (const std::int64_t cores : {2, 3}) {
        MachineParams params = machine_of(cores);
        params.ring.bytes_per_cycle = 1;
        dram::DramImage image = own_tiles(params);
        const std::filesystem::path path = waveform_path();
        const Outcome clocked =
            run(run_clocked, params, round_the_ring(), image, path.string(), "ring");
        const test::ValueChangeDump dump(path);
        std::filesystem::remove(path);
        std::int64_t byte_hops = 0;
        for (std::int64_t stop = 0; stop <= cores; ++stop)
            for (const auto* side : {".clockwise", ".anticlockwise"})
                byte_hops += ones(dump, "ring.stop_" + std::to_string(stop) + side + ".valid",
                                  params.clock_period_ps);
        EXPECT_EQ(clocked.result.events[Event::ring_bit_hops],
                  static_cast<std::uint64_t>(8 * byte_hops));
        EXPECT_GT(byte_hops, 0);
    }
}

TEST(ClockedCores, AWaveformCallsTheirBlocksByTheirNumbers) {
    const MachineParams params = machine_of(2);
    const std::filesystem::path path = waveform_path();
    const auto dump_of = [&](const std::string& scope) {
        dram::DramImage image = own_tiles(params);
        run(run_clocked, params, round_the_ring(), image, path.string(), scope);
        test::ValueChangeDump dump(path);
        std::filesystem::remove(path);
        return dump;
    };
    const test::ValueChangeDump all = dump_of("");
    for (const auto* wire :
         {"core0.load.request.address", "core1.sequencer.semaphore.sum_full",
          "core0.sequencer.to_next.sum", "ring.core1_from_previous.sum",
          "ring.core0_put_asked.address", "ring.stop_2_deliver.count", "ring.core1.announced_puts",
          "ring.memory.core_0.open_loads", "dram.core1_load_responses.count",
          "core1.buffers.vector.writes", "dram.channel_0.bus_0.kind"}) {
        ASSERT_TRUE(all.has(wire)) << wire;
        EXPECT_TRUE(all.changes(wire)) << wire;
    }
    const test::ValueChangeDump vector = dump_of("core1.vector_unit");
    EXPECT_TRUE(vector.has("core1.vector_unit.busy"));
    EXPECT_FALSE(vector.has("core0.vector_unit.busy"));
    EXPECT_FALSE(vector.has("core1.load.request.address"));
    EXPECT_TRUE(dump_of("ring").has("core0.store.request.address"));
    EXPECT_TRUE(dump_of("dram").has("ring.core0_store_request.address"));
    dram::DramImage image = own_tiles(params);
    EXPECT_THROW(run(run_clocked, params, round_the_ring(), image, path.string(), "load"),
                 std::invalid_argument);
}

template <class Machine>
std::string error_of(Machine machine, const Program& program, std::int64_t cores = 2) {
    const MachineParams params = machine_of(cores);
    dram::DramImage image = own_tiles(params);
    const isa::Queues queues = program.rolled();
    try {
        run(machine, params, queues, image);
    } catch (const std::out_of_range& error) {
        return error.what();
    } catch (const DeadlockError& error) {
        return error.what();
    }
    return "no error";
}

TEST(ClockedCores, AnAddressThatACoreDoesNotHaveIsAnError) {
    const std::int64_t share = config::dram_share_bytes(machine_of(2));
    const auto none = static_cast<BufferId>(isa::buffer_count);
    const std::vector<std::tuple<Engine, std::int64_t, std::string>> cases{
        {Engine::load, share - 64, "no error"},
        // Its last byte is a burst of its own.
        {Engine::load, share - 63,
         fmt::format("dram: bytes {} to {} lie outside its {} bytes", share, share + 1, share)},
        {Engine::store, share,
         fmt::format("dram: bytes {} to {} lie outside its {} bytes", share, share + 64, share)},
        {Engine::store, isa::scratchpad_base,
         fmt::format("dram: bytes {} to {} lie outside its {} bytes", isa::scratchpad_base,
                     isa::scratchpad_base + 64, share)},
        {Engine::store, isa::in_next_core(BufferId::vector, 8192 - 64), "no error"},
        {Engine::store, isa::in_next_core(BufferId::vector, 8192 - 63),
         "vector buffer: 1 bytes at 8192 lie outside its 8192 bytes"},
        {Engine::store, isa::in_next_core(none, 0),
         fmt::format("dram: there is nothing at address {}", isa::in_next_core(none, 0))},
        {Engine::load, isa::in_next_core(BufferId::vector, 0),
         fmt::format("dram: there is nothing at address {}",
                     isa::in_next_core(BufferId::vector, 0))}};
    for (const auto& [engine, address, message] : cases) {
        Program program;
        program.add(engine, moves(BufferId::vector, 0, address), {}, {});
        EXPECT_EQ(error_of(run_clocked, program), message);
        EXPECT_EQ(error_of(run_timed, program) == "no error", message == "no error") << message;
    }
}

TEST(ClockedCores, ADeadlockNamesTheEnginesOfEveryCore) {
    Program program;
    program.add(Engine::store,
                moves(BufferId::vector, 0, isa::in_next_core(BufferId::vector, sum_mail)), {},
                {Semaphore::sum_full});
    program.add(Engine::vector, adds(0, sum_mail, 512), {Semaphore::sum_full, Semaphore::sum_full},
                {});
    const std::string message = error_of(run_clocked, program);
    EXPECT_THAT(message, HasSubstr("no progress: core 0: load has finished; store has finished; "
                                   "array has finished; vector waits for sum_full in round ("));
    EXPECT_THAT(message, HasSubstr("; core 1: load has finished; store has finished; array has "
                                   "finished; vector waits for sum_full in round ("));
    EXPECT_EQ(message, error_of(run_timed, program));
}

}  // namespace
}  // namespace quatrain::machine
