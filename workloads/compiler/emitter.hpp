// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/compiler.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace quatrain::compiler {

/// The double-buffered regions that operators share, in two halves each.
enum class Slot : std::uint8_t { moving, stationary, accumulator, drain, tile };
inline constexpr std::size_t slot_count = 5;

/// Collects the flat instruction streams of one operator after another. It knows which half of
/// every region is next, which semaphores wait to be attached, and which operators' results the
/// load queue has waited for.
///
/// Two orders keep counting semaphores honest, and the lowering must hold them:
/// a count of a region is acquired by one engine only, and the halves are released in the order of
/// their use. The tile region has two releasers (store, or vector when nothing is stored);
/// acquire_tile() restores the order.
class Emitter {
public:
    explicit Emitter(const Target& target);

    /// Starts the code of one element of Program::code; `index` goes into every instruction.
    void begin(std::uint32_t index);
    /// Ends it: counts the operator as stored if it stored anything, and returns its rolled queues.
    isa::Queues finish();
    /// The same, but not rolled: for code that is looked at once.
    isa::Queues finish_flat();

    /// The next instruction of `engine` acquires `count` of `semaphore`.
    void acquire(isa::Engine engine, isa::Semaphore semaphore, std::uint32_t count = 1);
    /// The latest instruction of `engine` in this operator releases `count` of `semaphore` when
    /// done.
    void signal(isa::Engine engine, isa::Semaphore semaphore, std::uint32_t count = 1);
    void emit(isa::Engine engine, const isa::Body& body);

    /// Address in its buffer of the current half of a region, or of the whole region for a tile of
    /// two halves [bytes].
    std::int64_t address(Slot slot, std::uint32_t halves = 1) const;
    /// Makes the other half current; behind a tile of two halves the same one follows.
    void advance(Slot slot, std::uint32_t halves = 1);
    /// Size of one half [bytes].
    std::int64_t capacity(Slot slot) const;

    /// The next load acquires a tile half that the store engine (or else the vector engine) will
    /// release.
    void acquire_tile(bool released_by_store);

    /// The next load reads `tensor`: it waits until the operator that computes it has stored it.
    void depend(training::TensorId tensor);
    /// This operator's stores write `tensor`.
    void stored(training::TensorId tensor);

private:
    void end_operator();
    std::vector<isa::Instruction>& flat(isa::Engine engine);

    Target target_;
    buffer::VectorRegions regions_;
    std::uint32_t index_ = 0;
    std::array<std::vector<isa::Instruction>, isa::engine_count> flat_;
    std::array<std::array<isa::SemaphoreUse, 4>, isa::engine_count> pending_{};
    std::array<int, slot_count> half_{};
    std::vector<std::uint32_t>
        stored_by_;  ///< by TensorId: operators stored when it is complete; 0: an input
    std::vector<training::TensorId> storing_;  ///< tensors that the current operator stores
    std::uint32_t stored_count_ = 0;           ///< operators so far that store something
    std::uint32_t waited_ = 0;                 ///< of these, how many the load queue has waited for
    bool store_releases_tiles_ = false;        ///< who releases the latest tile half
    std::uint32_t spare_tiles_ = 0;            ///< tile halves acquired ahead of their use
};

}  // namespace quatrain::compiler
