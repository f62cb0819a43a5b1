// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/request_queue.hpp"

namespace quatrain::dram {
namespace {

constexpr std::size_t filter_size = 256;

}  // namespace

RequestQueue::RequestQueue(std::int64_t capacity, std::int32_t banks)
    : entries_(static_cast<std::size_t>(capacity)),
      hits_of_(static_cast<std::size_t>(banks)),
      wanted_(static_cast<std::size_t>(banks)),
      filter_(filter_size) {
    for (std::size_t i = 0; i + 1 < entries_.size(); ++i)
        entries_[i].next = static_cast<std::int32_t>(i + 1);
}

std::size_t RequestQueue::filter_slot(const Location& location) {
    const auto mixed = static_cast<std::uint32_t>(location.column) * 31U +
                       static_cast<std::uint32_t>(location.row) * 7U +
                       static_cast<std::uint32_t>(location.bank) * 3U +
                       static_cast<std::uint32_t>(location.bank_group);
    return mixed % filter_size;
}

bool RequestQueue::holds(const Location& location) const {
    if (filter_[filter_slot(location)] == 0) return false;
    for (std::int32_t i = oldest_; i >= 0; i = at(i).next)
        if (at(i).request.location == location) return true;
    return false;
}

void RequestQueue::enter(const Request& request, const Place& place, bool hit, std::int64_t cycle) {
    const std::int32_t index = free_;
    QueuedRequest& entry = entries_[static_cast<std::size_t>(index)];
    free_ = entry.next;
    entry = {request, place, cycle, -1, youngest_};
    (youngest_ < 0 ? oldest_ : entries_[static_cast<std::size_t>(youngest_)].next) = index;
    youngest_ = index;
    ++size_;
    ++wanted_[static_cast<std::size_t>(place.bank)];
    ++filter_[filter_slot(request.location)];
    if (!hit) return;
    ++hits_;
    ++hits_of_[static_cast<std::size_t>(place.bank)];
}

void RequestQueue::leave(std::int32_t index) {
    QueuedRequest& entry = entries_[static_cast<std::size_t>(index)];
    const auto bank = static_cast<std::size_t>(entry.place.bank);
    (entry.previous < 0 ? oldest_ : entries_[static_cast<std::size_t>(entry.previous)].next) =
        entry.next;
    (entry.next < 0 ? youngest_ : entries_[static_cast<std::size_t>(entry.next)].previous) =
        entry.previous;
    entry.next = free_;
    free_ = index;
    --size_;
    --hits_;
    --hits_of_[bank];
    --wanted_[bank];
    --filter_[filter_slot(entry.request.location)];
}

void RequestQueue::row_changed(std::int32_t bank, std::int32_t row) {
    const auto b = static_cast<std::size_t>(bank);
    hits_ -= hits_of_[b];
    hits_of_[b] = 0;
    if (row < 0 || wanted_[b] == 0) return;
    std::int32_t left = wanted_[b];
    for (std::int32_t i = oldest_; left > 0; i = at(i).next) {
        if (at(i).place.bank != bank) continue;
        --left;
        if (at(i).request.location.row == row) ++hits_of_[b];
    }
    hits_ += hits_of_[b];
}

}  // namespace quatrain::dram
