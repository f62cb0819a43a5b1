// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/constraint_timer.hpp"

#include <bit>
#include <cstdint>
#include <vector>

namespace quatrain::dram {

/// One DRAM burst that somebody wants moved.
struct Request {
    std::uint64_t id = 0;
    std::int64_t arrival = 0;  ///< [DRAM cycles]
    Location location;
};

/// A request in a controller's queue. Neighbours are indices, -1 where there is none.
struct QueuedRequest {
    Request request;
    Place place;
    std::int64_t entered = 0;  ///< [DRAM cycles]
    std::uint64_t number = 0;  ///< of the entry: a smaller one is older
    std::int32_t older = -1, younger = -1;
    std::int32_t older_in_bank = -1, younger_in_bank = -1;
};

/// The read or the write queue of one controller: requests by age, and by bank, each bank with the
/// row that is open in it.
class RequestQueue {
public:
    /// The entries for one bank.
    struct Bank {
        std::int32_t oldest = -1, youngest = -1;
        std::int32_t oldest_hit = -1;  ///< that wants the open row
        std::int32_t hits = 0;         ///< entries that want the open row
        std::int32_t open_row = -1;    ///< -1: closed
    };

    /// `searched`: holds() will be asked.
    RequestQueue(std::int64_t capacity, std::size_t banks, bool searched);

    bool empty() const { return size_ == 0; }
    bool full() const { return free_ < 0; }
    std::int64_t size() const { return size_; }
    /// Entries that want an open row.
    std::int64_t hits() const { return hits_; }
    /// An entry is for this very burst.
    bool holds(const Location& location) const;

    /// Index of the oldest entry, -1 when empty.
    std::int32_t oldest() const { return oldest_; }
    const QueuedRequest& at(std::int32_t index) const {
        return entries_[static_cast<std::size_t>(index)];
    }
    /// Index of the oldest entry that wants an open row. There must be one.
    std::int32_t oldest_hit() const {
        std::int32_t index = oldest_;
        while (at(index).request.location.row != bank(at(index).place.bank).open_row)
            index = at(index).younger;
        return index;
    }
    const Bank& bank(std::int32_t bank) const { return banks_[static_cast<std::size_t>(bank)]; }
    /// Calls visit(bank) for every bank that an entry is for.
    template <class Visit>
    void for_each_bank(Visit&& visit) const {
        for (std::size_t word = 0; word < wanted_.size(); ++word)
            for (std::uint64_t left = wanted_[word]; left != 0; left &= left - 1)
                visit(static_cast<std::int32_t>(64 * word) + std::countr_zero(left));
    }

    /// Adds the youngest. Must not be full.
    void enter(const Request& request, const Place& place, std::int64_t cycle);
    /// Removes an entry that wants the open row.
    void leave(std::int32_t index);
    /// Bank `bank` opened `row`, or closed (-1).
    void set_row(std::int32_t bank, std::int32_t row);

private:
    static std::size_t filter_slot(const Location& location);
    QueuedRequest& entry(std::int32_t index) { return entries_[static_cast<std::size_t>(index)]; }
    std::int32_t next_hit(std::int32_t index, std::int32_t row) const;

    std::vector<QueuedRequest> entries_;
    std::int32_t oldest_ = -1, youngest_ = -1, free_ = 0;
    std::int64_t size_ = 0, hits_ = 0;
    std::uint64_t entered_ = 0;  ///< so far
    std::vector<Bank> banks_;
    std::vector<std::uint64_t> wanted_;  ///< a bit for every bank that an entry is for
    bool searched_;
    std::vector<std::int32_t> filter_;  ///< entries by a hash of their place: 0 means there is none
};

}  // namespace quatrain::dram
