// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_port.hpp"

#include <fmt/format.h>

namespace quatrain {

ClockedPort::ClockedPort(const char* name, PortWidth width) : sc_port(name) {
    set_width(width);
}

MemoryPort& ClockedPort::Gate::memory() const {
    return *port_.sc_port::operator->();
}

void ClockedPort::Gate::pass(Traffic& traffic, std::int64_t bits, std::int64_t most,
                             const char* direction) const {
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    if (traffic.edge != now) traffic = {now, 0};
    traffic.bits += bits;
    if (traffic.bits > most)
        throw PortError(fmt::format("port {}: {} bits {} in one cycle: must be at most {}",
                                    port_.name(), traffic.bits, direction, most));
}

std::uint32_t ClockedPort::Gate::read(std::int64_t bit_address, int bits) const {
    pass(read_, bits, width.read_bits, "read");
    return memory().read(bit_address, bits);
}

void ClockedPort::Gate::write(std::int64_t bit_address, int bits, std::uint32_t value) {
    pass(written_, bits, width.write_bits, "written");
    memory().write(bit_address, bits, value);
}

void ClockedPort::Gate::read_bytes(std::int64_t address, std::span<std::byte> bytes) const {
    pass(read_, 8 * std::ssize(bytes), width.read_bits, "read");
    memory().read_bytes(address, bytes);
}

void ClockedPort::Gate::write_bytes(std::int64_t address, std::span<const std::byte> bytes) {
    pass(written_, 8 * std::ssize(bytes), width.write_bits, "written");
    memory().write_bytes(address, bytes);
}

}  // namespace quatrain
