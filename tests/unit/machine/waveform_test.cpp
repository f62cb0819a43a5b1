// SPDX-License-Identifier: Apache-2.0
// Waveforms of a program of which every value is known.
#include "rtl_models/base/clocked_register.hpp"
#include "rtl_models/dram/clocked.hpp"
#include "sim/machine/command_probes.hpp"
#include "tests/support/value_change_dump.hpp"
#include "tests/unit/machine/programs.hpp"

#include <gtest/gtest.h>
#include <filesystem>

namespace quatrain::machine {
namespace {

using Numbers = std::set<std::uint64_t>;
using Texts = std::set<std::string>;

/// Three tiles on the small machine.
const test::ValueChangeDump& three_tiles() {
    static const test::ValueChangeDump read = [] {
        const std::filesystem::path path =
            std::filesystem::path(testing::TempDir()) /
            (std::string("quatrain_") +
             testing::UnitTest::GetInstance()->current_test_info()->name() + ".vcd");
        const MachineParams params = small_machine();
        dram::DramImage image = random_operands(params, 3);
        const isa::Queues queues = tiles(0, 3);
        Settings settings;
        settings.waveform.path = path.string();
        run_clocked(params, std::vector<OperatorQueues>{{&queues, "tiles"}}, settings, image);
        test::ValueChangeDump dump(path);
        // std::filesystem::remove(path);
        return dump;
    }();
    return read;
}

Numbers with_zero(std::initializer_list<std::int64_t> values) {
    Numbers all{0};
    for (const std::int64_t value : values) all.insert(static_cast<std::uint64_t>(value));
    return all;
}

TEST(Waveform, CommandsShowWhatTheirInstructionsSay) {
    const auto& dump = three_tiles();
    EXPECT_EQ(dump.numbers("sequencer.array_command.id"), with_zero({1, 2, 3}));
    // The first load issues in the first cycle.
    EXPECT_EQ(dump.numbers("load.transfer.id"), (Numbers{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(dump.texts("load.transfer.buffer"), (Texts{"moving", "stationary"}));
    EXPECT_EQ(dump.numbers("load.transfer.run_bytes"),
              (Numbers{moving_tile_bytes, stationary_tile_bytes}));
    EXPECT_EQ(dump.numbers("array.pass.vectors"), with_zero({tile_vectors}));
    EXPECT_EQ(dump.numbers("array.pass.k_count"), with_zero({4}));
    EXPECT_EQ(dump.numbers("streamer.pass.columns"), with_zero({4}));
    EXPECT_EQ(dump.numbers("array.pass.accumulator_address"), with_zero({512}));
    EXPECT_EQ(dump.texts("array.pass.opcode_text"), (Texts{"weight_stationary"}));
    EXPECT_EQ(dump.texts("array.pass.moving_format"), (Texts{"uint4"}));
    EXPECT_EQ(dump.texts("scaling_unit.instruction.opcode_text"), (Texts{"drain"}));
    EXPECT_EQ(dump.numbers("scaling_unit.instruction.rows"), with_zero({tile_vectors}));
    EXPECT_TRUE(dump.texts("sequencer.vector_command.opcode_text").contains("drain"));
    EXPECT_TRUE(dump.texts("sequencer.store_command.opcode_text").contains("transfer"));
}

TEST(Waveform, BurstsShowTheirAddressesAndData) {
    const auto& dump = three_tiles();
    EXPECT_EQ(dump.numbers("store.request.address"),
              with_zero({result_base, result_base + 1024, result_base + 2048}));
    EXPECT_EQ(dump.numbers("store.request.bytes"), with_zero({result_tile_bytes}));
    EXPECT_EQ(dump.numbers("dram.load_responses.count"), (Numbers{0, 1}));
    const MachineParams params = small_machine();
    const dram::DramImage image = random_operands(params, 3);
    const auto first_bytes = [&](std::int64_t address) {
        std::array<std::byte, 8> bytes{};
        image.read(address, bytes);
        std::uint64_t data = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            data |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
        return data;
    };
    Numbers operands{0};
    for (const std::int64_t tile : {0, 1, 2}) {
        operands.insert(first_bytes(moving_base + 1024 * tile));
        operands.insert(first_bytes(stationary_base + 1024 * tile));
    }
    EXPECT_EQ(dump.numbers("dram.load_responses.burst_0.data"), operands);
}

TEST(Waveform, ChannelsShowTheirCommandsAndOpenRows) {
    const auto& dump = three_tiles();
    EXPECT_TRUE(dump.texts("dram.channel_0.bus_0.kind").contains("activate"));
    EXPECT_TRUE(dump.texts("dram.channel_0.bus_0.kind").contains("read"));
    EXPECT_TRUE(dump.texts("dram.channel_0.bus_0.kind").contains("write"));
    EXPECT_EQ(dump.numbers("dram.channel_0.rank_0.bank_0.open"), (Numbers{0, 1}));
    EXPECT_EQ(dump.numbers("dram.channel_0.writing"), (Numbers{0, 1}));
    EXPECT_TRUE(dump.changes("dram.channel_0.requests_crossing"));
    EXPECT_TRUE(dump.changes("dram.port_1.bursts"));
}

TEST(Waveform, BlocksShowWhatTheyDo) {
    const auto& dump = three_tiles();
    EXPECT_EQ(dump.numbers("sequencer.semaphore.moving_free"), (Numbers{0, 1, 2}));
    EXPECT_EQ(dump.numbers("sequencer.semaphore.moving_full"), (Numbers{0, 1}));
    EXPECT_TRUE(dump.texts("sequencer.array.waits_for").contains("moving_full"));
    EXPECT_EQ(dump.numbers("sequencer.array.instruction"), (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(dump.numbers("sequencer.array.operator"), (Numbers{0, 1}));
    EXPECT_EQ(dump.texts("array.phase"),
              (Texts{"idle", "preload", "stream", "stream+preload", "skew"}));
    EXPECT_EQ(dump.numbers("array.stream.beats"), (Numbers{0, 1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(dump.numbers("array.stream.steps"), with_zero({tile_vectors}));
    EXPECT_EQ(dump.numbers("streamer.pass_0.beats_left"), (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_EQ(dump.numbers("dispatch.vector_busy"), (Numbers{0, 1}));
    EXPECT_EQ(dump.numbers("store.transfers"), (Numbers{0, 1, 2}));
    EXPECT_TRUE(dump.changes("load.open_bursts"));
    EXPECT_EQ(dump.numbers("load.port.oldest_responded"), (Numbers{0, 1}));
    EXPECT_EQ(dump.numbers("scaling_unit.busy"), (Numbers{0, 1}));
    EXPECT_TRUE(dump.changes("scaling_unit.stage_1.valid"));
    EXPECT_FALSE(dump.changes("vector_unit.busy")) << "the program has nothing for it";
    EXPECT_EQ(dump.numbers("buffers.accumulator.writes"), (Numbers{0, 1, 2, 3, 4}));
    EXPECT_TRUE(dump.changes("buffers.moving.half_1.bank_0.taken"));
}

TEST(Waveform, RegistersAndFieldsChangeWithTheSignalsThatShowThem) {
    const auto& dump = three_tiles();
    EXPECT_EQ(dump.times("array.stream.valid"), dump.times("array.stream_go"));
    EXPECT_EQ(dump.values("array.stream.valid"), dump.values("array.stream_go"));
    EXPECT_EQ(dump.times("sequencer.array_command.opcode").at(1),
              dump.times("sequencer.array_command.id").at(1));
    EXPECT_EQ(dump.times("array.pass.vectors").at(1), dump.times("array.pass.id").at(1));
    EXPECT_EQ(dump.times("dram.load_responses.burst_0.data"),
              dump.times("dram.load_responses.count"));
    const MachineParams params = small_machine();
    for (const std::string& wire : dump.names()) {
        if (wire == "clock" || wire == "dram_clock") continue;
        const bool is_of_dram = wire.starts_with("dram.channel_") || wire.starts_with("dram.port_");
        const std::int64_t period =
            is_of_dram ? params.memory.clock_period_ps : params.clock_period_ps;
        for (const std::int64_t time : dump.times(wire)) ASSERT_EQ(time % period, 0) << wire;
    }
}

TEST(Waveform, EveryWireHasTheWidthOfItsRegister) {
    const auto& dump = three_tiles();
    const std::map<std::string, int> widths{
        {"clock", 1},
        {"sequencer.load_command.id", command_id_bits},
        {"sequencer.load_command.opcode", opcode_bits},
        {"sequencer.semaphore.moving_full", sequencer::semaphore_bits},
        {"load.transfer.dram_address", dram_address_bits},
        {"load.transfer.buffer_address", buffer_address_bits},
        {"load.request.tag", burst_tag_bits},
        {"load.request.address", dram_address_bits},
        {"load.request.bytes", burst_byte_bits},
        {"load.request.data", 64},
        {"dram.load_responses.count", burst_count_bits},
        {"dram.port_0.bursts", burst_count_bits},
        {"dram.channel_0.reads", 6},             // 0 to 32
        {"dram.channel_0.bus_0.row", 15},        // 32768 rows
        {"dram.channel_0.bus_0.bank_group", 2},  // 4
        {"streamer.moving.code_0", 32},
        {"streamer.moving_requests.bank_0.word", WordRequest::word_bits},
        {"streamer.moving_requests.bank_0.pending", WordRequest::pending_bits},
        {"buffers.moving_grants.bank_0.granted", 1},
        {"array.pass.vectors", mac_array::step_count_bits},
        {"array.pass.columns", mac_array::position_bits},
        {"streamer.pass_0.beats_left", operand_streamer::count_bits},
        {"scaling_unit.instruction.rows", scaling_unit::counter_bits},
        {"scaling_unit.stage_1.next_step", scaling_unit::step_bits},
        {"vector_unit.instruction.rows", vector_unit::counter_bits},
        {"vector_unit.group", vector_unit::counter_bits},
    };
    for (const auto& [wire, width] : widths) {
        ASSERT_TRUE(dump.has(wire)) << wire;
        EXPECT_EQ(dump.width(wire), width) << wire;
    }
    for (const std::string& wire : dump.names())
        for (const std::string& value : dump.values(wire))
            ASSERT_EQ(value.find_first_not_of("01"), std::string::npos) << wire << " = " << value;
}

}  // namespace
}  // namespace quatrain::machine
