// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/lowering.hpp"
#include "workloads/compiler/transfer.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::compiler {

using isa::BufferId;
using isa::Engine;
using isa::Semaphore;

namespace {

/// Blocks of input channels x output channels of one kernel position, in codes and transposed
/// codes.
struct Block {
    std::int64_t rows = 0, columns = 0;
    std::int64_t codes = 0, transposed = 0;  ///< offsets in the tile half [bytes]
};

Block choose_block(const Lowering& lowering, const training::Operator& op) {
    const auto& w = lowering.tensor(op.inputs[0]);
    const auto& codes = lowering.tensor(op.outputs[0]);
    const std::int64_t word = lowering.target.buffers.word_bytes;
    const std::int64_t capacity = lowering.emitter.capacity(Slot::tile) - 3 * word;
    // Twice the bits of an element, so that two 4-bit copies count as one byte.
    const std::int64_t element_bits = 32 + 2 * numerics::bits(codes.format);
    const std::int64_t elements = capacity * 8 / element_bits;
    constexpr std::int64_t preferred_columns = 128;  // runs of 64 bytes in the 4-bit copies
    const auto even = [](std::int64_t total, std::int64_t most) {
        const std::int64_t pieces = ceil_div(total, most);
        return std::min(total, ceil_div(ceil_div(total, pieces), 2) * 2);
    };
    Block block;
    block.columns = even(w.shape[3], std::min(preferred_columns, elements / 2));
    const std::int64_t most = elements / block.columns / 2 * 2;
    if (elements < 4 || most == 0)
        throw CompileError(fmt::format(
            "layer {}: 2 x 2 weights and their codes need {} bytes, the vector "
            "buffer's tile half has {}",
            op.name, element_bits / 2 + 3 * word, lowering.emitter.capacity(Slot::tile)));
    block.rows = even(w.shape[2], most);
    const auto align = [word](std::int64_t bytes) { return ceil_div(bytes, word) * word; };
    block.codes = align(block.rows * block.columns * 4);
    block.transposed = block.codes + align(packed_bytes(block.rows * block.columns, codes.format));
    return block;
}

}  // namespace

void lower_weight_quantise(const Lowering& lowering, const training::Operator& op,
                           OperatorCode& code) {
    auto& emitter = lowering.emitter;
    const auto& w = lowering.tensor(op.inputs[0]);
    const auto& codes = lowering.tensor(op.outputs[0]);
    const std::int64_t inputs = w.shape[2], outputs = w.shape[3];
    const auto block = choose_block(lowering, op);

    isa::VectorInstruction quantise;
    quantise.operation = isa::VectorOperation::quantise_weight;
    if (op.inputs.size() > 1) quantise.scalars[0] = lowering.scalar(op.inputs[1]);
    for (std::int64_t position = 0; position < w.shape[0] * w.shape[1]; ++position)
        for (std::int64_t r = 0; r < inputs; r += block.rows)
            for (std::int64_t c = 0; c < outputs; c += block.columns) {
                const std::int64_t rows = std::min(block.rows, inputs - r);
                const std::int64_t columns = std::min(block.columns, outputs - c);
                const std::int64_t base = emitter.address(Slot::tile);
                const std::int64_t element = (position * inputs + r) * outputs + c;
                const std::int64_t transposed = (position * outputs + c) * inputs + r;
                emitter.depend(op.inputs[0]);
                emitter.acquire_tile(true);
                emitter.emit(
                    Engine::load,
                    transfer(BufferId::vector, base, lowering.dram(op.inputs[0]) + element * 4,
                             columns * 4, {{rows, columns * 4, outputs * 4}}));
                emitter.signal(Engine::load, Semaphore::tile_full);

                quantise.rows = rows;
                quantise.columns = columns;
                quantise.in[0] = {base, w.format};
                quantise.out[0] = {base + block.codes, codes.format};
                quantise.out[1] = {base + block.transposed, codes.format};
                emitter.acquire(Engine::vector, Semaphore::tile_full);
                emitter.emit(Engine::vector, quantise);
                emitter.signal(Engine::vector, Semaphore::tile_done);

                const auto bytes = [&](std::int64_t n) { return packed_bytes(n, codes.format); };
                emitter.acquire(Engine::store, Semaphore::tile_done);
                emitter.emit(Engine::store,
                             transfer(BufferId::vector, quantise.out[0].address,
                                      lowering.dram(op.outputs[0]) + bytes(element), bytes(columns),
                                      {{rows, bytes(columns), bytes(outputs)}}));
                emitter.emit(Engine::store,
                             transfer(BufferId::vector, quantise.out[1].address,
                                      lowering.dram(op.outputs[1]) + bytes(transposed), bytes(rows),
                                      {{columns, bytes(rows), bytes(inputs)}}));
                emitter.signal(Engine::store, Semaphore::tile_free);
                emitter.advance(Slot::tile);
            }
    emitter.stored(op.outputs[0]);
    emitter.stored(op.outputs[1]);
    code.m = w.rows();
    code.n = outputs;
    code.format = numerics::name(codes.format);
    code.tile = fmt::format("rows {} x columns {} per kernel position", block.rows, block.columns);
}

}  // namespace quatrain::compiler
