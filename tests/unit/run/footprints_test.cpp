// SPDX-License-Identifier: Apache-2.0
// Footprints are what keeps instructions apart that the host executes side by side: every one of a
// training step is executed on two machines that hold the same bytes in what it reads, and others
// everywhere else.
#include "sim/machine/datapath.hpp"
#include "sim/machine/footprint.hpp"
#include "sim/machine/ledger.hpp"
#include "sim/machine/turns.hpp"
#include "sim/run/step_image.hpp"
#include "sim/run/tensors.hpp"
#include "tests/unit/run/support.hpp"
#include "workloads/compiler/compiler.hpp"

#include <gtest/gtest.h>
#include <array>
#include <random>
#include <set>
#include <vector>

namespace quatrain::run {
namespace {

using Bytes = std::vector<std::byte>;
using machine::Access;
using machine::Memory;

constexpr std::size_t buffers = isa::buffer_count;
constexpr std::int64_t dram_bytes = 1 << 19, staging = dram_bytes;

/// The bytes of a core's memories: the buffers in isa::BufferId order, and what the step has in the
/// DRAM.
using Contents = std::array<Bytes, buffers + 1>;

std::size_t index_of(Memory memory) {
    return memory == Memory::dram ? buffers : static_cast<std::size_t>(memory);
}

/// A datapath, and a way into its buffers and out of them: transfers to a corner of its DRAM.
class Machine {
public:
    explicit Machine(const config::Architecture& params)
        : sizes_{params.buffers.moving_bytes, params.buffers.stationary_bytes,
                 params.buffers.accumulator_bytes, params.buffers.vector_bytes,
                 params.buffers.scalar_bytes},
          dram_(config::dram_share_bytes(params)),
          path_(params, one_thread(), dram_, nullptr, 0) {}

    void execute(isa::Engine engine, const isa::Instruction& instruction) {
        EventCounts ignored;
        path_.execute(engine, instruction, ignored);
    }
    void write(const Contents& contents) {
        for (std::size_t i = 0; i < buffers; ++i) {
            dram_.write(staging, contents[i]);
            execute(isa::Engine::load, whole(i));
        }
        dram_.write(0, contents[buffers]);
    }
    Contents read() {
        Contents contents;
        for (std::size_t i = 0; i < buffers; ++i) {
            execute(isa::Engine::store, whole(i));
            contents[i].resize(static_cast<std::size_t>(sizes_[i]));
            dram_.read(staging, contents[i]);
        }
        contents[buffers].resize(dram_bytes);
        dram_.read(0, contents[buffers]);
        return contents;
    }

private:
    static machine::Settings one_thread() {
        machine::Settings settings;
        settings.threads = 1;
        return settings;
    }
    isa::Instruction whole(std::size_t buffer) const {
        isa::Instruction instruction;
        instruction.body = isa::DmaTransfer{.buffer = static_cast<isa::BufferId>(buffer),
                                            .dram_address = staging,
                                            .extent = {sizes_[buffer], 1, 1, 1}};
        return instruction;
    }

    std::array<std::int64_t, buffers> sizes_;
    dram::DramImage dram_;
    machine::Datapath path_;
};

/// Calls body(byte of the memory's contents) for every byte of a region.
template <class Body>
void for_each_byte(const machine::Region& region, Bytes& bytes, Body body) {
    for (std::int64_t c = 0; c < region.extent[3]; ++c)
        for (std::int64_t b = 0; b < region.extent[2]; ++b)
            for (std::int64_t a = 0; a < region.extent[1]; ++a) {
                const std::int64_t first = region.address + a * region.stride[0] +
                                           b * region.stride[1] + c * region.stride[2];
                for (std::int64_t i = 0; i < region.extent[0]; ++i)
                    body(static_cast<std::size_t>(first + i),
                         bytes.at(static_cast<std::size_t>(first + i)));
            }
}

class Prover {
public:
    explicit Prover(const config::Architecture& params) : params_(params), other_(params) {}

    /// `before` and `after`: what the memories hold before and behind the instruction.
    void prove(isa::Engine engine, const isa::Instruction& instruction, const Contents& before,
               const Contents& after) {
        machine::Footprint touched = machine::footprint(params_, engine, instruction);
        Contents strange = before, kept = before;
        const auto change = static_cast<std::byte>(1 + random_() % 255);
        for (Bytes& bytes : strange)
            for (std::byte& byte : bytes) byte ^= change;
        for (const Access& access : touched) {
            Bytes& mine = strange[index_of(access.memory)];
            const Bytes& theirs = before[index_of(access.memory)];
            // Whole bytes are written only in part where 4-bit rows end within them.
            for_each_byte(access.region, mine,
                          [&](std::size_t at, std::byte& byte) { byte = theirs[at]; });
        }
        other_.write(strange);
        other_.execute(engine, instruction);
        Contents outcome = other_.read();
        for (const Access& access : touched) {
            if (!access.write) continue;
            const std::size_t memory = index_of(access.memory);
            for_each_byte(access.region, outcome[memory], [&](std::size_t at, std::byte& byte) {
                ASSERT_EQ(byte, after[memory][at]) << isa::describe(instruction);
                byte = strange[memory][at];
            });
            for_each_byte(access.region, kept[memory],
                          [&](std::size_t at, std::byte& byte) { byte = after[memory][at]; });
        }
        EXPECT_EQ(outcome, strange)
            << isa::describe(instruction) << ": writes beside its footprint";
        EXPECT_EQ(kept, after) << isa::describe(instruction) << ": writes beside its footprint";
    }

private:
    config::Architecture params_;
    Machine other_;
    std::mt19937 random_{11};
};

config::Architecture small_buffers(config::Architecture params) {
    params.buffers.moving_bytes = params.buffers.stationary_bytes = 4096;
    params.buffers.accumulator_bytes = params.buffers.vector_bytes = 4096;
    return params;
}

void prove_step(const std::string& recipe) {
    RunOptions options = testing::small_options(recipe);
    options.architecture = small_buffers(options.architecture);
    options.batch = 2;
    const compiler::Program program = compile_step(options);
    StepMemory memory(options.architecture, program);
    memory.load(StepInputs(program.graph, testing::small_batch(2), 1));
    Machine machine(options.architecture);
    Contents state = machine.read();
    memory.dram().read(0, state[buffers]);
    machine.write(state);
    Prover prover(options.architecture);
    const auto operators = operator_queues(program);
    const machine::Settings settings;
    machine::Ledger ledger(operators, settings);
    std::set<std::size_t> bodies;
    std::int64_t proved = 0;
    machine::Turns(
        options.architecture, operators, ledger,
        [&](std::int64_t, isa::Engine engine, std::size_t, const isa::Instruction& instruction) {
            machine.execute(engine, instruction);
            const Contents after = machine.read();
            prover.prove(engine, instruction, state, after);
            bodies.insert(instruction.body.index());
            state = after;
            ++proved;
        })
        .run();
    EXPECT_GT(proved, 300);
    EXPECT_EQ(bodies.size(), std::variant_size_v<decltype(isa::Instruction::body)>);
}

TEST(Footprints, HoldWhateverAnInstructionOfAFourBitStepReadsOrWrites) {
    prove_step("fp4-tpr");
}

TEST(Footprints, HoldWhateverAnInstructionOfAnEightBitStepReadsOrWrites) {
    prove_step("hfp8");
}

}  // namespace
}  // namespace quatrain::run
