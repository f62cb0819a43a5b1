// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/controller.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace quatrain::dram {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

}  // namespace

/// A stream is worth looking for.
bool Controller::mostly_hits() const {
    const RequestQueue& queue = side(direction_).queue;
    return 2 * queue.hits() > queue.size();
}

/// When the active queue could issue a row command in a bank that an entry is for; `never` while
/// one hits.
std::int64_t Controller::row_command(std::int32_t bank) const {
    return side(direction_).queue.bank(bank).hits > 0 ? never : candidate(bank).cycle;
}

/// When the active queue could issue a row command in any bank.
std::int64_t Controller::next_row_command() const {
    const RequestQueue& queue = side(direction_).queue;
    std::int64_t next = never;
    if (queue.hits() == queue.size()) return next;
    queue.for_each_bank([&](std::int32_t bank) { next = std::min(next, row_command(bank)); });
    return next;
}

/// As long as the oldest hit can go no later than any other could, and before any row command, it
/// goes: nothing else needs to be looked at until a request enters that changes this. True when
/// time went on.
bool Controller::stream(std::int64_t until) {
    if (refresh_.any_pending() || wants_turn()) return false;
    const Side& from = side(direction_);
    const std::int64_t start = now_;
    const std::int64_t last = std::min(until, refresh_.next_due() - 1);
    const CommandKind kind = direction_ == Direction::read ? CommandKind::read : CommandKind::write;
    std::optional<std::int64_t> known_row;  // when the next row command could issue
    while (from.queue.hits() > 0) {
        const std::int32_t index = from.queue.oldest_hit();
        const Place place = from.queue.at(index).place;
        if (only_oldest(from) && index != from.queue.oldest()) break;
        if (params_.page_policy == PagePolicy::closed && from.queue.bank(place.bank).hits == 1)
            break;
        const std::int64_t cycle = std::max(now_, earliest(kind, place));
        if (cycle > now_ && cycle > last_column_ + closest_columns_) break;
        if (!known_row) known_row = next_row_command();
        std::int64_t& next_row = *known_row;
        if (cycle > last) {
            // The next thing that happens is this command, or something that is later than `until`
            // too.
            const std::int64_t next = std::min({next_row, refresh_.next_due(), next_entry()});
            if (next <= until) break;
            quiet_until_ = std::min(cycle, next);
            now_ = until + 1;
            return true;
        }
        for (std::int64_t entry = next_entry(); entry <= cycle && entry < next_row;
             entry = next_entry()) {
            enter(entry);
            if (entered_bank_ >= 0) next_row = std::min(next_row, row_command(entered_bank_));
            if (wants_turn() || next_row <= entry) {
                act(entry);
                return true;
            }
            now_ = entry + 1;
        }
        if (next_row <= cycle) break;
        issue_column(index, kind, cycle);
        now_ = cycle;
        if (from.queue.bank(place.bank).oldest >= 0)
            next_row = std::min(next_row, row_command(place.bank));
        const bool more = next_row > cycle && !only_oldest(from);
        if (!more) issue_planned(cycle);  // a row command may follow on a bus of its own
        now_ = cycle + 1;
        if (!more || wants_turn()) return true;
    }
    return now_ > start;
}

}  // namespace quatrain::dram
