// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace quatrain::mac_array {

/// `stages` registers in a row, as a ring: the skew of a row or column of the array.
template <class T>
class DelayLine {
public:
    explicit DelayLine(std::int64_t stages) : ring_(static_cast<std::size_t>(stages)) {}

    /// What comes out in a cycle in which `in` goes in: with no stage, `in` itself.
    const T& out(const T& in) const { return ring_.empty() ? in : ring_[oldest_]; }
    /// The clock edge. Returns what out(in) was, valid until the next edge.
    const T& shift(const T& in) {
        if (ring_.empty()) return in;
        out_ = ring_[oldest_];
        ring_[oldest_] = in;
        oldest_ = oldest_ + 1 == ring_.size() ? 0 : oldest_ + 1;
        return out_;
    }

private:
    std::vector<T> ring_;
    std::size_t oldest_ = 0;
    T out_{};
};

}  // namespace quatrain::mac_array
