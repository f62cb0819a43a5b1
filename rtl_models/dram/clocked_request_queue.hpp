// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/command.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::dram {

/// One DRAM burst that a controller is asked for.
struct ClockedRequest {
    std::uint64_t id = 0;  ///< for the answer; the controller makes nothing of it
    Location location;
    bool operator==(const ClockedRequest&) const = default;
};

/// The read or the write queue of a controller: requests from the oldest to the youngest, of which
/// any can leave, and the count of the bypass rule (docs/dram.md).
class ClockedRequestQueue {
public:
    struct Entry {
        ClockedRequest request;
        std::int64_t entered = 0;  ///< in this cycle
    };

    ClockedRequestQueue(std::string name, std::int64_t depth);

    /// Throws std::overflow_error, which names the queue and its depth, when it is full.
    void push(const ClockedRequest& request, std::int64_t cycle);
    /// A column command takes the request out: `passed` counts it or starts again.
    void remove(std::size_t index);

    bool empty() const { return entries_.empty(); }
    bool full() const { return size() == depth_; }
    std::int64_t size() const { return static_cast<std::int64_t>(entries_.size()); }
    const Entry& operator[](std::size_t index) const { return entries_[index]; }
    /// Column commands since the oldest request became that.
    std::int64_t passed() const { return passed_; }

    bool has_burst(const Location& location) const;
    /// Requests to `row` of the bank of `location`.
    std::int64_t wanting_row(const Location& location, std::int32_t row) const;

private:
    std::string name_;
    std::int64_t depth_;
    std::vector<Entry> entries_;
    std::int64_t passed_ = 0;
};

}  // namespace quatrain::dram
