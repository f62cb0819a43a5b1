// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/standard.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace quatrain::dram {

/// Where addresses lie: a named order of address bits (docs/dram.md, "Addresses").
class AddressMapping {
public:
    /// `order`: "row:rank:bank:column:channel:column/1:bank_group". Throws ParamError with `order`
    /// and the rule that it breaks.
    AddressMapping(const Standard& standard, std::int64_t channels, std::int64_t ranks,
                   const std::string& order, bool bank_hash);

    /// Channel and place of the DRAM burst that holds `address` [bytes], which is at least 0 and
    /// below the capacity.
    std::pair<std::int32_t, Location> locate(std::int64_t address) const;
    /// The first byte of a DRAM burst: the inverse of locate().
    std::int64_t address(std::int32_t channel, const Location& location) const;

    std::int64_t capacity_bytes() const { return capacity_bytes_; }

private:
    enum class Field : std::uint8_t { channel, rank, bank_group, bank, row, column };
    static constexpr std::size_t field_count = 6;
    /// Neighbouring bits of the burst's number that belong to one field.
    struct Slice {
        Field field{};
        int address_bit = 0;  ///< lowest, in the burst's number
        int field_bit = 0;    ///< lowest, in the field
        int bits = 0;
    };

    void add_slice(Field field, bool joint, int address_bit, int field_bit, int bits);
    void hash(Location& location) const;
    using Fields = std::array<std::int32_t, field_count>;
    Fields fields(std::uint64_t burst) const;

    std::vector<Slice> slices_;
    /// What each byte of a burst's number adds to the fields, lowest byte first: [byte * 256 +
    /// value].
    std::vector<Fields> parts_;
    int burst_bits_ = 0;  ///< of an address within a DRAM burst
    int bank_bits_ = 0;   ///< of a bank within its group
    int bank_group_bits_ = 0;
    bool bank_hash_ = false;
    std::int64_t capacity_bytes_ = 0;
};

}  // namespace quatrain::dram
