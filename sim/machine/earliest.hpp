// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace quatrain::machine {

/// Which of several things comes next: a tournament of cycles, in which a change is played again
/// from its slot up.
class Earliest {
public:
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    /// Nothing is to come in any slot.
    explicit Earliest(std::size_t slots)
        : leaves_(std::bit_ceil(std::max<std::size_t>(slots, 2))),
          cycles_(leaves_, never),
          winners_(leaves_) {
        for (std::size_t node = leaves_ - 1; node > 0; --node) play(node);
    }

    /// The earliest cycle, and its slot: the lowest of several. `never` if there is none.
    std::int64_t cycle() const { return cycles_[slot()]; }
    std::size_t slot() const { return winners_[1]; }
    std::int64_t cycle(std::size_t slot) const { return cycles_[slot]; }

    void set(std::size_t slot, std::int64_t cycle) {
        if (cycles_[slot] == cycle) return;
        cycles_[slot] = cycle;
        for (std::size_t node = (leaves_ + slot) / 2; node > 0; node /= 2) play(node);
    }

private:
    std::size_t winner(std::size_t node) const {
        return node < leaves_ ? winners_[node] : node - leaves_;
    }
    void play(std::size_t node) {
        const std::size_t low = winner(2 * node), high = winner(2 * node + 1);
        winners_[node] = cycles_[high] < cycles_[low] ? high : low;
    }

    std::size_t leaves_;
    std::vector<std::int64_t> cycles_;  ///< by slot
    std::vector<std::size_t> winners_;  ///< slots, of the matches: 1 is the final, 2 n and 2 n + 1
                                        ///< are those before match n
};

}  // namespace quatrain::machine
