// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quatrain::mac_array {

/// `stages` registers in a row, as a ring: the skew of a row or column of the array.
template <class T>
class DelayLine {
public:
    explicit DelayLine(std::int64_t stages) : ring_(static_cast<std::size_t>(stages) + 1) {}

    /// What comes out in a cycle in which `in` goes in: with no stage, `in` itself.
    const T& out(const T& in) const { return ring_.size() == 1 ? in : ring_[next(newest_)]; }
    /// The clock edge. Returns what out(in) was, valid until the next edge.
    const T& shift(const T& in) {
        if (ring_.size() == 1) return in;
        ring_[newest_] = in;
        newest_ = next(newest_);
        return ring_[newest_];
    }

private:
    std::size_t next(std::size_t place) const { return place + 1 == ring_.size() ? 0 : place + 1; }

    std::vector<T> ring_;     ///< one more than the stages: what goes in beside what comes out
    std::size_t newest_ = 0;  ///< where the next goes in
};

}  // namespace quatrain::mac_array
