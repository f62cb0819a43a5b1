// SPDX-License-Identifier: Apache-2.0
// Sums over the cores, executed on symbols: an element of core c is the list {c}, a sum the list of
// its terms in the order of their addition.
#include "rtl_models/isa/address_map.hpp"
#include "tests/unit/compiler/setting.hpp"
#include "workloads/compiler/heuristic_mapper.hpp"
#include "workloads/compiler/lowering.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <map>
#include <random>

namespace quatrain::compiler::testing {
namespace {

using isa::Engine;
using Terms = std::vector<std::int64_t>;
using isa::Semaphore;

constexpr std::int64_t element_bytes = 4;

training::Graph graph_of_one_sum(std::int64_t elements, std::int64_t cores, bool scalar) {
    training::Graph graph;
    graph.cores = cores;
    training::Tensor term;
    term.name = "term";
    term.shape = {1, 1, 1, elements};
    term.scalar = scalar;
    training::Tensor sum = term;
    sum.name = "term.reduced";
    graph.tensors = {term, sum};
    training::Operator op;
    op.name = "layer";
    op.kind = training::OperatorKind::all_reduce;
    op.inputs = {0};
    op.outputs = {1};
    graph.operators = {op};
    return graph;
}

/// n cores that execute one sum several times over, their engines in any order.
class Ring {
public:
    Ring(std::int64_t elements, std::int64_t cores, const Target& target, bool scalar,
         int repetitions)
        : graph_(graph_of_one_sum(elements, cores, scalar)) {
        sum_address_ = scalar ? element_bytes : 1 << 20;
        placements_ = {{.dram_address = 0, .scalar_address = scalar ? 0 : isa::no_address},
                       {.dram_address = sum_address_,
                        .scalar_address = scalar ? sum_address_ : isa::no_address}};
        for (std::int64_t c = 0; c < cores; ++c) add_core(c, elements, target, scalar, repetitions);
    }

    /// Until all is done. False when nothing can go on before.
    bool run(std::mt19937& random) {
        for (;;) {
            std::vector<std::pair<std::size_t, std::size_t>> ready;
            bool finished = true;
            for (std::size_t c = 0; c < all_.size(); ++c)
                for (std::size_t e = 0; e < isa::engine_count; ++e) {
                    Queue& queue = all_[c].queues[e];
                    if (queue.next == queue.flat.size()) continue;
                    finished = false;
                    if (has(all_[c], queue.flat[queue.next].waits)) ready.emplace_back(c, e);
                }
            if (finished) return true;
            if (ready.empty()) return false;
            const auto [core, engine] = ready[random() % ready.size()];
            execute(core, static_cast<Engine>(engine));
        }
    }

    const Terms& sum(std::int64_t core, std::int64_t element, bool scalar) {
        Core& one = all_[static_cast<std::size_t>(core)];
        const std::int64_t address = sum_address_ + element * element_bytes;
        return scalar ? one.scalars[address] : one.dram[address];
    }
    const std::array<std::uint32_t, isa::semaphore_count>& counts(std::int64_t core) const {
        return all_[static_cast<std::size_t>(core)].semaphores;
    }

private:
    using Memory = std::map<std::int64_t, Terms>;
    struct Queue {
        std::vector<isa::Instruction> flat;
        std::size_t next = 0;
    };
    struct Core {
        std::array<Queue, isa::engine_count> queues;
        std::array<std::uint32_t, isa::semaphore_count> semaphores = isa::initial_semaphores();
        Memory dram, vector, scalars;
    };

    void add_core(std::int64_t index, std::int64_t elements, const Target& target, bool scalar,
                  int repetitions) {
        Core& core = all_.emplace_back();
        for (std::int64_t i = 0; i < elements; ++i)
            (scalar ? core.scalars : core.dram)[i * element_bytes] = {index};
        Emitter emitter(target);
        HeuristicMapper mapper;
        Mail mail;
        for (int i = 0; i < repetitions; ++i) {
            emitter.begin(static_cast<std::uint32_t>(i));
            OperatorCode code;
            lower_all_reduce({graph_, placements_, target, mapper, emitter}, graph_.operators[0],
                             index, mail, code);
            const isa::Queues queues = emitter.finish();
            for (std::size_t e = 0; e < isa::engine_count; ++e) {
                isa::QueueCursor cursor(queues[e]);
                for (isa::Instruction one; cursor.next(one);) core.queues[e].flat.push_back(one);
            }
        }
    }

    static bool has(const Core& core, const std::array<isa::SemaphoreUse, 4>& waits) {
        return std::ranges::all_of(waits, [&](const isa::SemaphoreUse& wait) {
            return core.semaphores[static_cast<std::size_t>(wait.semaphore)] >= wait.count;
        });
    }

    std::size_t beside(std::size_t core, isa::Receiver receiver) const {
        if (receiver == isa::Receiver::next) return (core + 1) % all_.size();
        if (receiver == isa::Receiver::previous) return (core + all_.size() - 1) % all_.size();
        return core;
    }

