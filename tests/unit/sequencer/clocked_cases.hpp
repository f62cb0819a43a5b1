// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/program.hpp"

#include <fmt/format.h>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace quatrain::sequencer {

using Flat = std::vector<isa::Instruction>;

/// How long instruction i of an engine takes, modulo the lengths.
struct EngineTimes {
    std::vector<std::int64_t> duration;  ///< from the cycle after the issue to done
    std::vector<std::int64_t> gap;       ///< from issue to the next possible issue, at least 1
};
struct Case {
    std::vector<std::array<Flat, isa::engine_count>> operators;
    std::array<EngineTimes, isa::engine_count> times;
    bool rolled = true;
};

inline std::int64_t between(std::mt19937_64& random, std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

/// A semaphore that a case uses: 16 of them, from the one behind `first` on.
inline std::int64_t random_semaphore(std::mt19937_64& random, std::int64_t first) {
    constexpr std::int64_t used = 16, all = isa::semaphore_count - 1;
    return 1 + (first + between(random, 0, used - 1)) % all;
}

/// Instructions that wait and signal at random: some programs run through, many get stuck. They
/// wait for the semaphores whose number is `owner` modulo the engines.
inline isa::Instruction random_instruction(std::mt19937_64& random, std::int64_t owner, bool tame,
                                           std::int64_t first_semaphore) {
    isa::Instruction instruction;
    instruction.body =
        isa::Drain{.accumulator_address = between(random, 0, 4096), .rows = between(random, 1, 3)};
    const auto semaphore = [&] {
        return static_cast<isa::Semaphore>(random_semaphore(random, first_semaphore));
    };
    // A wait that only this engine acquires, as in real programs: two engines never compete.
    const auto own = [&] {
        std::int64_t pick = random_semaphore(random, first_semaphore);
        while (pick % 4 != owner) pick = random_semaphore(random, first_semaphore);
        return static_cast<isa::Semaphore>(pick);
    };
    for (std::size_t i = 0; i < 4; ++i) {
        if (between(random, 0, tame ? 15 : 2) == 0)
            instruction.waits[i] = {own(),
                                    static_cast<std::uint32_t>(between(random, 1, tame ? 1 : 2))};
        if (between(random, 0, 1) == 0)
            instruction.signals[i] = {semaphore(),
                                      static_cast<std::uint32_t>(between(random, 1, 3))};
    }
    return instruction;
}

/// `outer` times `inner` times the same instructions, whose addresses grow evenly: what rolls into
/// loops within a loop.
inline void append_walk(std::mt19937_64& random, const Flat& body, Flat& flat) {
    const std::int64_t outer = between(random, 1, 3), inner = between(random, 1, 3);
    const std::int64_t outer_step = between(random, -64, 64), inner_step = between(random, 0, 8);
    for (std::int64_t i = 0; i < outer; ++i)
        for (std::int64_t j = 0; j < inner; ++j)
            for (isa::Instruction instruction : body) {
                auto& drain = std::get<isa::Drain>(instruction.body);
                drain.accumulator_address += i * outer_step + j * inner_step;
                drain.destination += j * 4;
                flat.push_back(instruction);
            }
}

inline Case random_case(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Case one;
    one.rolled = seed % 2 == 0;
    one.operators.resize(static_cast<std::size_t>(between(random, 1, 3)));
    const std::int64_t shift = between(random, 0, 3);
    const std::int64_t first_semaphore = between(random, 0, isa::semaphore_count - 2);
    for (auto& queues : one.operators)
        for (std::size_t e = 0; e < isa::engine_count; ++e) {
            const std::int64_t kinds = between(random, 0, 3);
            for (std::int64_t i = 0; i < kinds; ++i) {
                Flat body(static_cast<std::size_t>(between(random, 1, 2)));
                for (isa::Instruction& instruction : body)
                    instruction =
                        random_instruction(random, (static_cast<std::int64_t>(e) + shift) % 4,
                                           seed % 3 != 0, first_semaphore);
                append_walk(random, body, queues[e]);
            }
        }
    for (EngineTimes& times : one.times)
        for (int i = 0; i < 5; ++i) {
            times.duration.push_back(between(random, 0, 12));
            times.gap.push_back(between(random, 1, 9));
        }
    return one;
}

inline std::vector<std::array<isa::Queue, isa::engine_count>> queues_of(const Case& one) {
    std::vector<std::array<isa::Queue, isa::engine_count>> all(one.operators.size());
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t e = 0; e < isa::engine_count; ++e) {
            if (one.rolled) {
                all[i][e] = isa::roll(one.operators[i][e]);
                continue;
            }
            for (const isa::Instruction& instruction : one.operators[i][e])
                all[i][e].push_back({.instruction = instruction, .strides = {}, .loop = {}});
        }
    return all;
}

inline std::vector<Case> smaller(const Case& one) {
    std::vector<Case> all;
    for (std::size_t i = 0; i < one.operators.size(); ++i)
        for (std::size_t e = 0; e < isa::engine_count; ++e)
            for (std::size_t k = 0; k < one.operators[i][e].size(); ++k) {
                all.push_back(one);
                Flat& flat = all.back().operators[i][e];
                flat.erase(flat.begin() + static_cast<std::ptrdiff_t>(k));
            }
    for (std::size_t i = 0; i < one.operators.size(); ++i)
        for (std::size_t e = 0; e < isa::engine_count; ++e)
            for (std::size_t k = 0; k < one.operators[i][e].size(); ++k)
                for (const auto uses : {&isa::Instruction::waits, &isa::Instruction::signals})
                    for (std::size_t use = 0; use < 4; ++use) {
                        if (((one.operators[i][e][k].*uses)[use]) == isa::SemaphoreUse{}) continue;
                        all.push_back(one);
                        (all.back().operators[i][e][k].*uses)[use] = {};
                    }
    for (std::size_t e = 0; e < isa::engine_count; ++e)
        for (const auto& [field, least] : {std::pair{&EngineTimes::duration, std::int64_t{0}},
                                           {&EngineTimes::gap, std::int64_t{1}}})
            for (std::size_t k = 0; k < (one.times[e].*field).size(); ++k) {
                const std::int64_t before = (one.times[e].*field)[k];
                for (const std::int64_t value : {least, before / 2}) {
                    if (value < least || value >= before) continue;
                    all.push_back(one);
                    (all.back().times[e].*field)[k] = value;
                }
            }
    if (one.rolled) {
        all.push_back(one);
        all.back().rolled = false;
    }
    return all;
}

inline std::string describe(const Case& one) {
    std::string text;
    for (const auto& queues : one.operators)
        for (std::size_t e = 0; e < isa::engine_count; ++e)
            for (const isa::Instruction& instruction : queues[e])
                text += fmt::format("\n  {}: {}", isa::name(static_cast<isa::Engine>(e)),
                                    isa::describe(instruction));
    for (const EngineTimes& times : one.times)
        text += fmt::format("\n  durations {}, gaps {}", fmt::join(times.duration, " "),
                            fmt::join(times.gap, " "));
    return text + (one.rolled ? "\n  rolled" : "");
}

}  // namespace quatrain::sequencer
