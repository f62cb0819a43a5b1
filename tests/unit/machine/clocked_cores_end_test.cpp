// SPDX-License-Identifier: Apache-2.0
// Runs of several clocked cores that do not end as they should.
#include "tests/unit/machine/ring_program.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quatrain::machine {
namespace {

using namespace ring_program;
using testing::HasSubstr;

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
        {Engine::store, isa::scratchpad_base, "scratchpad: bytes 0 to 64 lie outside its 0 bytes"},
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

TEST(ClockedCores, ACoreThatWaitsForOneThatHasFinishedIsADeadlock) {
    const MachineParams params = machine_of(3);
    Program waits, hands_on;
    waits.add(Engine::vector, adds(0, sum_mail, 512), {Semaphore::sum_full, Semaphore::sum_full},
              {});
    hands_on.add(Engine::store,
                 moves(BufferId::vector, 0, isa::in_next_core(BufferId::vector, sum_mail)), {},
                 {Semaphore::sum_full});
    const isa::Queues last = waits.rolled(), middle = hands_on.rolled(), nothing;
    const std::vector<OperatorQueues> operators{{&nothing, "round", {&nothing, &middle, &last}}};
    dram::DramImage image = own_tiles(params);
    try {
        run_clocked(params, operators, {}, image);
        FAIL();
    } catch (const DeadlockError& error) {
        EXPECT_THAT(error.what(), HasSubstr("core 1: load has finished; store has finished"));
        EXPECT_THAT(error.what(), HasSubstr("core 2: load has finished; store has finished; array "
                                            "has finished; vector waits for sum_full in round ("));
    }
}

TEST(ClockedCores, ACallbackThatReturnsFalseStopsAllCores) {
    const MachineParams params = machine_of(3);
    dram::DramImage image = own_tiles(params);
    const isa::Queues first = round_the_ring(), second = round_the_ring();
    const std::vector<OperatorQueues> operators{{&first, "first"}, {&second, "second"}};
    std::int64_t stopped = 0, last_done = 0;
    Settings settings;
    settings.progress = [&](std::size_t, std::int64_t cycle) {
        stopped = cycle;
        return false;
    };
    settings.record = [&](const InstructionRecord& one) { last_done = one.done; };
    const MachineResult result = run_clocked(params, operators, settings, image);
    EXPECT_EQ(result.operators_done, 1u);
    EXPECT_GT(stopped, 0);
    EXPECT_EQ(last_done, stopped);
}

}  // namespace
}  // namespace quatrain::machine
