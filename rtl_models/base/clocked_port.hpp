// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_memory_port.hpp"

#include <stdexcept>
#include <string>

namespace quatrain {

/// What a port can move in one cycle [bits].
struct PortWidth {
    std::int64_t read_bits = 0;
    std::int64_t write_bits = 0;
};

/// A port was asked for more than it has: one line with port, direction, bits and width.
struct PortError : std::logic_error {
    using std::logic_error::logic_error;
};

/// A unit's port of an on-chip memory, as wide as the unit says. Counts what passes at each clock
/// edge and throws PortError for the access that is too much, where it is made. What lies where in
/// the memory is the memory's matter.
class ClockedPort : public sc_core::sc_port<MemoryPort> {
public:
    explicit ClockedPort(const char* name, PortWidth width = {});
    /// For the ports of an sc_vector.
    void set_width(PortWidth width) { gate_.width = width; }

    MemoryPort* operator->() { return &gate_; }

private:
    /// Bits that passed in one direction at the edge of the latest access.
    struct Traffic {
        sc_core::sc_time edge = sc_core::sc_max_time();
        std::int64_t bits = 0;
    };
    class Gate final : public MemoryPort {
    public:
        explicit Gate(ClockedPort& port) : port_(port) {}
        std::uint32_t read(std::int64_t bit_address, int bits) const override;
        void write(std::int64_t bit_address, int bits, std::uint32_t value) override;
        void read_bytes(std::int64_t address, std::span<std::byte> bytes) const override;
        void write_bytes(std::int64_t address, std::span<const std::byte> bytes) override;

        PortWidth width;

    private:
        void pass(Traffic& traffic, std::int64_t bits, std::int64_t most,
                  const char* direction) const;
        MemoryPort& memory() const;

        ClockedPort& port_;
        mutable Traffic read_;
        Traffic written_;
    };
    Gate gate_{*this};
};

}  // namespace quatrain
