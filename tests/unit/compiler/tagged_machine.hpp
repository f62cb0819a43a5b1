// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/address_map.hpp"
#include "tests/unit/compiler/tagged_memory.hpp"
#include "workloads/compiler/transfer.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace quatrain::compiler::testing {

/// Executes a program on tags instead of numbers: engines take random times, and every transfer,
/// pass, drain and vector operation must find in its operands exactly the elements that the
/// operator's definition asks for. Throws Violation at the first deadlock, conflict or wrong
/// element.
class TaggedMachine {
public:
    TaggedMachine(const Program& program, const Target& target, std::uint32_t seed,
                  std::array<int, isa::engine_count> slowness)
        : program_(program),
          target_(target),
          random_(seed),
          slowness_(slowness),
          dram_("DRAM", program.dram_bytes),
          scratchpad_("scratchpad", program.scratchpad_bytes),
          buffers_{TaggedMemory{"moving", target.buffers.moving_bytes},
                   TaggedMemory{"stationary", target.buffers.stationary_bytes},
                   TaggedMemory{"accumulator", target.buffers.accumulator_bytes},
                   TaggedMemory{"vector", target.buffers.vector_bytes},
                   TaggedMemory{"scalar", target.buffers.scalar_bytes}},
          accumulators_(static_cast<std::size_t>(target.buffers.accumulator_bytes)),
          semaphores_(isa::initial_semaphores()) {
        for (std::uint32_t id = 0; id < program.placements.size(); ++id) {
            const auto& tensor = program.graph.tensors[id];
            if (tensor.scalar || tensor.origin == training::Origin::computed) continue;
            const auto& place = program.placements[id];
            for (std::int64_t i = 0; i < place.bytes; ++i)
                dram_.set(place.dram_address + i, {id, i, false});
        }
        for (std::int64_t i = 0; i < program.scalar_bytes; ++i)
            dram_.set(program.scalar_image_address + i, {Tag::scalars, i, false});
        for (std::size_t e = 0; e < isa::engine_count; ++e) engines_.push_back({});
    }

    void run() {
        for (;;) {
            bool working = false;
            for (std::size_t e = 0; e < engines_.size(); ++e) {
                fetch(e);
                working |= engines_[e].instruction.has_value();
            }
            if (!working) break;
            bool issued = false;
            for (std::size_t e = 0; e < engines_.size(); ++e) issued |= issue(e);
            if (issued) continue;
            complete_next();
        }
        check_end();
    }

private:
    struct Claim {
        TaggedMemory* memory;
        std::int64_t address, bytes;
    };
    struct EngineState {
        std::size_t code = 0;
        std::optional<isa::QueueCursor> cursor;
        std::optional<isa::Instruction> instruction;
        bool running = false;
        std::int64_t end = 0;
        std::vector<Claim> claims;
    };
    /// What an accumulator holds: element (row, column) of the operator's result, reduced up to
    /// `reduced`.
    struct Sum {
        std::int64_t row = -1, column = -1, reduced = 0;
    };

    void fetch(std::size_t e) {
        auto& engine = engines_[e];
        while (!engine.instruction && engine.code < program_.code.size()) {
            if (!engine.cursor) engine.cursor.emplace(program_.code[engine.code].queues[e]);
            isa::Instruction next;
            if (engine.cursor->next(next)) {
                engine.instruction = next;
            } else {
                engine.cursor.reset();
                ++engine.code;
            }
        }
    }

    bool issue(std::size_t e) {
        auto& engine = engines_[e];
        if (!engine.instruction || engine.running) return false;
        for (const auto& wait : engine.instruction->waits)
            if (wait.semaphore != isa::Semaphore::none && count(wait.semaphore) < wait.count)
                return false;
        for (const auto& wait : engine.instruction->waits)
            if (wait.semaphore != isa::Semaphore::none) count(wait.semaphore) -= wait.count;
        engine.running = true;
        engine.end = now_ + 1 + static_cast<std::int64_t>(random_()) % slowness_[e];
        current_ = e;
        require(engine.instruction->operator_index == engine.code,
                "instruction of operator {} in the code of {}", engine.instruction->operator_index,
                engine.code);
        try {
            std::visit([this](const auto& body) { execute(body); }, engine.instruction->body);
        } catch (const Violation& violation) {
            throw Violation(fmt::format("{} ({}): {}: {}", program_.code[engine.code].name,
                                        program_.code[engine.code].kind,
                                        isa::describe(*engine.instruction), violation.what()));
        }
        return true;
    }

    void complete_next() {
        EngineState* next = nullptr;
        for (auto& engine : engines_)
            if (engine.running && (next == nullptr || engine.end < next->end)) next = &engine;
        if (next == nullptr) throw Violation("deadlock: " + waiting());
        now_ = next->end;
        const int e = static_cast<int>(next - engines_.data());
        for (const auto& claim : next->claims) claim.memory->release(e, claim.address, claim.bytes);
        next->claims.clear();
        for (const auto& signal : next->instruction->signals)
            if (signal.semaphore != isa::Semaphore::none) count(signal.semaphore) += signal.count;
        next->instruction.reset();
        next->running = false;
    }

