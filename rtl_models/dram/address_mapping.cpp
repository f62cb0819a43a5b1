// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/address_mapping.hpp"

#include "rtl_models/base/params.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <optional>
#include <string_view>

namespace quatrain::dram {
namespace {

constexpr std::array<std::string_view, 6> field_names{"channel", "rank", "bank_group",
                                                      "bank",    "row",  "column"};

int log2_of(std::int64_t power_of_two) {
    return std::countr_zero(static_cast<std::uint64_t>(power_of_two));
}

/// "column/1": which field, and how many bits if it says so.
struct Part {
    std::size_t field = 0;
    std::optional<int> bits;
};

/// Throws the message of a rule that `order` breaks.
[[noreturn]] void reject(const std::string& order, const std::string& rule) {
    require(false, "mapping", order, rule);
    throw std::logic_error("unreachable");
}

Part parse_part(const std::string& order, std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view name = text.substr(0, slash);
    const auto found = std::find(field_names.begin(), field_names.end(), name);
    if (found == field_names.end()) {
        reject(order,
               fmt::format("'{}' is none of row, rank, bank_group, bank, column, channel", name));
    }
    Part part{static_cast<std::size_t>(found - field_names.begin()), {}};
    if (slash == std::string_view::npos) return part;
    const std::string_view count = text.substr(slash + 1);
    int bits = 0;
    const char* end = count.data() + count.size();
    const auto [stop, error] = std::from_chars(count.data(), end, bits);
    if (error != std::errc{} || stop != end || bits < 0 || bits > 62)
        reject(order, fmt::format("'{}' must be FIELD/BITS, as in column/2", text));
    part.bits = bits;
    return part;
}

std::vector<Part> parse(const std::string& order) {
    std::vector<Part> parts;
    std::string_view rest = order;
    for (bool more = true; more;) {
        const std::size_t colon = rest.find(':');
        parts.push_back(parse_part(order, rest.substr(0, colon)));
        more = colon != std::string_view::npos;
        if (more) rest.remove_prefix(colon + 1);
    }
    return parts;
}

}  // namespace

AddressMapping::AddressMapping(const Standard& standard, std::int64_t channels, std::int64_t ranks,
                               const std::string& order, bool bank_hash)
    : burst_bits_(log2_of(standard.organisation.burst_bytes())),
      bank_bits_(log2_of(standard.organisation.banks)),
      bank_group_bits_(log2_of(standard.organisation.bank_groups)),
      bank_hash_(bank_hash),
      capacity_bytes_(channels * ranks * standard.organisation.rank_bytes()) {
    require(std::has_single_bit(static_cast<std::uint64_t>(channels)), "channels", channels,
            "must be a power of two");
    require(std::has_single_bit(static_cast<std::uint64_t>(ranks)), "ranks", ranks,
            "must be a power of two");
    std::array<int, field_count> bits_of{log2_of(channels),
                                         log2_of(ranks),
                                         bank_group_bits_,
                                         bank_bits_,
                                         log2_of(standard.organisation.rows),
                                         log2_of(standard.organisation.columns())};
    const std::vector<Part> parts = parse(order);
    const auto names = [&](Field field) {
        return std::any_of(parts.begin(), parts.end(), [&](const Part& part) {
            return part.field == static_cast<std::size_t>(field);
        });
    };
    // A bank that stands for its group too: the two are one number until they are cut apart.
    const bool joint = !names(Field::bank_group);
    if (joint) {
        bits_of[static_cast<std::size_t>(Field::bank)] += bank_group_bits_;
        bits_of[static_cast<std::size_t>(Field::bank_group)] = 0;
    }
    std::array<int, field_count> unsized{}, sized{}, done{};
    for (const Part& part : parts)
        (part.bits ? sized : unsized)[part.field] += part.bits.value_or(1);
    for (std::size_t i = 0; i < field_count; ++i) {
        const int left = bits_of[i] - sized[i];
        if (unsized[i] > 1)
            reject(order, fmt::format("only one {} can go without /BITS", field_names[i]));
        if (left < 0 || (left > 0 && unsized[i] == 0)) {
            reject(order, fmt::format("{} must have {} bits in all, has {}", field_names[i],
                                      bits_of[i], sized[i]));
        }
    }
    int address_bit = 0;
    for (std::size_t at = parts.size(); at-- > 0;) {
        const std::size_t i = parts[at].field;
        const int bits = parts[at].bits.value_or(bits_of[i] - sized[i]);
        add_slice(static_cast<Field>(i), joint, address_bit, done[i], bits);
        address_bit += bits;
        done[i] += bits;
    }
    for (int bit = 0; bit == 0 || bit < address_bit; bit += 8)
        for (std::uint64_t value = 0; value < 256; ++value) parts_.push_back(fields(value << bit));
}

void AddressMapping::add_slice(Field field, bool joint, int address_bit, int field_bit, int bits) {
    if (bits == 0) return;
    if (field != Field::bank || !joint) {
        slices_.push_back({field, address_bit, field_bit, bits});
        return;
    }
    const int group_bits = std::clamp(bank_group_bits_ - field_bit, 0, bits);
    if (group_bits > 0) slices_.push_back({Field::bank_group, address_bit, field_bit, group_bits});
    if (bits > group_bits) {
        slices_.push_back({Field::bank, address_bit + group_bits,
                           field_bit + group_bits - bank_group_bits_, bits - group_bits});
    }
}

AddressMapping::Fields AddressMapping::fields(std::uint64_t burst) const {
    Fields all{};
    for (const Slice& slice : slices_) {
        const std::uint64_t mask = (std::uint64_t{1} << slice.bits) - 1;
        all[static_cast<std::size_t>(slice.field)] |=
            static_cast<std::int32_t>(((burst >> slice.address_bit) & mask) << slice.field_bit);
    }
    return all;
}

std::int64_t AddressMapping::address(std::int32_t channel, const Location& location) const {
    Location plain = location;
    hash(plain);  // its own inverse
    const std::array<std::int32_t, field_count> fields{channel,    plain.rank, plain.bank_group,
                                                       plain.bank, plain.row,  plain.column};
    std::uint64_t burst = 0;
    for (const Slice& slice : slices_) {
        const std::uint64_t mask = (std::uint64_t{1} << slice.bits) - 1;
        const auto field =
            static_cast<std::uint64_t>(fields[static_cast<std::size_t>(slice.field)]);
        burst |= ((field >> slice.field_bit) & mask) << slice.address_bit;
    }
    return static_cast<std::int64_t>(burst << burst_bits_);
}

}  // namespace quatrain::dram
