// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/standard.hpp"

#include <array>
#include <cstddef>
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
    std::pair<std::int32_t, Location> locate(std::int64_t address) const {
        const auto burst = static_cast<std::uint64_t>(address) >> burst_bits_;
        return place(high_fields(burst), burst);
    }
    /// Calls visit(channel, location) for every DRAM burst that holds one of the addresses from
    /// `first` on and below `end`, in order.
    template <class Visit>
    void locate(std::int64_t first, std::int64_t end, Visit&& visit) const {
        auto burst = static_cast<std::uint64_t>(first) >> burst_bits_;
        const auto last = static_cast<std::uint64_t>(end - 1) >> burst_bits_;
        Fields high = high_fields(burst);
        for (; burst <= last; ++burst) {
            if (burst % 256 == 0) high = high_fields(burst);
            const auto [channel, location] = place(high, burst);
            visit(channel, location);
        }
    }
    /// The first byte of a DRAM burst: the inverse of locate().
    std::int64_t address(std::int32_t channel, const Location& location) const;

    std::int64_t capacity_bytes() const { return capacity_bytes_; }

private:
    enum class Field : std::uint8_t { channel, rank, bank_group, bank, row, column };
    static constexpr std::size_t field_count = 6;
    /// One after the other, with room to the next 16 bytes.
    using Fields = std::array<std::int32_t, 8>;
    /// Neighbouring bits of the burst's number that belong to one field.
    struct Slice {
        Field field{};
        int address_bit = 0;  ///< lowest, in the burst's number
        int field_bit = 0;    ///< lowest, in the field
        int bits = 0;
    };

    void add_slice(Field field, bool joint, int address_bit, int field_bit, int bits);
    void hash(Location& location) const {
        if (!bank_hash_) return;
        location.bank_group ^= location.row & ((1 << bank_group_bits_) - 1);
        location.bank ^= (location.row >> bank_group_bits_) & ((1 << bank_bits_) - 1);
    }
    Fields fields(std::uint64_t burst) const;
    static void add(Fields& all, const Fields& part) {
        for (std::size_t i = 0; i < all.size(); ++i) all[i] |= part[i];
    }
    /// What all bytes of a burst's number but the lowest make.
    Fields high_fields(std::uint64_t burst) const {
        Fields all{};
        burst >>= 8;
        for (std::size_t byte = 1; burst != 0; ++byte, burst >>= 8)
            add(all, parts_[byte * 256 + burst % 256]);
        return all;
    }
    std::pair<std::int32_t, Location> place(Fields all, std::uint64_t burst) const {
        add(all, parts_[burst % 256]);
        const auto value = [&](Field field) { return all[static_cast<std::size_t>(field)]; };
        Location location{.rank = value(Field::rank),
                          .bank_group = value(Field::bank_group),
                          .bank = value(Field::bank),
                          .row = value(Field::row),
                          .column = value(Field::column)};
        hash(location);
        return {value(Field::channel), location};
    }

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
