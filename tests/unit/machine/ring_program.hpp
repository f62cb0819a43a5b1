// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/address_map.hpp"
#include "sim/machine/ring_traffic.hpp"
#include "tests/unit/machine/programs.hpp"

#include <cstring>
#include <map>
#include <set>
#include <string>
#include <tuple>

// Cores that hand tiles, sums and words to each other, and how to run them.
namespace quatrain::machine::ring_program {

using isa::BufferId;
using isa::Engine;
using isa::Semaphore;

inline constexpr std::int64_t rounds = 7, rows = 4, columns = 4;
inline constexpr std::size_t elements = rows * columns;
inline constexpr std::int64_t tile_bytes = 4 * rows * columns;

// In a core's share of the DRAM: its own tiles, then what it stores.
inline constexpr std::int64_t own_at = 0, sums_at = 65536, totals_at = 131072, word_at = 196608,
                              foreign_word_at = 200704;
// In the vector buffer: halves of own tiles and of sums, slots of mail.
inline constexpr std::int64_t own_half = 0, sum_half = 512, sum_mail = 1024, total_mail = 2048,
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

inline isa::DmaTransfer moves(BufferId buffer, std::int64_t buffer_address,
                              std::int64_t dram_address, std::int64_t bytes = tile_bytes) {
    return {.buffer = buffer,
            .buffer_address = buffer_address,
            .dram_address = dram_address,
            .extent = {bytes, 1, 1, 1}};
}

inline isa::VectorInstruction adds(std::int64_t a, std::int64_t b, std::int64_t out) {
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
inline isa::Queues round_the_ring() {
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

inline std::int64_t base(const MachineParams& params, std::int64_t core) {
    return core * config::dram_share_bytes(params);
}
inline Tile own_tile(std::int64_t core, std::int64_t round) {
    std::mt19937 random(static_cast<std::uint32_t>(100 * core + round));
    Tile tile{};
    for (float& value : tile) value = static_cast<float>(random() % 4096) / 8;
    return tile;
}
inline Tile sum(const Tile& a, const Tile& b) {
    Tile result{};
    for (std::size_t i = 0; i < elements; ++i) result[i] = a[i] + b[i];
    return result;
}
inline Tile sum_of(const MachineParams& params, std::int64_t core, std::int64_t round) {
    return sum(own_tile(core, round), own_tile(previous_core(params, core), round));
}
inline Tile tile_at(const dram::DramImage& image, std::int64_t address) {
    std::array<std::byte, tile_bytes> bytes{};
    image.read(address, bytes);
    Tile tile{};
    std::memcpy(tile.data(), bytes.data(), bytes.size());
    return tile;
}

inline dram::DramImage own_tiles(const MachineParams& params) {
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

inline MachineParams machine_of(std::int64_t cores) {
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
    scratchpad::ScratchpadImage scratchpad(params.scratchpad.bytes);
    outcome.result = machine(params, std::vector<OperatorQueues>{{&queues, "round"}}, settings,
                             image, &scratchpad);
    return outcome;
}

}  // namespace quatrain::machine::ring_program
