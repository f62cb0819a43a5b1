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
            for_each_bit(word, wanted_[word], visit);
    }
    /// Likewise, where one wants the open row, or none does.
    template <class Visit>
    void for_each_hit_bank(Visit&& visit) const {
        for (std::size_t word = 0; word < wanted_.size(); ++word)
            for_each_bit(word, hit_banks_[word], visit);
    }
    template <class Visit>
    void for_each_other_bank(Visit&& visit) const {
        for (std::size_t word = 0; word < wanted_.size(); ++word)
            for_each_bit(word, wanted_[word] & ~hit_banks_[word], visit);
    }

    /// Adds the youngest. Must not be full.
    void enter(const Request& request, const Place& place, std::int64_t cycle);
    /// Removes an entry that wants the open row.
    void leave(std::int32_t index);
    /// Bank `bank` opened `row`, or closed (-1).
    void set_row(std::int32_t bank, std::int32_t row);

private:
    template <class Visit>
    static void for_each_bit(std::size_t word, std::uint64_t bits, Visit&& visit) {
        for (; bits != 0; bits &= bits - 1)
            visit(static_cast<std::int32_t>(64 * word) + std::countr_zero(bits));
    }

    static constexpr std::size_t filter_size = 1024;
    static std::size_t filter_slot(const Location& location);
    static std::size_t word_of(std::int32_t bank) { return static_cast<std::size_t>(bank / 64); }
    static std::uint64_t bit_of(std::int32_t bank) { return std::uint64_t{1} << (bank % 64); }
    QueuedRequest& entry(std::int32_t index) { return entries_[static_cast<std::size_t>(index)]; }
    std::int32_t next_hit(std::int32_t index, std::int32_t row) const;

    std::vector<QueuedRequest> entries_;
    std::int32_t oldest_ = -1, youngest_ = -1, free_ = 0;
    std::int64_t size_ = 0, hits_ = 0;
    std::uint64_t entered_ = 0;  ///< so far
    std::vector<Bank> banks_;
    std::vector<std::uint64_t> wanted_;     ///< a bit for every bank that an entry is for
    std::vector<std::uint64_t> hit_banks_;  ///< and one where an entry wants the open row
    bool searched_;
    std::vector<std::int32_t> filter_;  ///< entries by a hash of their place: 0 means there is none
};

inline std::size_t RequestQueue::filter_slot(const Location& location) {
    const auto mixed = static_cast<std::uint32_t>(location.column) * 31U +
                       static_cast<std::uint32_t>(location.row) * 7U +
                       static_cast<std::uint32_t>(location.bank) * 3U +
                       static_cast<std::uint32_t>(location.bank_group);
    return mixed % filter_size;
}

inline bool RequestQueue::holds(const Location& location) const {
    if (filter_[filter_slot(location)] == 0) return false;
    for (std::int32_t i = oldest_; i >= 0; i = at(i).younger)
        if (at(i).request.location == location) return true;
    return false;
}

/// The oldest entry from `index` on, in its bank, that wants `row`.
inline std::int32_t RequestQueue::next_hit(std::int32_t index, std::int32_t row) const {
    while (index >= 0 && at(index).request.location.row != row) index = at(index).younger_in_bank;
    return index;
}

inline void RequestQueue::enter(const Request& request, const Place& place, std::int64_t cycle) {
    const std::int32_t index = free_;
    Bank& bank = banks_[static_cast<std::size_t>(place.bank)];
    free_ = entry(index).younger;
    entry(index) = {request, place, cycle, entered_++, youngest_, -1, bank.youngest, -1};
    (youngest_ < 0 ? oldest_ : entry(youngest_).younger) = index;
    youngest_ = index;
    (bank.youngest < 0 ? bank.oldest : entry(bank.youngest).younger_in_bank) = index;
    bank.youngest = index;
    wanted_[word_of(place.bank)] |= bit_of(place.bank);
    ++size_;
    if (searched_) ++filter_[filter_slot(request.location)];
    if (request.location.row != bank.open_row) return;
    if (bank.oldest_hit < 0) bank.oldest_hit = index;
    if (bank.hits++ == 0) hit_banks_[word_of(place.bank)] |= bit_of(place.bank);
    ++hits_;
}

inline void RequestQueue::leave(std::int32_t index) {
    QueuedRequest& gone = entry(index);
    Bank& bank = banks_[static_cast<std::size_t>(gone.place.bank)];
    --bank.hits;
    --hits_;
    if (bank.hits == 0) {
        bank.oldest_hit = -1;
        hit_banks_[word_of(gone.place.bank)] &= ~bit_of(gone.place.bank);
    } else if (bank.oldest_hit == index) {
        bank.oldest_hit = next_hit(gone.younger_in_bank, bank.open_row);
    }
    (gone.older < 0 ? oldest_ : entry(gone.older).younger) = gone.younger;
    (gone.younger < 0 ? youngest_ : entry(gone.younger).older) = gone.older;
    (gone.older_in_bank < 0 ? bank.oldest : entry(gone.older_in_bank).younger_in_bank) =
        gone.younger_in_bank;
    (gone.younger_in_bank < 0 ? bank.youngest : entry(gone.younger_in_bank).older_in_bank) =
        gone.older_in_bank;
    if (bank.oldest < 0) wanted_[word_of(gone.place.bank)] &= ~bit_of(gone.place.bank);
    --size_;
    if (searched_) --filter_[filter_slot(gone.request.location)];
    gone.younger = free_;
    free_ = index;
}

}  // namespace quatrain::dram
