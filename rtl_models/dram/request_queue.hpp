// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/constraint_timer.hpp"

#include <cstdint>
#include <vector>

namespace quatrain::dram {

/// One DRAM burst that somebody wants moved.
struct Request {
    std::uint64_t id = 0;
    std::int64_t arrival = 0;  ///< [DRAM cycles]
    Location location;
};

/// A request in a controller's queue.
struct QueuedRequest {
    Request request;
    Place place;
    std::int64_t entered = 0;  ///< [DRAM cycles]
    std::int32_t next = -1;    ///< the next younger one, -1 for the youngest
    std::int32_t previous = -1;
};

/// The read or the write queue of one controller: requests by age, and of every bank how many want
/// it and how many of these want the row that is open.
class RequestQueue {
public:
    RequestQueue(std::int64_t capacity, std::int32_t banks);

    bool empty() const { return size_ == 0; }
    bool full() const { return free_ < 0; }
    std::int64_t size() const { return size_; }
    /// Entries that want an open row.
    std::int64_t hits() const { return hits_; }
    /// Entries that want the open row of a bank.
    std::int32_t hits(std::int32_t bank) const { return hits_of_[static_cast<std::size_t>(bank)]; }
    bool holds(const Location& location) const;

    /// Index of the oldest entry, -1 when empty.
    std::int32_t oldest() const { return oldest_; }
    const QueuedRequest& at(std::int32_t index) const {
        return entries_[static_cast<std::size_t>(index)];
    }
    /// Adds the youngest. Must not be full.
    void enter(const Request& request, const Place& place, bool hit, std::int64_t cycle);
    /// Removes an entry that wanted the open row.
    void leave(std::int32_t index);
    /// Bank `bank` opened `row`, or closed (-1).
    void row_changed(std::int32_t bank, std::int32_t row);

private:
    static std::size_t filter_slot(const Location& location);

    std::vector<QueuedRequest> entries_;
    std::int32_t oldest_ = -1, youngest_ = -1, free_ = 0;
    std::int64_t size_ = 0, hits_ = 0;
    std::vector<std::int32_t> hits_of_, wanted_;  ///< by bank
    std::vector<std::int32_t> filter_;  ///< entries by a hash of their place: 0 means there is none
};

}  // namespace quatrain::dram
