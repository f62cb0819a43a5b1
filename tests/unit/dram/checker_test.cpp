// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/checker.hpp"

#include "tests/unit/dram/complaint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::dram::testing {
namespace {

using enum CommandKind;
using ::testing::HasSubstr;

constexpr Location bank{.rank = 1, .bank_group = 1, .bank = 0};
constexpr Location row_three{.rank = 1, .bank_group = 1, .bank = 0, .row = 3};
constexpr Location other_bank{.rank = 1, .bank_group = 0, .bank = 1};
constexpr Location other_rank{.rank = 0, .bank_group = 1, .bank = 0};
constexpr Location whole_rank{.rank = 1};

TEST(Checker, SaysInOneLineWhatBrokeWhichRuleWithWhat) {
    Standard standard = bare();
    standard.constraints = {{activate, read, Scope::bank, 14, 1, "tRCD"}};
    Command opened = command(activate, 5, row_three);
    Command column = command(read, 17, {.rank = 1, .bank_group = 1, .row = 3, .column = 2});
    opened.channel = column.channel = 6;
    EXPECT_EQ(complaint({opened, column}, standard),
              "dram channel 6: read in cycle 17 (rank 1, bank group 1, bank 0, row 3, column 2): "
              "tRCD: at least 14 cycles after activate in cycle 5 (rank 1, bank group 1, bank 0), "
              "2 missing");
}

// Bank states.

TEST(CheckerRows, AnActivateAndABankRefreshNeedTheirBankClosed) {
    for (const CommandKind kind : {activate, refresh_bank}) {
        EXPECT_EQ(complaint({command(kind, 0, bank)}), "");
        EXPECT_EQ(complaint({command(activate, 0, other_bank), command(kind, 10, bank)}), "");
        EXPECT_THAT(complaint({command(activate, 0, row_three), command(kind, 10, bank)}),
                    HasSubstr("bank must be closed: row 3 is open since activate in cycle 0 (rank "
                              "1, bank group 1, bank 0)"));
    }
}

TEST(CheckerRows, AColumnCommandNeedsItsRowOpen) {
    for (const CommandKind kind : {read, read_precharge, write, write_precharge}) {
        const Command open = command(activate, 0, row_three);
        EXPECT_EQ(complaint({open, command(kind, 20, row_three)}), "");
        EXPECT_THAT(complaint({open, command(kind, 20, bank)}),
                    HasSubstr("row must be the open one: row 3 is open since activate in cycle 0"));
        EXPECT_THAT(complaint({command(kind, 20, bank)}), HasSubstr("bank must be open"));
        EXPECT_THAT(complaint({open, command(kind, 20, other_bank)}), HasSubstr("must be open"));
    }
}

TEST(CheckerRows, ARankRefreshNeedsEveryBankOfItsRankClosed) {
    EXPECT_EQ(complaint({command(refresh_all, 0, whole_rank)}), "");
    EXPECT_EQ(complaint({command(activate, 0, other_rank), command(refresh_all, 9, whole_rank)}),
              "");
    for (const Location& at : {bank, other_bank})
        EXPECT_THAT(complaint({command(activate, 0, at), command(refresh_all, 9, whole_rank)}),
                    HasSubstr("every bank of the rank must be closed: row 0 is open since activate "
                              "in cycle 0 (rank 1"));
    // One of two is closed again, and the other is not.
    std::vector<Command> commands{command(activate, 0, bank), command(activate, 9, other_bank),
                                  command(precharge, 20, bank),
                                  command(refresh_all, 30, whole_rank)};
    EXPECT_THAT(complaint(commands), HasSubstr("activate in cycle 9"));
    commands.insert(commands.end() - 1, command(precharge, 25, other_bank));
    EXPECT_EQ(complaint(commands), "");
}

TEST(CheckerRows, APrechargeIsAlwaysAllowedAndClosesItsBankOnly) {
    EXPECT_EQ(complaint({command(precharge, 0, bank), command(precharge_all, 5, whole_rank)}), "");
    const std::vector<Command> open{command(activate, 0, bank), command(activate, 2, other_bank),
                                    command(activate, 4, other_rank)};
    const auto after = [&](const Command& closing, const Command& last) {
        std::vector<Command> commands = open;
        commands.insert(commands.end(), {closing, last});
        return complaint(commands);
    };
    const Command one = command(precharge, 10, bank);
    EXPECT_EQ(after(one, command(activate, 20, bank)), "");
    EXPECT_EQ(after(one, command(read, 20, other_bank)), "");
    const Command all = command(precharge_all, 10, whole_rank);
    EXPECT_EQ(after(all, command(activate, 20, bank)), "");
    EXPECT_EQ(after(all, command(refresh_all, 20, whole_rank)), "");
    EXPECT_THAT(after(all, command(read, 20, other_bank)), HasSubstr("must be open"));
    EXPECT_EQ(after(all, command(read, 20, other_rank)), "");
}

TEST(CheckerRows, AutoPrechargeClosesTheBank) {
    for (const CommandKind kind : {read_precharge, write_precharge}) {
        const std::vector<Command> closed{command(activate, 0, row_three),
                                          command(kind, 20, row_three)};
        for (const Command& last :
             {command(activate, 40, bank), command(refresh_all, 40, whole_rank)}) {
            std::vector<Command> commands = closed;
            commands.push_back(last);
            EXPECT_EQ(complaint(commands), "");
        }
        EXPECT_THAT(complaint({closed[0], closed[1], command(read, 40, row_three)}),
                    HasSubstr("bank must be open"));
    }
    for (const CommandKind kind : {read, write})
        EXPECT_THAT(complaint({command(activate, 0, bank), command(kind, 20, bank),
                               command(activate, 40, bank)}),
                    HasSubstr("bank must be closed"));
}

// Buses.

TEST(CheckerBuses, ACommandHoldsItsBusForItsSlot) {
    const std::string held =
        "command bus 0: held until cycle 11 by activate in cycle 10 (rank 1, bank group 1, bank "
        "0), ";
    const Command two_cycles = command(activate, 10, bank);
    EXPECT_THAT(complaint({two_cycles, command(precharge, 10, other_bank)}),
                HasSubstr(held + "2 missing"));
    EXPECT_THAT(complaint({two_cycles, command(precharge, 11, other_bank)}),
                HasSubstr(held + "1 missing"));
    EXPECT_EQ(complaint({two_cycles, command(precharge, 12, other_bank)}), "");
    EXPECT_THAT(complaint({command(precharge, 10, bank), command(activate, 10, bank)}),
                HasSubstr("1 missing"));
    EXPECT_EQ(complaint({command(precharge, 10, bank), command(activate, 11, bank)}), "");
}

TEST(CheckerBuses, ColumnCommandsMayHaveABusOfTheirOwn) {
    const std::vector<Command> commands{command(activate, 0, bank),
                                        command(activate, 10, other_bank), command(read, 10, bank)};
    EXPECT_EQ(complaint(commands, bare(2)), "");
    EXPECT_THAT(complaint(commands, bare(1)), HasSubstr("command bus 0"));
    EXPECT_THAT(
        complaint({command(activate, 0, bank), command(read, 10, bank), command(read, 10, bank)},
                  bare(2)),
        HasSubstr("command bus 1: held until cycle 10 by read in cycle 10"));
}

/// What is said of the last of column commands to an open bank.
std::string of_columns(const std::vector<Command>& columns, std::int64_t read_latency,
                       std::int64_t write_latency) {
    Standard standard = bare();
    standard.read_latency = read_latency;
    standard.write_latency = write_latency;
    std::vector<Command> commands{command(activate, 0, bank)};
    for (Command column : columns) {
        column.location = bank;
        commands.push_back(column);
    }
    return complaint(commands, standard);
}

TEST(CheckerBuses, BurstsDoNotOverlapOnTheDataBus) {
    for (const CommandKind kind : {read, write}) {
        EXPECT_EQ(of_columns({command(kind, 10), command(kind, 14)}, 11, 8), "");
        EXPECT_THAT(of_columns({command(kind, 10), command(kind, 13)}, 11, 8),
                    HasSubstr("data bus"));
    }
    // A read's data is in 21..24, a write's in 8..11 behind it.
    EXPECT_EQ(of_columns({command(read, 10), command(write, 17)}, 11, 8), "");
    EXPECT_THAT(of_columns({command(read, 10), command(write, 16)}, 11, 8),
                HasSubstr("data bus: cycles 24..27 overlap with 21..24 of read in cycle 10 (rank "
                          "1, bank group 1, bank 0), 1 missing"));
    EXPECT_EQ(of_columns({command(write, 10), command(read, 11)}, 11, 8), "");
}

TEST(CheckerBuses, ABurstMayPassAnotherThatWasAskedForEarlier) {
    // Data of writes in 30..33 and 34..37, of the reads 8 cycles behind the command.
    const std::vector<Command> writes{command(write, 10), command(write, 14)};
    const auto read_in = [&](std::int64_t cycle) {
        std::vector<Command> columns = writes;
        columns.push_back(command(read, cycle));
        return of_columns(columns, 8, 20);
    };
    EXPECT_EQ(read_in(15), "");
    EXPECT_EQ(read_in(18), "");
    for (std::int64_t cycle = 19; cycle < 22; ++cycle)
        EXPECT_THAT(read_in(cycle), HasSubstr("overlap with 30..33 of write in cycle 10"));
    EXPECT_THAT(read_in(29), HasSubstr("overlap with 34..37 of write in cycle 14"));
    EXPECT_EQ(read_in(30), "");
    // The first write is remembered though reads have come behind it.
    EXPECT_THAT(
        of_columns({command(write, 10), command(read, 11), command(read, 15), command(read, 21)}, 8,
                   20),
        HasSubstr("overlap with 30..33 of write in cycle 10"));
}

// Order and form.

TEST(CheckerForm, CyclesDoNotDecreaseAndTheChannelStays) {
    const Command first = command(precharge, 10, bank);
    EXPECT_THAT(complaint({first, command(activate, 9, other_bank)}),
                HasSubstr("cycles must not decrease: precharge in cycle 10 (rank 1, bank group 1, "
                          "bank 0) was issued before it, 1 missing"));
    EXPECT_THAT(complaint({command(activate, -1, bank)}), HasSubstr("cycle must be at least 0"));
    Command elsewhere = command(precharge, 12, bank);
    elsewhere.channel = 1;
    EXPECT_EQ(complaint({elsewhere}), "");
    EXPECT_THAT(complaint({first, elsewhere}), HasSubstr("channel must be that of the others, 0"));
    elsewhere.channel = -1;
    EXPECT_THAT(complaint({elsewhere}), HasSubstr("channel must be at least 0"));
}

TEST(CheckerForm, EveryFieldIsInItsRangeOrZeroWhereTheCommandNamesNone) {
    struct Field {
        const char* name;
        std::int32_t Location::*member;
        std::int32_t values;
        std::vector<CommandKind> named_by;
    };
    const std::vector<CommandKind> all{activate,       precharge, precharge_all,   read,
                                       read_precharge, write,     write_precharge, refresh_all,
                                       refresh_bank};
    const std::vector<CommandKind> of_bank{activate, precharge,       read,        read_precharge,
                                           write,    write_precharge, refresh_bank};
    const std::vector<CommandKind> columns{read, read_precharge, write, write_precharge};
    const std::vector<Field> fields{
        {"rank", &Location::rank, 2, all},
        {"bank_group", &Location::bank_group, 2, of_bank},
        {"bank", &Location::bank, 2, of_bank},
        {"row", &Location::row, 8, {activate, read, read_precharge, write, write_precharge}},
        {"column", &Location::column, 16, columns}};
    for (const Field& field : fields) {
        for (const CommandKind kind : all) {
            const bool named = std::ranges::find(field.named_by, kind) != field.named_by.end();
            const auto with = [&](std::int32_t value) {
                Location at;
                at.*field.member = value;
                std::vector<Command> commands;
                // Values out of range are for the last command alone.
                Location opened = value < 0 || value >= field.values ? Location{} : at;
                opened.column = 0;
                if (is_column(kind)) commands.push_back(command(activate, 0, opened));
                commands.push_back(command(kind, 20, at));
                return complaint(commands);
            };
            SCOPED_TRACE(::testing::Message()
                         << field.name << " of kind " << static_cast<int>(kind));
            EXPECT_EQ(with(0), "");
            const std::string rule = named ? ": must be in 0.." + std::to_string(field.values - 1)
                                           : ": must be 0, the command names none";
            const auto wrong = [&](std::int32_t value) {
                return HasSubstr("): " + std::string(field.name) + " = " + std::to_string(value) +
                                 rule);
            };
            EXPECT_THAT(with(-1), wrong(-1));
            EXPECT_THAT(with(field.values), wrong(field.values));
            if (named)
                EXPECT_EQ(with(field.values - 1), "");
            else
                EXPECT_THAT(with(1), wrong(1));
        }
    }
}

TEST(CheckerForm, AColumnCommandsRequestHasEnteredBeforeItAndNothingElseHasOne) {
    Command column = command(read, 20, bank);
    const Command open = command(activate, 0, bank);
    column.entered = 20;
    EXPECT_EQ(complaint({open, column}), "");
    column.entered = 21;
    EXPECT_THAT(complaint({open, column}), HasSubstr("entered = 21: must be in 0..20"));
    column.entered = -1;
    EXPECT_THAT(complaint({open, column}), HasSubstr("entered = -1"));
    Command row = open;
    row.entered = 1;
    row.cycle = 2;
    EXPECT_THAT(complaint({row}), HasSubstr("entered = 1: must be 0, the command names none"));
}

TEST(CheckerForm, OnlyCommandsOfTheStandardAreCommands) {
    Standard without = bare();
    without.has_refresh_bank = false;
    EXPECT_THAT(complaint({command(refresh_bank, 0, bank)}, without),
                HasSubstr("the standard has no such command"));
    EXPECT_THAT(complaint({command(static_cast<CommandKind>(command_kind_count), 0)}),
                HasSubstr("is not a command"));
}

}  // namespace
}  // namespace quatrain::dram::testing
