// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/command.hpp"

#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::dram {

/// What two commands must have in common for a constraint to hold between them. A rank-wide command
/// stands in every bank of its rank.
enum class Scope : std::uint8_t {
    bank,        ///< a bank
    bank_group,  ///< a bank group
    rank,        ///< the rank
    other_rank,  ///< the channel, but not the rank
    channel      ///< the channel
};
BOOST_DESCRIBE_ENUM(Scope, bank, bank_group, rank, other_rank, channel)

/// `after` issues at least `cycles` after the `count`-th last `before` that the scope relates it
/// to.
struct Constraint {
    CommandKind before{};
    CommandKind after{};
    Scope scope{};
    std::int64_t cycles = 0;
    std::int64_t count = 1;  ///< 4 for the four-activate window
    std::string rule;        ///< for people: "tRCD", "CL + BL + 2 - CWL"
};

/// Which command bus a kind of command uses, and for how long from its issue on.
struct CommandSlot {
    std::int64_t bus = 0;     ///< 0; HBM has row commands on 0 and column commands on 1
    std::int64_t cycles = 1;  ///< at least 1
};
inline constexpr std::size_t command_bus_count = 2;

/// One channel: a data bus with ranks of devices on it. Counts are powers of two.
struct Organisation {
    std::int64_t bus_bits = 0;      ///< data bus of a channel [bits]
    std::int64_t bank_groups = 1;   ///< of a rank; 1 where the standard has none
    std::int64_t banks = 1;         ///< of a bank group
    std::int64_t rows = 1;          ///< of a bank
    std::int64_t row_bytes = 0;     ///< of a bank over all devices of the rank [bytes]
    std::int64_t burst_beats = 0;   ///< transfers of the data bus in a burst
    std::int64_t burst_cycles = 0;  ///< of the data bus that a burst takes [DRAM cycles]

    std::int64_t burst_bytes() const { return bus_bits * burst_beats / 8; }
    std::int64_t columns() const { return row_bytes / burst_bytes(); }  ///< [bursts of a row]
    std::int64_t rank_banks() const { return bank_groups * banks; }
    std::int64_t rank_bytes() const { return rank_banks() * rows * row_bytes; }
};

/// Energy of one rank, all of its devices together [pJ].
struct Energies {
    double activate = 0;            ///< one activate with the precharge that follows it
    double read = 0;                ///< one burst
    double write = 0;               ///< one burst
    double refresh_all = 0;         ///< one command
    double refresh_bank = 0;        ///< one command
    double active_standby = 0;      ///< one DRAM cycle with a row open in some bank, accesses aside
    double precharged_standby = 0;  ///< one DRAM cycle with all banks closed
    /// Why the figures are those of another memory; empty when they are this one's.
    std::string stand_in{};
    /// Times all of these: the band in which the truth is believed to lie.
    double low_factor = 1, high_factor = 1;
};

/// A DRAM standard at one speed, as its data file gives it (sim/config/presets/memories).
struct Standard {
    std::string name;
    std::string description;
    std::int64_t clock_period_ps = 0;  ///< of the command clock [ps]
    Organisation organisation;
    std::string mapping;  ///< order of the address bits unless the machine says otherwise

    std::int64_t read_latency = 0;   ///< from a read to the first data on the bus [DRAM cycles]
    std::int64_t write_latency = 0;  ///< from a write to the first data on the bus [DRAM cycles]
    /// Mean time between two refresh_all to a rank [DRAM cycles].
    std::int64_t refresh_interval = 0;
    bool has_refresh_bank = false;  ///< per-bank refresh is a command of the standard

    std::array<CommandSlot, command_kind_count> slots{};
    std::vector<Constraint> constraints;
    Energies energies;

    const CommandSlot& slot(CommandKind kind) const {
        return slots[static_cast<std::size_t>(kind)];
    }
};

/// Throws ParamError unless the standard is one that a controller can follow: counts positive and
/// powers of two, latencies and slots positive, a burst that divides a row, constraints that make
/// sense (cycles and count at least 1, no refresh_bank where the standard has none), energies that
/// are not negative. Fields are named as in the data file: "organisation.rows".
void validate(const Standard& standard);

/// Throws ParamError unless the constraints and command buses alone keep the bursts of any two
/// column commands apart on the data bus, in the order of the commands.
void require_separate_bursts(const Standard& standard);

}  // namespace quatrain::dram
