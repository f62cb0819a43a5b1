// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/function.hpp"

#include <fmt/format.h>

namespace quatrain::buffer {

void check_range(std::string_view name, std::int64_t size, std::int64_t address,
                 std::int64_t bytes) {
    if (address >= 0 && bytes >= 0 && bytes <= size && address <= size - bytes) return;
    throw BufferError(fmt::format("{} buffer: {} bytes at {} lie outside its {} bytes", name, bytes,
                                  address, size));
}

Buffer::Buffer(std::string_view name, std::int64_t bytes)
    : name_(name), bytes_(static_cast<std::size_t>(bytes)) {}

std::span<const std::byte> Buffer::read(std::int64_t address, std::int64_t bytes) {
    check_range(name_, std::ssize(bytes_), address, bytes);
    return std::span(bytes_).subspan(static_cast<std::size_t>(address),
                                     static_cast<std::size_t>(bytes));
}

std::span<std::byte> Buffer::write(std::int64_t address, std::int64_t bytes) {
    check_range(name_, std::ssize(bytes_), address, bytes);
    return std::span(bytes_).subspan(static_cast<std::size_t>(address),
                                     static_cast<std::size_t>(bytes));
}

}  // namespace quatrain::buffer
