// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked_request_queue.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <algorithm>
#include <utility>

namespace quatrain::dram {

ClockedRequestQueue::ClockedRequestQueue(std::string name, std::int64_t depth)
    : name_(std::move(name)), depth_(depth) {}

void ClockedRequestQueue::push(const ClockedRequest& request, std::int64_t cycle) {
    in_range(name_, size() + 1, 0, depth_);
    entries_.push_back({request, cycle});
}

void ClockedRequestQueue::remove(std::size_t index) {
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(index));
    passed_ = index == 0 ? 0 : passed_ + 1;
}

bool ClockedRequestQueue::has_burst(const Location& location) const {
    return std::ranges::any_of(
        entries_, [&](const Entry& entry) { return entry.request.location == location; });
}

std::int64_t ClockedRequestQueue::wanting_row(const Location& location, std::int32_t row) const {
    return std::ranges::count_if(entries_, [&](const Entry& entry) {
        const Location& one = entry.request.location;
        return one.rank == location.rank && one.bank_group == location.bank_group &&
               one.bank == location.bank && one.row == row;
    });
}

}  // namespace quatrain::dram
