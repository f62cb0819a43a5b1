// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/clocked.hpp"

#include "rtl_models/base/params.hpp"
#include "rtl_models/buffer/function.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::buffer {

std::int64_t port_words(std::int64_t banks, std::int64_t word_bytes, std::int64_t bytes_per_cycle) {
    // The first byte may be the last of a word.
    const std::int64_t words = 1 + ceil_div(bytes_per_cycle - 1, word_bytes);
    return ceil_div(words, banks);
}

ClockedBuffer::ClockedBuffer(const sc_core::sc_module_name& name, const BankedParams& params)
    : sc_module(name),
      requests("requests", static_cast<std::size_t>(params.read_groups)),
      grants("grants", static_cast<std::size_t>(params.read_groups)),
      params_(params),
      memory_(basename(), params.bytes),
      taken_by_port_(static_cast<std::size_t>(2 * params.banks)),
      taken_(taken_by_port_.size()) {
    const WordGrant none{
        .granted = false,
        .data = std::vector<std::byte>(static_cast<std::size_t>(params.word_bytes))};
    answers_.assign(requests.size(), {std::vector(static_cast<std::size_t>(params.banks), none)});
    SC_HAS_PROCESS(ClockedBuffer);
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
    SC_METHOD(arbitrate);
    sensitive << banks_change_;
    for (std::int64_t group = 0; group < params.read_groups; ++group) {
        const auto index = static_cast<std::size_t>(group);
        sensitive << requests[index];
        grants[index].initialize(answers_.front());
    }
}

std::uint32_t ClockedBuffer::read(std::int64_t bit_address, int bits) const {
    const std::uint32_t value = memory_.read(bit_address, bits);
    take_banks(bit_address / 8, (bit_address + bits - 1) / 8);
    return value;
}
void ClockedBuffer::read_bytes(std::int64_t address, std::span<std::byte> bytes) const {
    memory_.read_bytes(address, bytes);
    if (!bytes.empty()) take_banks(address, address + std::ssize(bytes) - 1);
}
void ClockedBuffer::write(std::int64_t bit_address, int bits, std::uint32_t value) {
    memory_.write(bit_address, bits, value);
    take_banks(bit_address / 8, (bit_address + bits - 1) / 8);
}
void ClockedBuffer::write_bytes(std::int64_t address, std::span<const std::byte> bytes) {
    memory_.write_bytes(address, bytes);
    if (!bytes.empty()) take_banks(address, address + std::ssize(bytes) - 1);
}

void ClockedBuffer::take_banks(std::int64_t first_byte, std::int64_t last_byte) const {
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    for (std::int64_t word = first_byte / params_.word_bytes;
         word <= last_byte / params_.word_bytes; ++word) {
        Taken& taken = taken_by_port_[place(word)];
        if (taken.edge != now) {
            taken.edge = now;
            taken.words.clear();
        }
        if (std::ranges::find(taken.words, word) != taken.words.end()) continue;
        taken.words.push_back(word);
        if (std::ssize(taken.words) > params_.port_words)
            throw BankError(fmt::format(
                "{}: word {} is access {} of bank {} in one cycle: must be at most {}", basename(),
                word, taken.words.size(), word % params_.banks, params_.port_words));
    }
    latest_access_ = now;
    banks_change_.notify(sc_core::SC_ZERO_TIME);
}

void ClockedBuffer::edge() {
    // The banks taken at the edge before are free again.
    if (latest_access_ == cycle_start_) banks_change_.notify(sc_core::SC_ZERO_TIME);
    cycle_start_ = sc_core::sc_time_stamp();
}

std::size_t ClockedBuffer::place(std::int64_t word) const {
    const std::int64_t half = word * params_.word_bytes < params_.bytes / 2 ? 0 : 1;
    return static_cast<std::size_t>(half * params_.banks + word % params_.banks);
}

void ClockedBuffer::check(const WordRequests& group) const {
    for (std::size_t bank = 0; bank < group.banks.size(); ++bank) {
        const WordRequest& one = group.banks[bank];
        if (!one.valid) continue;
        check_range(basename(), params_.bytes, one.word * params_.word_bytes, params_.word_bytes);
        if (one.word % params_.banks != static_cast<std::int64_t>(bank))
            throw std::logic_error(fmt::format("{}: word {} requested from bank {}: lies in {}",
                                               basename(), one.word, bank,
                                               one.word % params_.banks));
    }
}

void ClockedBuffer::arbitrate() {
    if (failure_) return;
    try {
        for (std::size_t i = 0; i < taken_.size(); ++i)
            taken_[i] = taken_by_port_[i].edge == cycle_start_;
        std::int64_t free_ports = params_.read_ports;
        for (std::size_t group = 0; group < requests.size(); ++group)
            grant_group(group, free_ports);
    } catch (...) {
        failure_ = std::current_exception();
    }
}

void ClockedBuffer::grant_group(std::size_t group, std::int64_t& free_ports) {
    const WordRequests& asked = requests[group].read();
    check(asked);
    order_.clear();
    for (std::size_t bank = 0; bank < asked.banks.size(); ++bank) {
        const WordRequest& one = asked.banks[bank];
        if (one.valid && !taken_[place(one.word)]) order_.push_back(bank);
    }
    std::ranges::stable_sort(order_, std::ranges::greater{},
                             [&](std::size_t bank) { return asked.banks[bank].pending; });
    WordGrants& answer = answers_[group];
    for (WordGrant& one : answer.banks) {
        if (!one.granted) continue;
        one.granted = false;
        std::ranges::fill(one.data, std::byte{});
    }
    for (const std::size_t bank : order_) {
        if (free_ports == 0) break;
        --free_ports;
        const std::int64_t word = asked.banks[bank].word;
        taken_[place(word)] = true;
        answer.banks[bank].granted = true;
        memory_.read_bytes(word * params_.word_bytes, answer.banks[bank].data);
    }
    grants[group].write(answer);
}

}  // namespace quatrain::buffer
