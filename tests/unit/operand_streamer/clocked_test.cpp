// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/clocked.hpp"

#include "rtl_models/numerics/gemm.hpp"
#include "rtl_models/operand_streamer/function.hpp"

#include "tests/support/random_cases.hpp"
#include "tests/unit/operand_streamer/clocked_bench.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>

namespace quatrain::operand_streamer {
namespace {

using numerics::DecodedRows;

std::string text_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    }
}

/// Rows of a pass as function.hpp gathers them, and as the beats' codes decode, are the same bits.
bool gathers_alike(const Case& one, const PassCase& pass) {
    const numerics::Format format = pass.source.format;
    const numerics::ProductKind kind = numerics::product_kind(format, pass.stationary_format);
    numerics::DecodedBuffer gathered_memory, decoded_memory;
    const DecodedRows gathered = gathered_memory.zeroed(kind, pass.vectors, pass.k_count);
    gather(pass.stream(), format, one.moving, {0, pass.vectors, pass.k_offset, pass.k_count},
           gathered, pass.k_count);

    std::vector<std::byte> packed(
        static_cast<std::size_t>(numerics::packed_bytes(format, pass.vectors * pass.k_count)));
    const std::int64_t step = pass.weight_stationary ? 1 : pass.lanes;
    for (std::int64_t t = 0; t < pass.vectors; ++t) {
        for (std::int64_t k = 0; k < pass.k_count; ++k) {
            const auto& beat = pass.moving_beats.at(static_cast<std::size_t>(t / step));
            numerics::store_code(packed.data(), format, t * pass.k_count + k,
                                 beat.at(static_cast<std::size_t>(k * step + t % step)));
        }
    }
    const DecodedRows decoded = decoded_memory.zeroed(kind, pass.vectors, pass.k_count);
    numerics::decode_rows(format, packed, 0, pass.k_count, pass.vectors, pass.k_count, decoded,
                          pass.k_count);
    return std::visit(
        [&](const auto* a) {
            return std::equal(
                a, a + pass.vectors * pass.k_count,
                std::get<std::remove_const_t<std::remove_pointer_t<decltype(a)>>*>(decoded));
        },
        gathered);
}

/// What is wrong with a case; empty when nothing is. Adds the cycles in which a word waited for a
/// writer.
std::string failure_of(const Case& one, std::int64_t& withheld) {
    const KernelContext kernel;
    Bench bench(one);
    for (int i = 0; i < 60000 && !bench.driver.finished(); ++i) {
        bench.clock.cycle();
        if (!bench.driver.failure().empty()) return bench.driver.failure();
        for (const std::exception_ptr& failure :
             {bench.streamer.failure(), bench.moving_buffer.failure(),
              bench.stationary_buffer.failure()})
            if (failure) return text_of(failure);
    }
    if (!bench.driver.finished()) return "does not finish";
    std::vector<std::int64_t> stream_cycles, preload_cycles;
    for (std::size_t i = 0; i < one.passes.size(); ++i) {
        const PassCase& pass = one.passes[i];
        EventCounts counts = pass.counts;
        if (one.shape.writes != 0) {
            counts[Event::streamer_stall_cycles] =
                static_cast<std::uint64_t>(bench.driver.stalls(i));
            counts[Event::bank_conflict_cycles] =
                static_cast<std::uint64_t>(bench.driver.conflicts(i));
        }
        if (bench.streamer.take_counts() != counts)
            return fmt::format("counts of pass {} differ", pass.command.id);
        if (!gathers_alike(one, pass)) return fmt::format("pass {} gathers", pass.command.id);
        stream_cycles.push_back(pass.stream_cycles);
        if (pass.weight_stationary) preload_cycles.push_back(pass.preload_cycles);
    }
    withheld += bench.driver.withheld();
    if (one.shape.stalls != 0 || one.shape.writes != 0) return "";
    if (bench.driver.stream_spans() != stream_cycles) return "stream cycles of whole passes differ";
    if (bench.driver.preload_spans() != preload_cycles)
        return "preload cycles of whole passes differ";
    return "";
}

/// A case by its seed and the limits that make it smaller.
struct Recipe {
    std::uint64_t seed = 0;
    Shape shape;
};

/// Each field halved or less by one.
std::vector<Recipe> smaller(const Recipe& recipe) {
    std::vector<Recipe> result;
    for (const auto field : shape_fields)
        for (const std::int64_t value : {recipe.shape.*field / 2, recipe.shape.*field - 1}) {
            if (value < 1) continue;
            result.push_back(recipe);
            result.back().shape.*field = value;
        }
    return result;
}

