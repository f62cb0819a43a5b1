// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/emitter.hpp"

#include <stdexcept>
#include <utility>

namespace quatrain::compiler {

using isa::Engine;
using isa::Semaphore;

namespace {

void add(std::array<isa::SemaphoreUse, 4>& uses, Semaphore semaphore, std::uint32_t count) {
    for (auto& use : uses) {
        if (use.semaphore == Semaphore::none) use.semaphore = semaphore;
        if (use.semaphore != semaphore) continue;
        use.count += count;
        return;
    }
    throw std::logic_error("an instruction uses more than four semaphores");
}

}  // namespace

Emitter::Emitter(const Target& target)
    : target_(target), regions_(buffer::vector_regions(target.buffers, target.cores)) {}

std::vector<isa::Instruction>& Emitter::flat(Engine engine) {
    return flat_[static_cast<std::size_t>(engine)];
}

void Emitter::begin(std::uint32_t index) {
    index_ = index;
}

void Emitter::end_operator() {
    if (spare_tiles_ > 0) {
        signal(Engine::vector, Semaphore::tile_free, spare_tiles_);
        spare_tiles_ = 0;
    }
    if (!storing_.empty()) {
        signal(Engine::store, Semaphore::operator_stored);
        ++stored_count_;
        for (const auto tensor : storing_) {
            if (tensor >= stored_by_.size()) stored_by_.resize(tensor + 1);
            stored_by_[tensor] = stored_count_;
        }
        storing_.clear();
    }
}

isa::Queues Emitter::finish() {
    end_operator();
    isa::Queues queues;
    for (std::size_t engine = 0; engine < isa::engine_count; ++engine)
        queues[engine] = isa::roll(std::exchange(flat_[engine], {}));
    return queues;
}

isa::Queues Emitter::finish_flat() {
    end_operator();
    isa::Queues queues;
    for (std::size_t engine = 0; engine < isa::engine_count; ++engine) {
        queues[engine].reserve(flat_[engine].size());
        for (const isa::Instruction& one : std::exchange(flat_[engine], {}))
            queues[engine].push_back({.instruction = one, .strides = {}, .loop = {}});
    }
    return queues;
}

void Emitter::acquire(Engine engine, Semaphore semaphore, std::uint32_t count) {
    add(pending_[static_cast<std::size_t>(engine)], semaphore, count);
}

void Emitter::signal(Engine engine, Semaphore semaphore, std::uint32_t count) {
    if (flat(engine).empty()) throw std::logic_error("a signal needs an instruction to carry it");
    add(flat(engine).back().signals, semaphore, count);
}

void Emitter::emit(Engine engine, const isa::Body& body) {
    isa::Instruction instruction;
    instruction.operator_index = index_;
    instruction.waits = std::exchange(pending_[static_cast<std::size_t>(engine)], {});
    instruction.body = body;
    flat(engine).push_back(instruction);
}

std::int64_t Emitter::address(Slot slot, std::uint32_t halves) const {
    const auto half = halves == 1 ? half_[static_cast<std::size_t>(slot)] : 0;
    if (slot == Slot::drain) return regions_.drain[half];
    if (slot == Slot::tile) return regions_.tile[half];
    return half * capacity(slot);
}

void Emitter::advance(Slot slot, std::uint32_t halves) {
    if (halves == 1) half_[static_cast<std::size_t>(slot)] ^= 1;
}

std::int64_t Emitter::capacity(Slot slot) const {
    switch (slot) {
        case Slot::moving:
            return target_.buffers.moving_bytes / 2;
        case Slot::stationary:
            return target_.buffers.stationary_bytes / 2;
        case Slot::accumulator:
            return target_.buffers.accumulator_bytes / 2;
        case Slot::drain:
            return regions_.drain_bytes;
        case Slot::tile:
            return regions_.tile_bytes;
    }
    throw std::logic_error("no such slot");
}

void Emitter::acquire_tile(bool released_by_store) {
    // A vector release may overtake the store's release of the other half: then only both counts
    // together prove that the next half is free.
    if (!released_by_store && store_releases_tiles_) {
        acquire(Engine::load, Semaphore::tile_free, 2);
        spare_tiles_ = 1;
    } else if (spare_tiles_ > 0) {
        --spare_tiles_;
    } else {
        acquire(Engine::load, Semaphore::tile_free);
    }
    store_releases_tiles_ = released_by_store;
}

void Emitter::depend(training::TensorId tensor) {
    const std::uint32_t needed = tensor < stored_by_.size() ? stored_by_[tensor] : 0;
    if (needed <= waited_) return;
    acquire(Engine::load, Semaphore::operator_stored, needed - waited_);
    waited_ = needed;
}

void Emitter::stored(training::TensorId tensor) {
    storing_.push_back(tensor);
}

}  // namespace quatrain::compiler
