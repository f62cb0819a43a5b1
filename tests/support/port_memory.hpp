// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_memory_port.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace quatrain::test {

/// A memory for units on a bench, one bit at a time: as many ports as are bound, no banks. What is
/// written at an edge can be read after it. Throws std::out_of_range, where the access is made.
class PortMemory final : public sc_core::sc_prim_channel, public MemoryPort {
public:
    /// `bytes` are kept, and changed when something is written.
    PortMemory(const char* name, std::vector<std::byte>& bytes)
        : sc_prim_channel(name), bytes_(bytes) {}

    std::uint32_t read(std::int64_t bit_address, int bits) const override {
        std::uint32_t value = 0;
        for (int i = 0; i < bits; ++i) {
            const auto byte = std::to_integer<std::uint32_t>(byte_of(bit_address + i));
            value |= (byte >> ((bit_address + i) % 8) & 1U) << i;
        }
        return value;
    }
    void write(std::int64_t bit_address, int bits, std::uint32_t value) override {
        for (int i = 0; i < bits; ++i) {
            byte_of(bit_address + i);  // throws now, not in update()
            written_.push_back({bit_address + i, (value >> i & 1U) != 0});
        }
        request_update();
    }
    void read_bytes(std::int64_t address, std::span<std::byte> bytes) const override {
        for (std::byte& byte : bytes) byte = byte_of(8 * address++);
    }
    void write_bytes(std::int64_t address, std::span<const std::byte> bytes) override {
        for (const std::byte byte : bytes)
            write(8 * address++, 8, std::to_integer<std::uint32_t>(byte));
    }

private:
    struct Bit {
        std::int64_t address;
        bool value;
    };
    void update() override {
        for (const auto& [address, value] : written_) {
            const auto mask = static_cast<std::byte>(1U << (address % 8));
            std::byte& byte = byte_of(address);
            byte = value ? byte | mask : byte & ~mask;
        }
        written_.clear();
    }
    std::byte& byte_of(std::int64_t bit_address) const {
        if (bit_address < 0 || bit_address / 8 >= std::ssize(bytes_))
            throw std::out_of_range(std::string(name()) + ": bit " + std::to_string(bit_address) +
                                    " of " + std::to_string(8 * std::ssize(bytes_)));
        return bytes_[static_cast<std::size_t>(bit_address / 8)];
    }

    std::vector<std::byte>& bytes_;
    std::vector<Bit> written_;
};

}  // namespace quatrain::test
