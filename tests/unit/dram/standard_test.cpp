// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/standard.hpp"
#include "rtl_models/base/params.hpp"
#include "rtl_models/dram/command_names.hpp"
#include "rtl_models/dram/controller_params.hpp"

#include <gtest/gtest.h>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace quatrain::dram {
namespace {

using enum CommandKind;
constexpr std::int64_t burst = 4;
constexpr std::int64_t read_delay = 11;
constexpr std::int64_t write_delay = 9;

void add_columns(Standard& standard, const std::vector<CommandKind>& before,
                 const std::vector<CommandKind>& after, Scope scope, std::int64_t cycles) {
    for (const CommandKind first : before) {
        for (const CommandKind second : after)
            standard.constraints.push_back({first, second, scope, cycles, 1, "rule"});
    }
}

// Every burst begins in the cycle in which the one before it has ended.
Standard gapless() {
    Standard standard;
    standard.name = "gapless";
    standard.clock_period_ps = 1000;
    standard.organisation = {.bus_bits = 16,
                             .bank_groups = 2,
                             .banks = 2,
                             .rows = 8,
                             .row_bytes = 64,
                             .burst_beats = 8,
                             .burst_cycles = burst};
    standard.mapping = "row:bank:column";
    standard.read_latency = read_delay;
    standard.write_latency = write_delay;
    standard.refresh_interval = 100;
    const std::vector<CommandKind> reads{read, read_precharge};
    const std::vector<CommandKind> writes{write, write_precharge};
    for (const Scope scope : {Scope::rank, Scope::other_rank}) {
        add_columns(standard, reads, reads, scope, burst);
        add_columns(standard, writes, writes, scope, burst);
        add_columns(standard, reads, writes, scope, read_delay + burst - write_delay);
        add_columns(standard, writes, reads, scope, write_delay + burst - read_delay);
    }
    return standard;
}

template <class Check>
std::string failure(Check check) {
    try {
        check();
    } catch (const ParamError& error) {
        return error.what();
    }
    return "valid";
}

std::string failure_after(const std::function<void(Standard&)>& change) {
    Standard standard = gapless();
    change(standard);
    return failure([&] { validate(standard); });
}

TEST(Standard, IsValidAsItStands) {
    EXPECT_EQ(failure_after([](Standard&) {}), "valid");
}

TEST(Standard, CountsArePowersOfTwo) {
    struct Case {
        std::int64_t Organisation::*field;
        std::string name;
    };
    for (const auto& [field, name] : {Case{&Organisation::bus_bits, "bus_bits"},
                                      {&Organisation::bank_groups, "bank_groups"},
                                      {&Organisation::banks, "banks"},
                                      {&Organisation::rows, "rows"},
                                      {&Organisation::row_bytes, "row_bytes"},
                                      {&Organisation::burst_beats, "burst_beats"}}) {
        for (const std::int64_t value :
             {std::int64_t{0}, std::int64_t{-2}, std::int64_t{3}, std::int64_t{1} << 31}) {
            EXPECT_EQ(failure_after([&, field = field](Standard& standard) {
                          standard.organisation.*field = value;
                      }),
                      fmt::format("organisation.{} = {}: must be a power of two from 1 to 2^30",
                                  name, value));
        }
    }
}

TEST(Standard, ARowHoldsABurst) {
    EXPECT_EQ(failure_after([](Standard& standard) { standard.organisation.row_bytes = 16; }),
              "valid");
    EXPECT_EQ(failure_after([](Standard& standard) { standard.organisation.row_bytes = 8; }),
              "organisation.row_bytes = 8: must hold a burst or more");
    EXPECT_EQ(failure_after([](Standard& standard) {
                  standard.organisation.bus_bits = 2;
                  standard.organisation.burst_beats = 2;
              }),
              "organisation.burst_beats = 2: must make a burst of a byte or more");
}

TEST(Standard, ARankHasABound) {
    const auto rank_of = [](int log_rows, int log_row_bytes) {
        return failure_after([=](Standard& standard) {
            standard.organisation.rows = std::int64_t{1} << log_rows;
            standard.organisation.row_bytes = std::int64_t{1} << log_row_bytes;
        });
    };
    EXPECT_EQ(rank_of(30, 16), "valid");
    EXPECT_EQ(rank_of(30, 17),
              "organisation.rows = 1073741824: must make a rank of at most 2^48 bytes");
}

TEST(Standard, TimesArePositive) {
    EXPECT_EQ(failure_after([](Standard& standard) { standard.clock_period_ps = 0; }),
              "clock_period_ps = 0: must be at least 1 ps");
    EXPECT_EQ(failure_after([](Standard& standard) { standard.organisation.burst_cycles = 0; }),
              "organisation.burst_cycles = 0: must be at least 1 cycle");
    EXPECT_EQ(failure_after([](Standard& standard) { standard.read_latency = 0; }),
              "read_latency = 0: must be at least 1 cycle");
    EXPECT_EQ(failure_after([](Standard& standard) { standard.write_latency = 0; }),
              "write_latency = 0: must be at least 1 cycle");
    EXPECT_EQ(failure_after([](Standard& standard) { standard.refresh_interval = 4; }), "valid");
    EXPECT_EQ(failure_after([](Standard& standard) { standard.refresh_interval = 3; }),
              "refresh_interval = 3: must be at least a cycle for every bank of a rank");
}

TEST(Standard, HasAnOrderOfAddressBits) {
    EXPECT_EQ(failure_after([](Standard& standard) { standard.mapping.clear(); }),
              "mapping = '': must not be empty");
}

TEST(Standard, SlotsAreOnOneOfTwoBusesForACycleOrMore) {
    EXPECT_EQ(failure_after([](Standard& standard) { standard.slots[0].bus = 2; }),
              "slots.ACT.bus = 2: must be 0 or 1");
    EXPECT_EQ(failure_after([](Standard& standard) { standard.slots[8].cycles = 0; }),
              "slots.REFpb.cycles = 0: must be at least 1 cycle");
}

TEST(Standard, ConstraintsMakeSense) {
    EXPECT_EQ(failure_after([](Standard& standard) { standard.constraints.clear(); }),
              "constraints = []: must not be empty");
    EXPECT_EQ(failure_after([](Standard& standard) {
                  standard.constraints.push_back({activate, read, Scope::bank, 0, 1, "tRCD"});
              }),
              "constraints = 0: must be at least 1 cycle (ACT to RD, 'tRCD')");
    EXPECT_EQ(failure_after([](Standard& standard) {
                  standard.constraints.push_back({activate, activate, Scope::rank, 1, 0, "tFAW"});
              }),
              "constraints = 0: must count at least 1 command (ACT to ACT, 'tFAW')");
}

TEST(Standard, RefreshesOneBankOnlyWhereItCan) {
    for (const Constraint& constraint :
         {Constraint{refresh_bank, activate, Scope::bank, 9, 1, "tRFCpb"},
          Constraint{activate, refresh_bank, Scope::bank, 9, 1, "tRC"}}) {
        const auto add = [&](Standard& standard) { standard.constraints.push_back(constraint); };
        EXPECT_EQ(failure_after(add).find("per_bank_refresh = false: must be true"), 0U);
        EXPECT_EQ(failure_after([&](Standard& standard) {
                      add(standard);
                      standard.has_refresh_bank = true;
                  }),
                  "valid");
    }
}

TEST(Standard, EnergiesAreNotNegative) {
    for (double Energies::*field :
         {&Energies::activate, &Energies::read, &Energies::write, &Energies::refresh_all,
          &Energies::refresh_bank, &Energies::active_standby, &Energies::precharged_standby}) {
        for (const double value : {-1e-9, std::numeric_limits<double>::quiet_NaN(),
                                   std::numeric_limits<double>::infinity()}) {
            EXPECT_NE(failure_after([&](Standard& standard) {
                          standard.energies.*field = value;
                      }).find("must not be negative [pJ]"),
                      std::string::npos);
        }
    }
}

TEST(StandardBursts, MayFollowEachOtherWithoutAGap) {
    EXPECT_NO_THROW(require_separate_bursts(gapless()));
}

TEST(StandardBursts, ACycleLessThanABurstNeedsIsAnError) {
    const Standard whole = gapless();
    for (std::size_t i = 0; i < whole.constraints.size(); ++i) {
        Standard standard = whole;
        const Constraint& constraint = whole.constraints[i];
        --standard.constraints[i].cycles;
        const std::string text = failure([&] { require_separate_bursts(standard); });
        EXPECT_NE(text.find(fmt::format("[{} to {} in ", short_name(constraint.before),
                                        short_name(constraint.after))),
                  std::string::npos)
            << text;
        EXPECT_EQ(text.find("another rank") != std::string::npos,
                  constraint.scope == Scope::other_rank)
            << text;
        EXPECT_NE(text.find(fmt::format("must be at least {} cycles", constraint.cycles)),
                  std::string::npos)
            << text;
    }
}

TEST(StandardBursts, ARuleForOneBankGroupAloneIsNotEnough) {
    Standard standard = gapless();
    for (Constraint& constraint : standard.constraints) {
        if (constraint.scope == Scope::rank) constraint.scope = Scope::bank_group;
    }
    EXPECT_NE(failure([&] { require_separate_bursts(standard); }).find("in another bank group]"),
              std::string::npos);
    standard.organisation.bank_groups = 1;
    EXPECT_NO_THROW(require_separate_bursts(standard));
    for (Constraint& constraint : standard.constraints) {
        if (constraint.scope == Scope::bank_group) constraint.scope = Scope::bank;
    }
    EXPECT_NE(
        failure([&] { require_separate_bursts(standard); }).find("in another bank of its group]"),
        std::string::npos);
    standard.organisation.banks = 1;
    EXPECT_NO_THROW(require_separate_bursts(standard));
}

TEST(StandardBursts, ARuleAboutTheFourthLastDoesNotKeepNeighboursApart) {
    Standard standard = gapless();
    for (Constraint& constraint : standard.constraints) constraint.count = 4;
    EXPECT_NE(failure([&] { require_separate_bursts(standard); }), "valid");
}

TEST(StandardBursts, ALongCommandKeepsItsBusButNotTheOther) {
    Standard standard = gapless();
    standard.constraints.clear();
    for (CommandSlot& slot : standard.slots) slot.cycles = read_delay + burst - write_delay;
    EXPECT_NO_THROW(require_separate_bursts(standard));
    standard.slots[static_cast<std::size_t>(write)].bus = 1;
    EXPECT_NE(failure([&] { require_separate_bursts(standard); }), "valid");
}

TEST(CommandNames, EveryKindHasOneThatFindsIt) {
    for (std::size_t i = 0; i < command_kind_count; ++i) {
        const auto kind = static_cast<CommandKind>(i);
        EXPECT_EQ(command_kind(short_name(kind)), kind);
    }
    EXPECT_EQ(short_name(activate), "ACT");
    EXPECT_EQ(short_name(precharge_all), "PREA");
    EXPECT_EQ(short_name(refresh_bank), "REFpb");
    EXPECT_EQ(command_kind("act"), std::nullopt);
    EXPECT_EQ(command_kind(""), std::nullopt);
}

TEST(ControllerParams, TheMarksOfTheWriteQueueAreInOrder) {
    const auto with = [](std::int64_t low, std::int64_t high, std::int64_t queue) {
        ControllerParams params;
        params.write_low = low;
        params.write_high = high;
        params.write_queue = queue;
        return failure([&] { validate(params); });
    };
    EXPECT_EQ(failure([] { validate(ControllerParams{}); }), "valid");
    EXPECT_EQ(with(0, 1, 1), "valid");
    EXPECT_EQ(with(7, 8, 8), "valid");
    EXPECT_EQ(with(8, 8, 8), "write_low = 8: must be below write_high, 8");
    EXPECT_EQ(with(7, 9, 8), "write_high = 9: must be at most write_queue, 8");
    EXPECT_EQ(with(-1, 8, 8), "write_low = -1: must be at least 0");
}

TEST(ControllerParams, NeedARoomForReadsAndABoundOnPassing) {
    ControllerParams params;
    params.read_queue = 0;
    EXPECT_EQ(failure([&] { validate(params); }), "read_queue = 0: must be at least 1");
    params.read_queue = 1;
    params.bypass_limit = 0;
    EXPECT_EQ(failure([&] { validate(params); }), "bypass_limit = 0: must be at least 1");
}

TEST(ControllerParams, EveryFieldIsDescribedAndItsDefaultIsInItsRange) {
    const ControllerParams params;
    using Members =
        boost::describe::describe_members<ControllerParams, boost::describe::mod_public>;
    std::size_t index = 0;
    const auto infos = parameter_info(params);
    boost::mp11::mp_for_each<Members>([&](auto member) {
        ASSERT_LT(index, infos.size());
        const ParameterInfo& info = infos[index++];
        EXPECT_EQ(info.name, member.name);
        EXPECT_FALSE(info.meaning.empty()) << info.name;
        if constexpr (std::is_same_v<decltype(params.*member.pointer), const std::int64_t&>) {
            EXPECT_GE(static_cast<double>(params.*member.pointer), info.minimum) << info.name;
            EXPECT_LE(static_cast<double>(params.*member.pointer), info.maximum) << info.name;
            EXPECT_FALSE(info.unit.empty()) << info.name;
        }
    });
    EXPECT_EQ(index, infos.size());
}

}  // namespace
}  // namespace quatrain::dram