    void execute(std::size_t index, Engine engine) {
        Core& core = all_[index];
        Queue& queue = core.queues[static_cast<std::size_t>(engine)];
        const isa::Instruction& instruction = queue.flat[queue.next++];
        for (const auto& wait : instruction.waits)
            core.semaphores[static_cast<std::size_t>(wait.semaphore)] -= wait.count;
        if (const auto* transfer = std::get_if<isa::DmaTransfer>(&instruction.body))
            move(index, engine, *transfer);
        else
            add(core, std::get<isa::VectorInstruction>(instruction.body));
        for (const auto& signal : instruction.signals)
            all_[beside(index, isa::receiver(signal.semaphore))]
                .semaphores[static_cast<std::size_t>(signal.semaphore)] += signal.count;
    }

    static Memory& buffer(Core& core, isa::BufferId id) {
        return id == isa::BufferId::scalar ? core.scalars : core.vector;
    }

    void move(std::size_t index, Engine engine, const isa::DmaTransfer& transfer) {
        Core& core = all_[index];
        const bool put = isa::space_of(transfer.dram_address) == isa::Space::next_core;
        Memory& near = buffer(core, transfer.buffer);
        Memory& far = put ? buffer(all_[beside(index, isa::Receiver::next)],
                                   isa::next_core_buffer(transfer.dram_address))
                          : core.dram;
        const std::int64_t far_address =
            put ? isa::next_core_offset(transfer.dram_address) : transfer.dram_address;
        for (std::int64_t at = 0; at < transfer.extent[0]; at += element_bytes) {
            if (engine == Engine::load)
                near[transfer.buffer_address + at] = far[far_address + at];
            else
                far[far_address + at] = near[transfer.buffer_address + at];
        }
    }

    static void add(Core& core, const isa::VectorInstruction& instruction) {
        const auto joined = [](Terms a, const Terms& b) {
            a.insert(a.end(), b.begin(), b.end());
            return a;
        };
        if (instruction.operation == isa::VectorOperation::add_scalars) {
            const auto& [a, b, sum, d, e, f] = instruction.scalars;
            core.scalars[sum] =
                b == isa::no_address ? core.scalars[a] : joined(core.scalars[a], core.scalars[b]);
            return;
        }
        for (std::int64_t at = 0; at < instruction.columns * element_bytes; at += element_bytes)
            core.vector[instruction.out[0].address + at] =
                joined(core.vector[instruction.in[0].address + at],
                       core.vector[instruction.in[1].address + at]);
    }

    training::Graph graph_;
    std::vector<Placement> placements_;
    std::int64_t sum_address_ = 0;
    std::vector<Core> all_;
};

/// docs/several-cores.md, "The order of a reduction".
Terms expected_terms(std::int64_t element, std::int64_t elements, std::int64_t cores) {
    std::int64_t chunk = (elements + cores - 1) / cores;
    const std::int64_t rounded_up = (chunk + 15) / 16 * 16;
    if ((cores - 1) * rounded_up < elements) chunk = rounded_up;
    Terms terms;
    for (std::int64_t i = 0; i < cores; ++i) terms.push_back((element / chunk + i) % cores);
    return terms;
}

Target ring_target(std::int64_t cores) {
    Target target = small_target();
    target.cores = cores;
    return target;
}

void expect_sums(std::int64_t elements, std::int64_t cores, bool scalar, std::mt19937& random) {
    const Target target = ring_target(cores);
    Ring ring(elements, cores, target, scalar, 3);
    ASSERT_TRUE(ring.run(random)) << elements << " elements, " << cores << " cores: no progress";
    for (std::int64_t core = 0; core < cores; ++core) {
        for (std::int64_t i = 0; i < elements; ++i)
            ASSERT_EQ(ring.sum(core, i, scalar), expected_terms(i, elements, cores))
                << "element " << i << " of " << elements << ", core " << core << " of " << cores;
        auto counts = ring.counts(core);
        auto initial = isa::initial_semaphores();
        if (!scalar) initial[static_cast<std::size_t>(Semaphore::operator_stored)] = 3;
        ASSERT_EQ(counts, initial) << "core " << core << " of " << cores;
    }
}

TEST(a_sum_over_the_cores, adds_every_core_once_in_the_order_of_its_chunk) {
    std::mt19937 random(1);
    for (std::int64_t cores = 2; cores <= 7; ++cores)
        for (const std::int64_t elements : {1, 2, 15, 16, 17, 31, 32, 100, 1000, 3333})
            expect_sums(elements, cores, false, random);
}

TEST(a_sum_over_the_cores, of_many_pieces_never_waits_for_itself) {
    std::mt19937 random(2);
    for (int i = 0; i < 30; ++i) expect_sums(6000, 2 + i % 4, false, random);
}

TEST(a_sum_over_the_cores, of_scalars_starts_on_core_0) {
    std::mt19937 random(3);
    for (std::int64_t cores = 2; cores <= 32; ++cores) expect_sums(1, cores, true, random);
}

}  // namespace
}  // namespace quatrain::compiler::testing
