// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/request_queue.hpp"

namespace quatrain::dram {

RequestQueue::RequestQueue(std::int64_t capacity, std::size_t banks, bool searched)
    : entries_(static_cast<std::size_t>(capacity)),
      banks_(banks),
      wanted_((banks + 63) / 64),
      hit_banks_(wanted_.size()),
      searched_(searched),
      filter_(searched ? filter_size : 0) {
    for (std::size_t i = 0; i + 1 < entries_.size(); ++i)
        entries_[i].younger = static_cast<std::int32_t>(i + 1);  // the list of free places
}

void RequestQueue::set_row(std::int32_t bank_index, std::int32_t row) {
    Bank& bank = banks_[static_cast<std::size_t>(bank_index)];
    hits_ -= bank.hits;
    bank.hits = 0;
    bank.oldest_hit = -1;
    bank.open_row = row;
    hit_banks_[word_of(bank_index)] &= ~bit_of(bank_index);
    if (row < 0) return;
    for (std::int32_t i = next_hit(bank.oldest, row); i >= 0;
         i = next_hit(at(i).younger_in_bank, row)) {
        if (bank.hits++ == 0) bank.oldest_hit = i;
    }
    if (bank.hits > 0) hit_banks_[word_of(bank_index)] |= bit_of(bank_index);
    hits_ += bank.hits;
}

}  // namespace quatrain::dram
