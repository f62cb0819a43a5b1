// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/standard.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace quatrain::dram {

/// A bank by its number in the channel, with the numbers of what it is part of.
struct Place {
    std::int32_t rank = 0;
    std::int32_t group = 0;  ///< bank group, counted through all ranks
    std::int32_t bank = 0;   ///< counted through all ranks
};

/// From when on a command may issue in one channel, as far as the standard's constraints go. What
/// is remembered of the past is, for every bank, bank group, rank and the channel, the first cycle
/// of each kind of command: a constraint looks forward when its first command issues, so that
/// asking costs four loads.
class ConstraintTimer {
public:
    ConstraintTimer(const Standard& standard, std::int64_t ranks);

    Place place(const Location& location) const {
        const std::int32_t group = location.rank * groups_ + location.bank_group;
        return {location.rank, group, group * banks_per_group_ + location.bank};
    }
    /// The first cycle in which `kind` may issue; of a rank-wide kind only `place.rank` counts.
    std::int64_t earliest(CommandKind kind, const Place& place) const {
        const std::int64_t* next = first_of(class_of_[static_cast<std::size_t>(kind)]);
        const std::int64_t wide = std::max(next[channel_slot_], next[rank_slot_ + place.rank]);
        if (is_rank_wide(kind)) return wide;
        return std::max(wide, std::max(next[group_slot_ + place.group], next[place.bank]));
    }
    /// earliest() of one kind for many places: what all of them share is looked up once. Not for
    /// rank-wide kinds, and good until the next command issues.
    class Kind {
    public:
        /// No answer is below `at_least`.
        Kind(const ConstraintTimer& timer, CommandKind kind, std::int64_t at_least)
            : banks_(timer.first_of(timer.class_of_[static_cast<std::size_t>(kind)])),
              groups_(banks_ + timer.group_slot_),
              ranks_(banks_ + timer.rank_slot_),
              least_(std::max(at_least, banks_[timer.channel_slot_])) {}
        std::int64_t earliest(const Place& place) const {
            return std::max(std::max(least_, ranks_[place.rank]),
                            std::max(groups_[place.group], banks_[place.bank]));
        }

    private:
        const std::int64_t *banks_, *groups_, *ranks_;
        std::int64_t least_;
    };

    /// `kind` issues in `cycle`, which never decreases.
    void issued(CommandKind kind, const Place& place, std::int64_t cycle) {
        const auto index = static_cast<std::size_t>(kind);
        const Moves& moves =
            moves_[index * static_cast<std::size_t>(ranks_) + static_cast<std::size_t>(place.rank)];
        const Update* one = list_.data() + moves.first;
        for (const Update* end = one + moves.of_bank; one != end; ++one)
            move(*one, place.bank, cycle);
        for (const Update* end = one + moves.of_group; one != end; ++one)
            move(*one, place.group, cycle);
        for (const Update* end = one + moves.fixed; one != end; ++one) move(*one, 0, cycle);
        if (!updates_[index].windows.empty()) count(updates_[index].windows, place, cycle);
    }

private:
    /// A bound in next_ that moves when a command issues.
    struct Update {
        std::int32_t slot = 0;
        std::int64_t cycles = 0;
    };
    /// A constraint that counts, and the last `count` commands for every slot from `first` on.
    struct Window {
        Scope scope{};
        std::int32_t first = 0;
        std::int64_t cycles = 0;
        std::int64_t count = 0;
        std::vector<std::int64_t> issues;  ///< ring per slot
        std::vector<std::int64_t> issued;  ///< commands so far, per slot
    };
    /// What a command of one kind moves. Slots are those of bank 0 and group 0, to which the
    /// command's are added; for `fixed`, of the command's rank, they are the very ones.
    struct Updates {
        std::vector<Update> of_bank, of_group;
        std::vector<std::vector<Update>>
            fixed;  ///< by rank: the rank's, other ranks', the channel's
        std::vector<Window> windows;
    };

    const std::int64_t* first_of(std::int32_t command_class) const {
        return next_.data() + static_cast<std::int64_t>(command_class) * slots_;
    }
    void move(const Update& one, std::int32_t offset, std::int64_t cycle) {
        std::int64_t& next =
            next_[static_cast<std::size_t>(one.slot) + static_cast<std::size_t>(offset)];
        next = std::max(next, cycle + one.cycles);
    }
    void count(std::vector<Window>& windows, const Place& place, std::int64_t cycle);
    void count(Window& window, std::int32_t offset, std::int64_t cycle);
    std::int32_t first_slot(Scope scope) const;
    void find_classes(const Standard& standard);
    void add_update(const Constraint& constraint);
    void list_moves();

    std::int32_t ranks_;
    std::int32_t groups_;  ///< of a rank
    std::int32_t banks_per_group_;
    std::int32_t group_slot_, rank_slot_, channel_slot_, slots_;
    /// Kinds that stand behind the same constraints share their first cycles.
    std::array<std::int32_t, command_kind_count> class_of_{};
    std::array<Updates, command_kind_count> updates_;  ///< by the kind that issues
    /// The same without the windows in one list, and what of it a kind moves from a rank.
    struct Moves {
        std::size_t first = 0;
        std::size_t of_bank = 0, of_group = 0, fixed = 0;  ///< how many, one after the other
    };
    std::vector<Update> list_;
    std::vector<Moves> moves_;        ///< by kind, then rank
    std::vector<std::int64_t> next_;  ///< by class, then slot: bank, group, rank, channel
};

}  // namespace quatrain::dram
