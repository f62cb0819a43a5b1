// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace quatrain {

/// A queue in a ring of slots, which doubles when it is full: nothing is allocated once it has had
/// its greatest length.
template <class T>
class Fifo {
public:
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    /// The oldest. There must be one.
    T& front() { return slots_[first_]; }
    const T& front() const { return slots_[first_]; }
    /// The one that `index` others were pushed before; index < size().
    T& operator[](std::size_t index) { return slots_[(first_ + index) & (slots_.size() - 1)]; }
    T& back() { return (*this)[size_ - 1]; }
    void push(const T& one) {
        if (size_ == slots_.size()) grow();
        slots_[(first_ + size_++) & (slots_.size() - 1)] = one;
    }
    void pop() {
        first_ = (first_ + 1) & (slots_.size() - 1);
        --size_;
    }

private:
    void grow() {
        std::vector<T> more(slots_.empty() ? 8 : 2 * slots_.size());
        for (std::size_t i = 0; i < size_; ++i) more[i] = std::move((*this)[i]);
        slots_ = std::move(more);
        first_ = 0;
    }

    std::vector<T> slots_;  ///< a power of two of them
    std::size_t first_ = 0, size_ = 0;
};

}  // namespace quatrain
