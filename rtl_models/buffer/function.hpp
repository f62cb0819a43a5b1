// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/huge_pages.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::buffer {

/// An access outside a buffer: one line with the buffer, the range and the buffer's size.
struct BufferError : std::out_of_range {
    using std::out_of_range::out_of_range;
};

/// Throws BufferError unless [address, address + bytes) lies inside `size` bytes of the buffer
/// called `name`.
void check_range(std::string_view name, std::int64_t size, std::int64_t address,
                 std::int64_t bytes);

/// The bytes of one on-chip buffer, zero at first. Every access is checked.
class Buffer {
public:
    Buffer(std::string_view name, std::int64_t bytes);

    /// Bytes [address, address + bytes) to read. Throws BufferError.
    std::span<const std::byte> read(std::int64_t address, std::int64_t bytes);
    /// The same to write.
    std::span<std::byte> write(std::int64_t address, std::int64_t bytes);

    /// All bytes, unchecked: for blocks that address the buffer themselves.
    std::span<std::byte> bytes() { return bytes_; }
    std::span<const std::byte> bytes() const { return bytes_; }

private:
    std::string name_;
    std::vector<std::byte, HugePageAllocator<std::byte>> bytes_;
};

}  // namespace quatrain::buffer
