// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_buses.hpp"
#include "rtl_models/operand_streamer/timing.hpp"

#include <cstdint>
#include <tuple>
#include <vector>

namespace quatrain::operand_streamer {

/// One side's step (a vector, a preload row, a step of an output-stationary pass) while its words
/// arrive: the set of its distinct words that are still to be read, by bank, and the codes that
/// have come. A granted word leaves its codes in the beat's registers at once, so no word is kept.
class StepRegisters {
public:
    /// For beats of `codes` codes.
    StepRegisters(const Params& params, std::size_t codes);

    /// Begins a step whose elements have `element_bits`; then place() for each element, at most one
    /// per code of the beat; then close().
    void open(int element_bits);
    void place(std::size_t code, std::int64_t element);
    void close();

    std::size_t codes() const { return codes_.size(); }
    bool complete() const { return words_left_ == 0; }
    std::int64_t words_left() const { return words_left_; }  ///< that were not granted yet
    /// The first word that waits for each bank, into `requests`, if the side reads in this cycle;
    /// else none.
    void request(bool reads, WordRequests& requests) const;
    /// Whether these grants are all that is missing.
    bool completed_by(const WordGrants& grants) const;
    /// The codes that have come, and those that come with `grants`.
    void codes_with(const WordGrants& grants, std::vector<std::uint32_t>& codes) const;

    /// What an edge took from the grants.
    struct Accepted {
        std::int64_t words, conflict_cycles;
    };
    /// The edge of a cycle in which the side read. Ports that found no word although words waited
    /// are collected: each read_ports of them are a cycle lost to bank conflicts.
    Accepted accept(const WordGrants& grants);

private:
    struct Place {
        std::int64_t word;
        std::int64_t element;  ///< within the word
        std::size_t code;
        bool operator<(const Place& other) const {
            return std::tie(word, element, code) < std::tie(other.word, other.element, other.code);
        }
    };
    struct Word {
        std::int64_t word;
        std::size_t first_place, last_place;  ///< [first, last) in places_
    };
    struct Bank {
        std::vector<Word> words;
        std::size_t next = 0;  ///< the first that waits
        bool waits() const { return next < words.size(); }
    };

    void take(const Word& word, const WordGrant& grant, std::vector<std::uint32_t>& codes) const;

    Params params_;
    int element_bits_ = 4;
    std::vector<Place> places_;
    std::vector<Bank> banks_;
    std::vector<std::uint32_t> codes_;
    std::int64_t words_left_ = 0;
    std::int64_t lost_ports_ = 0;
};

}  // namespace quatrain::operand_streamer