struct Tally {
    int passes = 0, beats = 0, conflicts = 0, stalls = 0;
    std::int64_t withheld = 0;
};

Tally check(std::uint64_t first_seed, std::uint64_t count, const Shape& shape) {
    Tally tally;
    const auto failure = [&](const Recipe& recipe) -> std::optional<std::string> {
        const Case one(recipe.seed, recipe.shape);
        for (const PassCase& pass : one.passes) {
            ++tally.passes;
            tally.beats +=
                static_cast<int>(pass.moving_beats.size() + pass.stationary_beats.size());
            tally.conflicts += pass.counts[Event::bank_conflict_cycles] > 0 ? 1 : 0;
            tally.stalls += pass.counts[Event::streamer_stall_cycles] > 0 ? 1 : 0;
        }
        const std::string wrong = failure_of(one, tally.withheld);
        return wrong.empty() ? std::nullopt : std::optional(wrong);
    };
    test::check_random_cases(
        count,
        [&](std::uint64_t seed) {
            return Recipe{first_seed + seed - 1, shape};
        },
        failure, smaller,
        [](const Recipe& recipe) {
            return fmt::format("seed {}, {}", recipe.seed, recipe.shape.text());
        });
    return tally;
}

void record(const Tally& tally) {
    testing::Test::RecordProperty("passes", tally.passes);
    testing::Test::RecordProperty("beats", tally.beats);
    testing::Test::RecordProperty("passes_with_bank_conflicts", tally.conflicts);
    testing::Test::RecordProperty("passes_with_stalls", tally.stalls);
    testing::Test::RecordProperty("cycles_in_which_words_waited_for_writers",
                                  std::to_string(tally.withheld));
}

TEST(ClockedStreamer, WithoutStallsCyclesBeatsAndCountsAreThoseOfTheClosedForm) {
    const Tally tally = check(1, 1000, {.stalls = 0});
    record(tally);
    EXPECT_GT(tally.conflicts, 300);
    EXPECT_GT(tally.stalls, 700);
}

TEST(ClockedStreamer, UnderRandomStallsEveryBeatIsShownWhenTheRuleSays) {
    record(check(10001, 1000, {.stalls = 1}));
}

TEST(ClockedStreamer, UnderRandomWritesAStepIsReadAsTheBanksAllow) {
    for (const std::int64_t stalls : {0, 1}) {
        const Tally tally =
            check(stalls == 0 ? 30001 : 40001, 500, {.stalls = stalls, .writes = 1});
        record(tally);
        EXPECT_GT(tally.withheld, 3000);
    }
}

TEST(ClockedStreamer, EdgesOfTheShape) {
    // One row, column, lane, port, bank or vector at a time, then all of them.
    Shape least;
    for (const auto field : shape_fields) {
        for (const std::int64_t stalls : {0, 1})
            for (const std::int64_t writes : {0, 1}) {
                Shape shape;
                shape.*field = 1;
                shape.stalls = stalls;
                shape.writes = writes;
                check(20001, 20, shape);
            }
        least.*field = 1;
    }
    check(20001, 20, least);
}

/// A streamer that is given passes and nothing else.
struct IdleStreamer {
    explicit IdleStreamer(const Params& params = {}) : streamer("streamer", params, {4, 4, 2, 1}) {
        streamer.clock(clock.signal());
        streamer.start(start);
        streamer.pass(pass);
        for (auto* pin : {&streamer.preload_go, &streamer.stream_go, &streamer.stationary_ready,
                          &streamer.moving_ready})
            (*pin)(low);
        streamer.moving(moving);
        streamer.stationary(stationary);
        streamer.moving_requests(moving_requests);
        streamer.stationary_requests(stationary_requests);
        streamer.moving_grants(grants);
        streamer.stationary_grants(grants);
        grants.write({std::vector<WordGrant>(static_cast<std::size_t>(params.banks))});
    }
    /// What the streamer says after one pass, or `count` equal ones.
    std::string failure_after(const isa::WeightStationaryPass& body, std::uint64_t count = 1) {
        clock.cycle();
        start.write(true);
        for (std::uint64_t id = 1; id <= count; ++id) {
            pass.write({body, id});
            clock.cycle();
        }
        return streamer.failure() ? text_of(streamer.failure()) : "no failure";
    }

