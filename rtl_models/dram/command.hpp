// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace quatrain::dram {

/// What a controller tells its DRAM. `_precharge` closes the row behind the access
/// (auto-precharge); precharge_all and refresh_all concern every bank of a rank, the others one
/// bank.
enum class CommandKind : std::uint8_t {
    activate,
    precharge,
    precharge_all,
    read,
    read_precharge,
    write,
    write_precharge,
    refresh_all,
    refresh_bank
};
BOOST_DESCRIBE_ENUM(CommandKind, activate, precharge, precharge_all, read, read_precharge, write,
                    write_precharge, refresh_all, refresh_bank)
inline constexpr std::size_t command_kind_count =
    static_cast<std::size_t>(CommandKind::refresh_bank) + 1;

constexpr bool is_read(CommandKind kind) {
    return kind == CommandKind::read || kind == CommandKind::read_precharge;
}
constexpr bool is_write(CommandKind kind) {
    return kind == CommandKind::write || kind == CommandKind::write_precharge;
}
/// Moves data.
constexpr bool is_column(CommandKind kind) {
    return is_read(kind) || is_write(kind);
}
/// Concerns every bank of its rank.
constexpr bool is_rank_wide(CommandKind kind) {
    return kind == CommandKind::precharge_all || kind == CommandKind::refresh_all;
}

/// A place in one channel.
struct Location {
    std::int32_t rank = 0;
    std::int32_t bank_group = 0;  ///< in its rank
    std::int32_t bank = 0;        ///< in its bank group
    std::int32_t row = 0;
    std::int32_t column = 0;  ///< in its row [bursts]
    bool operator==(const Location&) const = default;
};

/// A command on the bus of one channel.
struct Command {
    std::int64_t cycle = 0;  ///< of the DRAM's clock
    CommandKind kind{};
    std::int32_t channel = 0;
    /// What the command names; the rest is 0: a row only for activate, a column only for a column
    /// command (with the row that is open), a bank and its group not for a rank-wide one.
    Location location;
    /// Of a column command: the cycle in which its request entered the controller's queue. 0 for
    /// the others.
    std::int64_t entered = 0;
    bool operator==(const Command&) const = default;
};

/// A command that the standard forbids: one line with the command, its cycle, the rule, and the
/// earlier command that it breaks the rule with.
struct ConstraintError : std::logic_error {
    using std::logic_error::logic_error;
};

/// Sees the commands of one channel in the order of their issue: cycles never decrease.
class CommandObserver {
public:
    virtual ~CommandObserver() = default;
    virtual void issued(const Command& command) = 0;
};

}  // namespace quatrain::dram
