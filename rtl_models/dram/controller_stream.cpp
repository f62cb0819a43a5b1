// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/controller.hpp"

#include <algorithm>

namespace quatrain::dram {

/// A stream is worth looking for.
bool Controller::mostly_hits() const {
    const RequestQueue& queue = side(direction_).queue;
    return 2 * queue.hits() > queue.size();
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
    while (from.queue.hits() > 0) {
        const std::int32_t index = from.queue.oldest_hit();
        const Place place = from.queue.at(index).place;
        if (only_oldest(from) && index != from.queue.oldest()) break;
        if (params_.page_policy == PagePolicy::closed && from.queue.bank(place.bank).hits == 1)
            break;
        const std::int64_t cycle = std::max(now_, earliest(kind, place));
        if (cycle > now_ && cycle > last_column_ + closest_columns_) break;
        if (cycle >= row_bound_) row_bound_ = next_row_command().cycle;
        if (cycle > last) {
            // The next thing that happens is this command, or something that is later than `until`
            // too.
            const std::int64_t next = std::min({row_bound_, refresh_.next_due(), next_entry()});
            if (next <= until) break;
            quiet_until_ = std::min(cycle, next);
            now_ = until + 1;
            return true;
        }
        for (std::int64_t entry = next_entry(); entry <= cycle && entry < row_bound_;
             entry = next_entry()) {
            enter(entry);
            if (wants_turn() || row_bound_ <= entry) {
                act(entry);
                return true;
            }
            now_ = entry + 1;
        }
        if (row_bound_ <= cycle) break;
        now_ = cycle;
        issue_column(index, kind, cycle);
        const bool more = row_bound_ > cycle && !only_oldest(from);
        if (!more) issue_planned(cycle);  // a row command may follow on a bus of its own
        now_ = cycle + 1;
        if (!more || wants_turn()) return true;
    }
    return now_ > start;
}

}  // namespace quatrain::dram