    std::string waiting() const {
        std::string text;
        for (const auto& engine : engines_)
            if (engine.instruction) text += isa::describe(*engine.instruction) + "; ";
        return text;
    }

    std::uint32_t& count(isa::Semaphore semaphore) {
        return semaphores_[static_cast<std::size_t>(semaphore)];
    }

    void claim(TaggedMemory& memory, std::int64_t address, std::int64_t bytes, bool write) {
        memory.claim(static_cast<int>(current_), address, bytes, write);
        engines_[current_].claims.push_back({&memory, address, bytes});
    }
    TaggedMemory& memory(isa::BufferId id) { return buffers_[static_cast<std::size_t>(id)]; }

    // What the engines do, in tagged_passes.hpp and tagged_vector.hpp.
    void execute(const isa::DmaTransfer& transfer);
    std::int64_t lanes(numerics::Format a, numerics::Format b) const;
    void execute(const isa::WeightStationaryPass& pass);
    void execute(const isa::OutputStationaryPass& pass);
    void execute(const isa::Drain& drain);
    void execute(const isa::VectorInstruction& instruction);
    void check_end();
    void store_byte(Tag tag, std::int64_t address);
    void claim_rows(isa::BufferId id, std::int64_t address, std::int64_t stride, std::int64_t bytes,
                    std::int64_t rows, bool write);
    /// Adds one term to the accumulator, which holds the first `reduced` terms so far (none, if
    /// fresh).
    void add(std::int64_t address, const Sum& term, bool fresh, std::int64_t reduced);
    std::int64_t full_reduction(std::int64_t row) const;

    const training::Operator& gemm() const {
        return program_.graph.operators[program_.code[engines_[current_].code].operators.front()];
    }
    const training::Tensor& tensor(training::TensorId id) const {
        return program_.graph.tensors[id];
    }
    std::int64_t element(const Tag& tag, std::int64_t nibble) const {
        const int bits = numerics::bits(tensor(tag.tensor).format);
        return bits == 4 ? tag.index * 2 + nibble : tag.index / (bits / 8);
    }

    /// Where the stream's element (vector, k) lies in the tensor, inside or in the padding.
    struct Place {
        std::int64_t image = 0, row = 0, column = 0, channel = 0;
        bool inside = false;
    };
    Place read_stream(const isa::Stream& stream, numerics::Format format, training::TensorId id,
                      std::int64_t vector, std::int64_t k);
    std::int64_t stationary_element(std::int64_t address, numerics::Format format,
                                    training::TensorId id, std::int64_t nibble);

    const training::Operator& operator_of(isa::VectorOperation operation) const;
    /// The rows x columns elements of `id` from (row, column) on, packed at `operand`: checks or
    /// writes them.
    void check_tile(const isa::Operand& operand, training::TensorId id, std::int64_t row,
                    std::int64_t rows, std::int64_t column, std::int64_t columns);
    void write_tile(const isa::Operand& operand, training::TensorId id, std::int64_t row,
                    std::int64_t rows, std::int64_t column, std::int64_t columns,
                    bool updated = false);
    void sum_rows(const training::Operator& op, const isa::VectorInstruction& instruction,
                  std::int64_t row, std::int64_t column, std::int64_t rows);
    void tile_operation(const isa::VectorInstruction& instruction, const training::Operator& op,
                        std::size_t tiles);
    void finish_operation(const isa::VectorInstruction& instruction, const training::Operator& op);
    void pool_operation(const isa::VectorInstruction& instruction, const training::Operator& op);
    void quantise_weight(const isa::VectorInstruction& instruction, const training::Operator& op);
    void claim_vector(const isa::Operand& operand, std::int64_t elements, bool write) {
        claim(memory(isa::BufferId::vector), operand.address,
              elements * numerics::bits(operand.format) / 8, write);
    }

    /// The memory that an address of the DMA engines is in, and the address there.
    std::pair<TaggedMemory*, std::int64_t> far(std::int64_t address) {
        if (isa::space_of(address) == isa::Space::dram) return {&dram_, address};
        return {&scratchpad_, address - isa::scratchpad_base};
    }

    const Program& program_;
    Target target_;
    std::mt19937 random_;
    std::array<int, isa::engine_count> slowness_;
    TaggedMemory dram_, scratchpad_;
    std::array<TaggedMemory, isa::buffer_count> buffers_;
    std::vector<Sum> accumulators_;  ///< by byte address
    std::array<std::uint32_t, isa::semaphore_count> semaphores_;
    std::vector<EngineState> engines_;
    std::size_t current_ = 0;
    std::int64_t now_ = 0;
    /// By operator, first column and rows in all: rows summed so far.
    std::map<std::tuple<const training::Operator*, std::int64_t, std::int64_t>, std::int64_t>
        rows_summed_;
    std::map<std::tuple<training::TensorId, bool>, std::int64_t> stored_bytes_;
};

}  // namespace quatrain::compiler::testing
