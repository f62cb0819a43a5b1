// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/request_queue.hpp"

namespace quatrain::dram {
namespace {

constexpr std::size_t filter_size = 256;

std::uint64_t bit_of(std::int32_t bank) {
    return std::uint64_t{1} << (bank % 64);
}

}  // namespace

RequestQueue::RequestQueue(std::int64_t capacity, std::size_t banks, bool searched)
    : entries_(static_cast<std::size_t>(capacity)),
      banks_(banks),
      wanted_((banks + 63) / 64),
      searched_(searched),
      filter_(searched ? filter_size : 0) {
    for (std::size_t i = 0; i + 1 < entries_.size(); ++i)
        entries_[i].younger = static_cast<std::int32_t>(i + 1);  // the list of free places
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
    for (std::int32_t i = oldest_; i >= 0; i = at(i).younger)
        if (at(i).request.location == location) return true;
    return false;
}

void RequestQueue::enter(const Request& request, const Place& place, std::int64_t cycle) {
    const std::int32_t index = free_;
    Bank& bank = banks_[static_cast<std::size_t>(place.bank)];
    free_ = entry(index).younger;
    entry(index) = {request, place, cycle, entered_++, youngest_, -1, bank.youngest, -1};
    (youngest_ < 0 ? oldest_ : entry(youngest_).younger) = index;
    youngest_ = index;
    (bank.youngest < 0 ? bank.oldest : entry(bank.youngest).younger_in_bank) = index;
    bank.youngest = index;
    wanted_[static_cast<std::size_t>(place.bank / 64)] |= bit_of(place.bank);
    ++size_;
    if (searched_) ++filter_[filter_slot(request.location)];
    if (request.location.row != bank.open_row) return;
    if (bank.oldest_hit < 0) bank.oldest_hit = index;
    ++bank.hits;
    ++hits_;
}

void RequestQueue::leave(std::int32_t index) {
    QueuedRequest& gone = entry(index);
    Bank& bank = banks_[static_cast<std::size_t>(gone.place.bank)];
    --bank.hits;
    --hits_;
    if (bank.oldest_hit == index)
        bank.oldest_hit = bank.hits == 0 ? -1 : next_hit(gone.younger_in_bank, bank.open_row);
    (gone.older < 0 ? oldest_ : entry(gone.older).younger) = gone.younger;
    (gone.younger < 0 ? youngest_ : entry(gone.younger).older) = gone.older;
    (gone.older_in_bank < 0 ? bank.oldest : entry(gone.older_in_bank).younger_in_bank) =
        gone.younger_in_bank;
    (gone.younger_in_bank < 0 ? bank.youngest : entry(gone.younger_in_bank).older_in_bank) =
        gone.older_in_bank;
    if (bank.oldest < 0)
        wanted_[static_cast<std::size_t>(gone.place.bank / 64)] &= ~bit_of(gone.place.bank);
    --size_;
    if (searched_) --filter_[filter_slot(gone.request.location)];
    gone.younger = free_;
    free_ = index;
}

/// The oldest entry from `index` on, in its bank, that wants `row`.
std::int32_t RequestQueue::next_hit(std::int32_t index, std::int32_t row) const {
    while (index >= 0 && at(index).request.location.row != row) index = at(index).younger_in_bank;
    return index;
}

void RequestQueue::set_row(std::int32_t bank_index, std::int32_t row) {
    Bank& bank = banks_[static_cast<std::size_t>(bank_index)];
    hits_ -= bank.hits;
    bank.hits = 0;
    bank.oldest_hit = -1;
    bank.open_row = row;
    if (row < 0) return;
    for (std::int32_t i = next_hit(bank.oldest, row); i >= 0;
         i = next_hit(at(i).younger_in_bank, row)) {
        if (bank.hits++ == 0) bank.oldest_hit = i;
    }
    hits_ += bank.hits;
}

}  // namespace quatrain::dram
