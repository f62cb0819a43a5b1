// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace quatrain::scratchpad {

/// An access outside the scratchpad: one line with the range and the size.
struct ScratchpadError : std::out_of_range {
    using std::out_of_range::out_of_range;
};

/// The contents of the scratchpad, zero at first.
class ScratchpadImage {
public:
    explicit ScratchpadImage(std::int64_t bytes) : bytes_(static_cast<std::size_t>(bytes)) {}

    /// Fills `bytes` from `address` on. Throws ScratchpadError.
    void read(std::int64_t address, std::span<std::byte> bytes) const;
    /// Writes `bytes` to `address`. Throws ScratchpadError.
    void write(std::int64_t address, std::span<const std::byte> bytes);

    std::int64_t capacity_bytes() const { return static_cast<std::int64_t>(bytes_.size()); }

private:
    void check(std::int64_t address, std::size_t bytes) const;

    std::vector<std::byte> bytes_;
};

}  // namespace quatrain::scratchpad
