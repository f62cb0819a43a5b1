// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/buffer/clocked.hpp"
#include "rtl_models/operand_streamer/timing.hpp"

#include "tests/support/random_stream.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace quatrain::operand_streamer {

/// Another client of a buffer: at random edges it writes words that lie next to each other, as they
/// are, and so takes their banks for the cycle behind the edge.
class Writer {
public:
    Writer(buffer::ClockedBuffer& buffer, const std::vector<std::byte>& bytes, const Params& params)
        : buffer_(buffer), bytes_(bytes), params_(params) {}

    void edge(test::Random& random) {
        taken_.clear();
        if (test::below(random, 2) == 0) return;
        const std::int64_t half_words = std::ssize(bytes_) / params_.word_bytes / 2;
        const std::int64_t first = test::below(random, 2 * half_words);
        // No bank twice: a bank takes one word.
        const std::int64_t left = half_words - first % half_words;
        const std::int64_t count = 1 + test::below(random, std::min(params_.banks, left));
        for (std::int64_t word = first; word < first + count; ++word) taken_.insert(place(word));
        buffer_.write_bytes(
            first * params_.word_bytes,
            std::span(bytes_).subspan(static_cast<std::size_t>(first * params_.word_bytes),
                                      static_cast<std::size_t>(count * params_.word_bytes)));
    }
    /// The word's bank was taken at the latest edge.
    bool has_bank_of(std::int64_t word) const { return taken_.contains(place(word)); }

private:
    using Place = std::pair<bool, std::int64_t>;  ///< half, bank
    Place place(std::int64_t word) const {
        return {2 * word * params_.word_bytes >= std::ssize(bytes_), word % params_.banks};
    }

    buffer::ClockedBuffer& buffer_;
    const std::vector<std::byte>& bytes_;
    const Params& params_;
    std::set<Place> taken_;
};

/// How the words of a step are read, from the rule: in every cycle each bank offers its lowest word
/// that is left; of those whose bank no writer has, read_ports are read, the fullest banks first,
/// then the lowest.
class StepReads {
public:
    StepReads(const Params& params, const std::set<std::int64_t>& words)
        : params_(params), words_(std::ssize(words)) {
        for (const std::int64_t word : words) left_[word % params.banks].push_back(word);
    }
    bool complete() const {
        return std::ranges::all_of(left_, [](const auto& bank) { return bank.second.empty(); });
    }
    /// A cycle. True when a word waited for a writer.
    bool cycle(const Writer& writer) {
        ++cycles_;
        bool waited = false;
        std::vector<std::pair<std::int64_t, std::int64_t>> offers;  // emptiest last, bank
        for (const auto& [bank, words] : left_) {
            if (words.empty()) continue;
            if (writer.has_bank_of(words.front()))
                waited = true;
            else
                offers.emplace_back(-std::ssize(words), bank);
        }
        std::ranges::sort(offers);
        for (std::int64_t port = 0; port < std::min(params_.read_ports, std::ssize(offers));
             ++port) {
            std::vector<std::int64_t>& words = left_[offers[static_cast<std::size_t>(port)].second];
            words.erase(words.begin());
        }
        return waited;
    }
    /// Cycles so far that the ports alone would not have taken.
    std::int64_t conflict_cycles() const {
        const std::int64_t ports = (words_ + params_.read_ports - 1) / params_.read_ports;
        return cycles_ - ports;
    }

private:
    Params params_;
    std::int64_t words_;
    std::int64_t cycles_ = 0;
    std::map<std::int64_t, std::vector<std::int64_t>> left_;  ///< of each bank, lowest first
};

}  // namespace quatrain::operand_streamer
