// SPDX-License-Identifier: Apache-2.0
// The banked buffer against function.hpp's bytes and an arbiter written from the rule.
#include "rtl_models/buffer/function.hpp"

#include "tests/support/random_cases.hpp"
#include "tests/unit/buffer/clocked_bench.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

namespace quatrain::buffer {
namespace {

struct Write {
    std::int64_t address = 0;
    std::vector<std::byte> bytes;
};
/// What happens at an edge and in the cycle behind it. After the last of a case: nothing.
struct Cycle {
    std::vector<bool> idle;  ///< of each group: it asks for nothing
    Write write;             ///< of no bytes: none
};
struct Case {
    BankedParams params;
    bool writer_first = true;  ///< the writer's process runs before the buffer's
    std::vector<std::vector<std::int64_t>>
        words;  ///< that each group reads, in this order per bank
    std::vector<Cycle> cycles;
};

std::string describe(const Case& one) {
    std::string text = fmt::format("{} bytes, {} banks, word {}, {} ports, {} port words; words {}",
                                   one.params.bytes, one.params.banks, one.params.word_bytes,
                                   one.params.read_ports, one.params.port_words, one.words);
    for (const Cycle& cycle : one.cycles)
        text += fmt::format("; idle {} write {} bytes at {}", cycle.idle, cycle.write.bytes.size(),
                            cycle.write.address);
    return text;
}

/// One word or one cycle's event less.
std::vector<Case> smaller(const Case& one) {
    std::vector<Case> result;
    for (std::size_t group = 0; group < one.words.size(); ++group)
        for (std::size_t i = 0; i < one.words[group].size(); ++i) {
            result.push_back(one);
            result.back().words[group].erase(result.back().words[group].begin() +
                                             static_cast<std::ptrdiff_t>(i));
        }
    for (std::size_t i = 0; i < one.cycles.size(); ++i) {
        if (!one.cycles[i].write.bytes.empty()) {
            result.push_back(one);
            result.back().cycles[i].write = {};
        }
        for (std::size_t group = 0; group < one.words.size(); ++group)
            if (one.cycles[i].idle[group]) {
                result.push_back(one);
                result.back().cycles[i].idle[group] = false;
            }
    }
    if (!one.cycles.empty()) {
        result.push_back(one);
        result.back().cycles.pop_back();
    }
    return result;
}

std::vector<std::int64_t> some_words(std::int64_t first, std::int64_t count, Random& random) {
    std::vector<std::int64_t> words(static_cast<std::size_t>(count));
    std::iota(words.begin(), words.end(), first);
    std::ranges::shuffle(words, random);
    words.resize(static_cast<std::size_t>(1 + below(random, count)));
    return words;
}

/// Groups of readers that are idle in a third of the cycles, and a writer that writes in half of
/// them. `apart`: the readers stay in half 0, the writer in half 1.
Case random_case(std::uint64_t seed, std::int64_t groups, bool apart) {
    Random random(seed);
    Case one;
    const std::int64_t write_bytes = 1 + below(random, 70);
    one.params = {.banks = 1 + below(random, 9),
                  .word_bytes = 4 * (1 + below(random, 4)),
                  .read_ports = 1 + below(random, 6),
                  .read_groups = 1 + below(random, groups)};
    one.params.bytes = 8 * one.params.word_bytes * (1 + below(random, 12));
    one.params.port_words = port_words(one.params.banks, one.params.word_bytes, write_bytes);
    one.writer_first = below(random, 2) == 0;
    const std::int64_t total = one.params.bytes / one.params.word_bytes;
    for (std::int64_t i = 0; i < one.params.read_groups; ++i)
        one.words.push_back(some_words(0, apart ? total / 2 : total, random));
    for (std::int64_t i = below(random, 40); i > 0; --i) {
        Cycle cycle;
        for (std::int64_t k = 0; k < one.params.read_groups; ++k)
            cycle.idle.push_back(below(random, 3) == 0);
        if (below(random, 2) == 0) {
            const std::int64_t first = apart ? one.params.bytes / 2 : 0;
            const std::int64_t room = one.params.bytes - first;
            const std::int64_t count = 1 + below(random, std::min(write_bytes, room));
            cycle.write.address = first + below(random, room - count + 1);
            for (std::int64_t k = 0; k < count; ++k)
                cycle.write.bytes.push_back(static_cast<std::byte>(below(random, 256)));
        }
        one.cycles.push_back(std::move(cycle));
    }
    return one;
}

/// The words of a group that are still to be read, bank by bank.
using Waiting = std::vector<std::deque<std::int64_t>>;

std::vector<Waiting> waiting_words(const Case& one) {
    std::vector<Waiting> result;
    for (const std::vector<std::int64_t>& words : one.words) {
        Waiting& waiting = result.emplace_back(static_cast<std::size_t>(one.params.banks));
        for (const std::int64_t word : words)
            waiting[static_cast<std::size_t>(word % one.params.banks)].push_back(word);
    }
    return result;
}

bool done(const std::vector<Waiting>& groups) {
    return std::ranges::all_of(groups, [](const Waiting& waiting) {
        return std::ranges::all_of(waiting, [](const auto& bank) { return bank.empty(); });
    });
}

/// A bank of a half: where two words cannot be in one cycle.
std::pair<bool, std::int64_t> place(const BankedParams& params, std::int64_t word) {
    return {2 * word * params.word_bytes >= params.bytes, word % params.banks};
}

/// The banks that each group is granted in a cycle, from the rule: ports go to the groups in order,
/// in a group to the bank with most words waiting, the lowest of equals, whose half's bank is free.
std::vector<std::set<std::size_t>> granted_by_rule(const Case& one, const Cycle& cycle,
                                                   const std::vector<Waiting>& groups) {
    std::set<std::pair<bool, std::int64_t>> taken;
    const Write& write = cycle.write;
    for (std::int64_t i = 0; i < std::ssize(write.bytes); ++i)
        taken.insert(place(one.params, (write.address + i) / one.params.word_bytes));
    std::vector<std::set<std::size_t>> granted(groups.size());
    std::int64_t ports = one.params.read_ports;
    for (std::size_t group = 0; group < groups.size(); ++group) {
        if (cycle.idle[group]) continue;
        for (; ports > 0; --ports) {
            std::optional<std::size_t> best;
            for (std::size_t bank = 0; bank < groups[group].size(); ++bank) {
                const std::deque<std::int64_t>& words = groups[group][bank];
                if (words.empty() || granted[group].contains(bank) ||
                    taken.contains(place(one.params, words.front())))
                    continue;
                if (!best || words.size() > groups[group][*best].size()) best = bank;
            }
            if (!best) break;
            granted[group].insert(*best);
            taken.insert(place(one.params, groups[group][*best].front()));
        }
    }
    return granted;
}

WordRequests requests_of(const Waiting& waiting, bool idle) {
    WordRequests requests{std::vector<WordRequest>(waiting.size())};
    for (std::size_t i = 0; i < waiting.size() && !idle; ++i)
        if (!waiting[i].empty())
            requests.banks[i] = {true, waiting[i].front(), std::ssize(waiting[i])};
    return requests;
}

/// Compares a group's grants with the rule and the function view, and takes the words.
std::string accept(const WordGrants& grants, const std::set<std::size_t>& expected,
                   Waiting& waiting, Buffer& function, std::int64_t word_bytes) {
    for (std::size_t bank = 0; bank < waiting.size(); ++bank) {
        const WordGrant& grant = grants.banks[bank];
        if (grant.granted != expected.contains(bank))
            return fmt::format("bank {} granted: {}", bank, grant.granted);
        if (!grant.granted) continue;
        const std::int64_t word = waiting[bank].front();
        if (!std::ranges::equal(grant.data, function.read(word * word_bytes, word_bytes)))
            return fmt::format("word {} has other bytes", word);
        waiting[bank].pop_front();
    }
    return "";
}

struct Outcome {
    std::string wrong;
    std::int64_t cycles = 0;  ///< until all words were read
};

/// Runs a case and compares grants, words and, in the end, all bytes, cycle by cycle.
Outcome outcome_of(const Case& one) {
    const KernelContext kernel;
    Bench bench(one.params);
    Buffer function("moving", one.params.bytes);
    Random random(7);
    for (std::byte& byte : bench.buffer.bytes()) byte = static_cast<std::byte>(random());
    std::ranges::copy(bench.buffer.bytes(), function.bytes().begin());
    std::vector<Waiting> groups = waiting_words(one);
    Cycle cycle;
    (one.writer_first ? bench.first : bench.second).body = [&] {
        if (!cycle.write.bytes.empty())
            bench.buffer.write_bytes(cycle.write.address, cycle.write.bytes);
    };
    Outcome result;
    for (std::size_t i = 0; !done(groups) || i < one.cycles.size(); ++i) {
        if (!done(groups)) ++result.cycles;
        cycle = i < one.cycles.size() ? one.cycles[i]
                                      : Cycle{std::vector<bool>(groups.size()), Write{}};
        for (std::size_t group = 0; group < groups.size(); ++group)
            bench.requests[group].write(requests_of(groups[group], cycle.idle[group]));
        bench.cycle();
        const Write& write = cycle.write;
        std::ranges::copy(write.bytes,
                          function.write(write.address, std::ssize(write.bytes)).begin());
        const auto granted = granted_by_rule(one, cycle, groups);
        for (std::size_t group = 0; group < groups.size(); ++group) {
            const std::string wrong = accept(bench.grants[group].read(), granted[group],
                                             groups[group], function, one.params.word_bytes);
            if (wrong.empty()) continue;
            result.wrong = fmt::format("cycle {}, group {}: {}", i, group, wrong);
            return result;
        }
    }
    if (!std::ranges::equal(bench.buffer.bytes(), function.bytes())) result.wrong = "bytes differ";
    return result;
}

TEST(ClockedBuffer, EqualsTheFunctionAndTheRuleUnderRandomGroupsIdleCyclesAndWrites) {
    test::check_random_cases(
        800, [](std::uint64_t seed) { return random_case(seed, 3, false); },
        [](const Case& one) -> std::optional<std::string> {
            const Outcome result = outcome_of(one);
            return result.wrong.empty() ? std::nullopt : std::optional(result.wrong);
        },
        smaller, describe);
}

/// max(ceil(words / ports), words of the fullest bank), the step of operand_streamer/timing.hpp,
/// and the idle cycles before its end.
std::int64_t closed_form(const Case& one) {
    std::map<std::int64_t, std::int64_t> of_bank;
    const auto words = std::ssize(one.words.front());
    std::int64_t left = (words + one.params.read_ports - 1) / one.params.read_ports;
    for (const std::int64_t word : one.words.front())
        left = std::max(left, ++of_bank[word % one.params.banks]);
    std::int64_t cycles = 0;
    for (; left > 0; ++cycles) {
        const bool idle = cycles < std::ssize(one.cycles) &&
                          one.cycles[static_cast<std::size_t>(cycles)].idle.front();
        if (!idle) --left;
    }
    return cycles;
}

TEST(ClockedBuffer, WordsTakeTheFewestCyclesWhateverIsWrittenToTheOtherHalf) {
    test::check_random_cases(
        600, [](std::uint64_t seed) { return random_case(10'000 + seed, 1, true); },
        [](const Case& one) -> std::optional<std::string> {
            const Outcome result = outcome_of(one);
            if (!result.wrong.empty()) return result.wrong;
            if (result.cycles == closed_form(one)) return std::nullopt;
            return fmt::format("{} cycles, must be {}", result.cycles, closed_form(one));
        },
        smaller, describe);
}

}  // namespace
}  // namespace quatrain::buffer
