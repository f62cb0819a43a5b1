// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/clocked_step.hpp"

#include <algorithm>

namespace quatrain::operand_streamer {
namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a >= 0 ? a / b : -ceil_div(-a, b);
}

std::uint32_t nibble(const std::vector<std::byte>& word, std::size_t element) {
    const unsigned shift = element % 2 == 0 ? 0U : 4U;
    return std::to_integer<std::uint32_t>(word[element / 2]) >> shift & 15U;
}

std::uint32_t bytes(const std::vector<std::byte>& word, std::size_t element, int count) {
    std::uint32_t code = 0;
    for (int i = count - 1; i >= 0; --i)
        code = code << 8U |
               std::to_integer<std::uint32_t>(
                   word[element * static_cast<std::size_t>(count) + static_cast<std::size_t>(i)]);
    return code;
}

}  // namespace

StepRegisters::StepRegisters(const Params& params, std::size_t codes)
    : params_(params), banks_(static_cast<std::size_t>(params.banks)), codes_(codes) {}

void StepRegisters::open(int element_bits) {
    element_bits_ = element_bits;
    places_.clear();
    for (Bank& bank : banks_) {
        bank.words.clear();
        bank.next = 0;
    }
    std::ranges::fill(codes_, std::uint32_t{0});
    words_left_ = 0;
    lost_ports_ = 0;
}

void StepRegisters::place(std::size_t code, std::int64_t element) {
    const std::int64_t per_word = params_.word_bytes * 8 / element_bits_;
    const std::int64_t word = floor_div(element, per_word);
    places_.push_back({word, element - word * per_word, code});
}

void StepRegisters::close() {
    if (!std::is_sorted(places_.begin(), places_.end())) std::sort(places_.begin(), places_.end());
    for (std::size_t i = 0; i < places_.size();) {
        const std::int64_t word = places_[i].word;
        const std::size_t first = i;
        while (i < places_.size() && places_[i].word == word) ++i;
        const std::int64_t bank = word - floor_div(word, params_.banks) * params_.banks;
        banks_[static_cast<std::size_t>(bank)].words.push_back({word, first, i});
        ++words_left_;
    }
}

void StepRegisters::request(bool reads, WordRequests& requests) const {
    requests.banks.resize(banks_.size());
    for (std::size_t i = 0; i < banks_.size(); ++i) {
        const Bank& bank = banks_[i];
        WordRequest& one = requests.banks[i];
        if (reads && bank.waits())
            one = {.valid = true,
                   .word = bank.words[bank.next].word,
                   .pending = static_cast<std::int64_t>(bank.words.size() - bank.next)};
        else
            one = {};
    }
}

bool StepRegisters::completed_by(const WordGrants& grants) const {
    std::int64_t granted = 0;
    for (std::size_t i = 0; i < banks_.size(); ++i)
        if (grants.banks[i].granted && banks_[i].waits()) ++granted;
    return granted == words_left_;
}

void StepRegisters::codes_with(const WordGrants& grants, std::vector<std::uint32_t>& codes) const {
    codes = codes_;
    for (std::size_t i = 0; i < banks_.size(); ++i) {
        const Bank& bank = banks_[i];
        if (grants.banks[i].granted && bank.waits())
            take(bank.words[bank.next], grants.banks[i], codes);
    }
}

StepRegisters::Accepted StepRegisters::accept(const WordGrants& grants) {
    Accepted accepted{0, 0};
    if (complete()) return accepted;
    for (std::size_t i = 0; i < banks_.size(); ++i) {
        Bank& bank = banks_[i];
        if (!grants.banks[i].granted || !bank.waits()) continue;
        take(bank.words[bank.next++], grants.banks[i], codes_);
        ++accepted.words;
    }
    words_left_ -= accepted.words;
    lost_ports_ += params_.read_ports - accepted.words;
    if (lost_ports_ >= params_.read_ports) {
        lost_ports_ -= params_.read_ports;
        accepted.conflict_cycles = 1;
    }
    return accepted;
}

void StepRegisters::take(const Word& word, const WordGrant& grant,
                         std::vector<std::uint32_t>& codes) const {
    for (std::size_t i = word.first_place; i < word.last_place; ++i) {
        const auto element = static_cast<std::size_t>(places_[i].element);
        codes[places_[i].code] = element_bits_ == 4 ? nibble(grant.data, element)
                                                    : bytes(grant.data, element, element_bits_ / 8);
    }
}

}  // namespace quatrain::operand_streamer
