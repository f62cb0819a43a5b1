// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace quatrain::ring {

/// Width of a count of cycles until a link is free or a message enters [bits].
inline constexpr int reservation_bits = 32;

/// What a link takes in one cycle, with the name of its message beside it.
struct Flit {
    bool first = false, last = false;  ///< of its message
    std::int64_t from = 0, to = 0;     ///< stops
    std::uint64_t tag = 0;
    std::int64_t bytes = 0;          ///< of its message
    std::vector<std::byte> payload;  ///< the part of it that is in this flit
};

/// A link from a stop to the next: a shift register of a place for every cycle, and the register
/// that the arbiter reserves it with.
class ClockedLink {
public:
    /// `name` is what errors call it.
    ClockedLink(std::string name, std::int64_t places);

    /// Moves every flit by a place. Returns the one that leaves the last.
    std::optional<Flit> shift();
    /// Puts a flit into the first place. Throws std::logic_error when one is there: two in one
    /// cycle.
    void enter(Flit flit);
    /// The flit that entered last, if it was at the last edge.
    const std::optional<Flit>& first() const { return places_.front(); }

    /// From the current cycle on, when it takes a flit that has no reservation [cycles].
    std::int64_t free_in() const { return free_in_; }
    /// Throws std::overflow_error when the register does not hold `cycles`.
    void reserve(std::int64_t cycles);
    /// A cycle ends.
    void count_down() { free_in_ -= free_in_ > 0 ? 1 : 0; }

private:
    std::string name_;
    std::deque<std::optional<Flit>> places_;  ///< in the order in which a flit goes through them
    std::int64_t free_in_ = 0;
};

}  // namespace quatrain::ring