    test::HandClock clock;
    sc_core::sc_signal<bool> start{"start"}, low{"low"};
    sc_core::sc_signal<Command> pass{"pass"};
    sc_core::sc_signal<OperandBeat> moving{"moving"}, stationary{"stationary"};
    sc_core::sc_signal<WordRequests> moving_requests{"moving_requests"},
        stationary_requests{"stationary_requests"};
    sc_core::sc_signal<WordGrants> grants{"grants"};
    ClockedStreamer streamer;
};

isa::WeightStationaryPass small_pass() {
    isa::WeightStationaryPass body;
    body.k_count = 1;
    body.vectors = 2;
    body.columns = 1;
    return body;
}

std::string failure_of(const isa::WeightStationaryPass& body, std::uint64_t count = 1) {
    const KernelContext kernel;
    return IdleStreamer().failure_after(body, count);
}

TEST(ClockedStreamer, HoldsThreePasses) {
    EXPECT_EQ(failure_of(small_pass(), 3), "no failure");
    EXPECT_EQ(failure_of(small_pass(), 4),
              "streamer pass registers = 4: pass 4 finds all 3 in use");
}

TEST(ClockedStreamer, AValueBeyondItsRegisterIsNamed) {
    isa::WeightStationaryPass body = small_pass();
    body.moving.width = (std::int64_t{1} << 23) - 1;
    EXPECT_EQ(failure_of(body), "no failure");
    body.moving.width = std::int64_t{1} << 23;
    EXPECT_EQ(failure_of(body), "register streamer width = 8388608: holds -8388608 to 8388607");
    body = small_pass();
    body.moving.address = std::int64_t{1} << 31;
    EXPECT_EQ(failure_of(body),
              "register streamer address = 2147483648: holds -2147483648 to 2147483647");
    body = small_pass();
    body.vectors = std::int64_t{1} << 32;
    EXPECT_EQ(failure_of(body),
              "register streamer vectors = 4294967296: holds -4294967296 to 4294967295");
    body = small_pass();
    body.moving.height = body.moving.width = body.moving.channels = 1 << 22;
    body.moving.row_offset = body.moving.column_offset = 1 << 21;
    EXPECT_THAT(failure_of(body), testing::HasSubstr("register streamer pixel = "));
    body.moving.height = body.moving.width = 1 << 10;
    body.moving.row_offset = body.moving.column_offset = 1 << 9;
    EXPECT_THAT(failure_of(body), testing::HasSubstr("register streamer element = "));
}

TEST(ClockedStreamer, APassThatDoesNotFitTheArrayIsNamed) {
    isa::WeightStationaryPass body = small_pass();
    body.k_count = 8;
    EXPECT_EQ(failure_of(body), "no failure");
    body.k_count = 9;
    EXPECT_EQ(failure_of(body), "streamer k_count = 9: must be from 1 to 8");
    body = small_pass();
    body.columns = 5;
    EXPECT_EQ(failure_of(body), "streamer columns = 5: must be from 1 to 4");
    body = small_pass();
    body.vectors = 0;
    EXPECT_EQ(failure_of(body), "streamer vectors = 0: must be at least 1");
    body = small_pass();
    body.moving.channels = 0;
    EXPECT_EQ(failure_of(body), "streamer channels = 0: must be at least 1");
    body = small_pass();
    body.moving_format = numerics::Format::fp32;
    EXPECT_EQ(failure_of(body), "streamer formats = fp32 x int4: the array has no mode for them");
}

TEST(ClockedStreamer, HasNoCountsBeforeAPassIsDone) {
    const KernelContext kernel;
    IdleStreamer idle;
    EXPECT_EQ(idle.failure_after(small_pass()), "no failure");
    EXPECT_THROW(idle.streamer.take_counts(), std::logic_error);
}

TEST(ClockedStreamer, BusesKeepTheirSizesFromTheStart) {
    const KernelContext kernel;
    IdleStreamer idle;
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    const std::uint32_t* const codes = idle.moving.read().codes.data();
    EXPECT_EQ(idle.moving.read().codes.size(), 4U * 2U);
    EXPECT_EQ(idle.stationary.read().codes.size(), 4U * 2U);
    EXPECT_EQ(idle.moving_requests.read().banks.size(), 8U);
    idle.failure_after(small_pass());
    EXPECT_EQ(idle.moving.read().codes.data(), codes);
}

}  // namespace
}  // namespace quatrain::operand_streamer
