// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/clocked_memory.hpp"

#include "rtl_models/buffer/function.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::buffer {
namespace {

/// The bytes that a run of bits touches: at most five.
std::span<std::byte> touched(std::span<std::byte> cells, std::int64_t bit_address, int bits) {
    const std::int64_t first = bit_address / 8, last = (bit_address + bits - 1) / 8;
    return cells.subspan(static_cast<std::size_t>(first),
                         static_cast<std::size_t>(last - first + 1));
}

std::uint64_t to_integer(std::span<const std::byte> bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    return value;
}

}  // namespace

ClockedMemory::ClockedMemory(const char* name, std::int64_t bytes, Halves halves)
    : sc_prim_channel(name), cells_(static_cast<std::size_t>(bytes)), halves_(halves) {}

void ClockedMemory::use(std::int64_t first, std::int64_t last) const {
    if (halves_ == Halves::shared) return;
    const std::int64_t boundary = std::ssize(cells_) / 2;
    const sc_core::sc_process_b* const process = sc_core::sc_get_current_process_b();
    for (std::int64_t half = first < boundary ? 0 : 1; half <= (last < boundary ? 0 : 1); ++half) {
        User& user = users_[static_cast<std::size_t>(half)];
        if (user.edge != sc_core::sc_time_stamp()) user = {sc_core::sc_time_stamp(), process};
        if (user.process != process)
            throw HalfError(
                fmt::format("{}: half {} is used by two units in one cycle: must be "
                            "used by one",
                            name(), half));
    }
}

void ClockedMemory::check_bits(std::int64_t bit_address, int bits) const {
    if (bits < 1 || bits > 32)
        throw std::invalid_argument(
            fmt::format("{}: access of {} bits: must be from 1 to 32", name(), bits));
    const std::int64_t first = bit_address >= 0 ? bit_address / 8 : -1;
    const std::int64_t last = (bit_address + bits - 1) / 8;
    check_range(basename(), std::ssize(cells_), first, last - first + 1);
    use(first, last);
}

std::uint32_t ClockedMemory::read(std::int64_t bit_address, int bits) const {
    check_bits(bit_address, bits);
    const std::int64_t first = bit_address / 8, last = (bit_address + bits - 1) / 8;
    const auto bytes = std::span(cells_).subspan(static_cast<std::size_t>(first),
                                                 static_cast<std::size_t>(last - first + 1));
    const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
    return static_cast<std::uint32_t>((to_integer(bytes) >> (bit_address % 8)) & mask);
}

void ClockedMemory::write(std::int64_t bit_address, int bits, std::uint32_t value) {
    check_bits(bit_address, bits);
    writes_.push_back({bit_address, bits, value});
    request_update();
}

void ClockedMemory::read_bytes(std::int64_t address, std::span<std::byte> bytes) const {
    check_range(basename(), std::ssize(cells_), address, std::ssize(bytes));
    if (!bytes.empty()) use(address, address + std::ssize(bytes) - 1);
    const auto source = std::span(cells_).subspan(static_cast<std::size_t>(address), bytes.size());
    std::ranges::copy(source, bytes.begin());
}

void ClockedMemory::write_bytes(std::int64_t address, std::span<const std::byte> bytes) {
    check_range(basename(), std::ssize(cells_), address, std::ssize(bytes));
    if (!bytes.empty()) use(address, address + std::ssize(bytes) - 1);
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
        const auto part = bytes.subspan(i, std::min<std::size_t>(4, bytes.size() - i));
        writes_.push_back({8 * (address + static_cast<std::int64_t>(i)),
                           8 * static_cast<int>(part.size()),
                           static_cast<std::uint32_t>(to_integer(part))});
    }
    request_update();
}

void ClockedMemory::update() {
    for (const Write& one : writes_) {
        const std::span<std::byte> bytes = touched(cells_, one.bit_address, one.bits);
        const auto shift = static_cast<unsigned>(one.bit_address % 8);
        const std::uint64_t mask = ((std::uint64_t{1} << one.bits) - 1) << shift;
        const std::uint64_t value =
            (to_integer(bytes) & ~mask) | ((std::uint64_t{one.value} << shift) & mask);
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<std::byte>(value >> (8 * i));
    }
    writes_.swap(last_writes_);
    writes_.clear();
    last_write_ = sc_core::sc_time_stamp();
}

}  // namespace quatrain::buffer
