// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_register.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace quatrain {

/// A first-in first-out memory of `depth` entries, oldest first.
template <class T>
class ClockedFifo {
public:
    ClockedFifo(std::string name, std::int64_t depth) : name_(std::move(name)), depth_(depth) {}

    /// Throws std::overflow_error, which names the memory and its depth, when it is full.
    void push_back(T entry) {
        in_range(name_, static_cast<std::int64_t>(entries_.size()) + 1, 0, depth_);
        entries_.push_back(std::move(entry));
    }
    void pop_front() { entries_.pop_front(); }

    bool empty() const { return entries_.empty(); }
    std::size_t size() const { return entries_.size(); }
    T& front() { return entries_.front(); }
    const T& front() const { return entries_.front(); }
    T& back() { return entries_.back(); }
    const T& back() const { return entries_.back(); }
    T& operator[](std::size_t index) { return entries_[index]; }
    auto begin() { return entries_.begin(); }
    auto end() { return entries_.end(); }
    auto rbegin() { return entries_.rbegin(); }
    auto rend() { return entries_.rend(); }

private:
    std::string name_;
    std::int64_t depth_;
    std::deque<T> entries_;
};

}  // namespace quatrain
