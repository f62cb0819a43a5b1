// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/pack.hpp"

#include "rtl_models/numerics/float_layout.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/int4.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace quatrain::numerics {
namespace {

static_assert(std::endian::native == std::endian::little,
              "elements are stored as the host stores them");

template <class T>
T load(const std::byte* data, std::int64_t index) {
    T value;
    std::memcpy(&value, data + index * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
    return value;
}

template <class T>
void store(std::byte* data, std::int64_t index, T value) {
    std::memcpy(data + index * static_cast<std::int64_t>(sizeof(T)), &value, sizeof(T));
}

unsigned load_nibble(const std::byte* data, std::int64_t index) {
    const auto byte = std::to_integer<unsigned>(data[index >> 1]);
    return (index & 1) != 0 ? byte >> 4 : byte & 15U;
}

void store_nibble(std::byte* data, std::int64_t index, unsigned code) {
    std::byte& byte = data[index >> 1];
    byte = (index & 1) != 0 ? (byte & std::byte{0x0F}) | static_cast<std::byte>(code << 4)
                            : (byte & std::byte{0xF0}) | static_cast<std::byte>(code & 15U);
}

template <class T>
using NibbleTable = std::array<T, 16>;

template <class T, class Value>
constexpr NibbleTable<T> make_table(Value value) {
    NibbleTable<T> table{};
    for (unsigned code = 0; code < 16; ++code) table[code] = static_cast<T>(value(code));
    return table;
}

constexpr auto integer_of_fp4 = [](unsigned code) {
    return integer_value(static_cast<std::uint8_t>(code));
};
constexpr auto value_of_fp4 = [](unsigned code) {
    return even_value(static_cast<std::uint8_t>(code));
};

/// out[i] = table[code of element first + i], two elements per byte once the first is even.
template <class T>
void unpack(const NibbleTable<T>& table, const std::byte* data, std::int64_t first,
            std::span<T> out) {
    std::size_t i = 0;
    if ((first & 1) != 0 && !out.empty()) out[i++] = table[load_nibble(data, first)];
    const std::byte* byte = data + ((first + 1) >> 1);
    for (; i + 1 < out.size(); i += 2, ++byte) {
        out[i] = table[std::to_integer<unsigned>(*byte) & 15U];
        out[i + 1] = table[std::to_integer<unsigned>(*byte) >> 4];
    }
    if (i < out.size()) out[i] = table[std::to_integer<unsigned>(*byte) & 15U];
}

template <class T>
void reject_minus_eight(std::span<const T> values) {
    if (std::ranges::find(values, T{-8}) != values.end())
        throw std::invalid_argument("code = 0x8: int4 has no -8");
}

template <class Code, class Decode>
void decode_each(const std::byte* data, std::int64_t first, std::span<float> out,
                 Decode decode_one) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = decode_one(load<Code>(data, first + static_cast<std::int64_t>(i)));
    }
}

template <class Code, class Encode>
void encode_each(std::byte* data, std::int64_t first, std::span<const float> values,
                 Encode encode_one) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        store(data, first + static_cast<std::int64_t>(i), static_cast<Code>(encode_one(values[i])));
    }
}

}  // namespace

std::int64_t packed_bytes(Format format, std::int64_t elements) {
    return (elements * bits(format) + 7) / 8;
}

std::uint32_t load_code(const std::byte* data, Format format, std::int64_t index) {
    switch (bits(format)) {
        case 4:
            return load_nibble(data, index);
        case 8:
            return load<std::uint8_t>(data, index);
        case 16:
            return load<std::uint16_t>(data, index);
        default:
            return load<std::uint32_t>(data, index);
    }
}

void store_code(std::byte* data, Format format, std::int64_t index, std::uint32_t code) {
    switch (bits(format)) {
        case 4:
            return store_nibble(data, index, code);
        case 8:
            return store(data, index, static_cast<std::uint8_t>(code));
        case 16:
            return store(data, index, static_cast<std::uint16_t>(code));
        default:
            return store(data, index, code);
    }
}

void unpack_int4(const std::byte* data, std::int64_t first, std::span<std::int8_t> out) {
    static constexpr auto table = make_table<std::int8_t>(sign_extend_int4);
    unpack(table, data, first, out);
    reject_minus_eight(std::span<const std::int8_t>(out));
}

void unpack_uint4(const std::byte* data, std::int64_t first, std::span<std::uint8_t> out) {
    static constexpr auto table = make_table<std::uint8_t>([](unsigned code) { return code; });
    unpack(table, data, first, out);
}

void unpack_fp4_r4(const std::byte* data, std::int64_t first, std::span<std::int16_t> out) {
    static constexpr auto table = make_table<std::int16_t>(integer_of_fp4);
    unpack(table, data, first, out);
}

void pack_codes(std::byte* data, std::int64_t first, std::span<const std::uint8_t> codes) {
    std::size_t i = 0;
    if ((first & 1) != 0 && !codes.empty()) store_nibble(data, first, codes[i++]);
    std::byte* byte = data + ((first + 1) >> 1);
    for (; i + 1 < codes.size(); i += 2, ++byte) {
        *byte = static_cast<std::byte>((codes[i] & 15U) | ((codes[i + 1] & 15U) << 4));
    }
    if (i < codes.size()) store_nibble(byte, 0, codes[i]);
}

void decode_row(Format format, const std::byte* data, std::int64_t first_element,
                std::span<float> out) {
    static constexpr auto int4_values = make_table<float>(sign_extend_int4);
    static constexpr auto uint4_values = make_table<float>([](unsigned code) { return code; });
    static constexpr auto fp4_values = make_table<float>(value_of_fp4);
    switch (format) {
        case Format::int4:
            unpack(int4_values, data, first_element, out);
            return reject_minus_eight(std::span<const float>(out));
        case Format::uint4:
            return unpack(uint4_values, data, first_element, out);
        case Format::fp4_r4:
            return unpack(fp4_values, data, first_element, out);
        case Format::fp16:
            return decode_each<std::uint16_t>(data, first_element, out, [](std::uint32_t code) {
                return decode_float(fp16_layout, code);
            });
        case Format::bf16:
            return decode_each<std::uint16_t>(data, first_element, out, [](std::uint32_t code) {
                return decode_float(bf16_layout, code);
            });
        case Format::dlfloat16:
            return decode_each<std::uint16_t>(data, first_element, out, &DlFloat16::decode);
        case Format::fp8_143:
        case Format::fp8_152:
        case Format::uint8:
            return decode_each<std::uint8_t>(
                data, first_element, out,
                [format](std::uint32_t code) { return decode(format, code); });
        case Format::fp32:
        case Format::int32:
            return decode_each<std::uint32_t>(
                data, first_element, out,
                [format](std::uint32_t code) { return decode(format, code); });
    }
}

void encode_row(Format format, std::byte* data, std::int64_t first_element,
                std::span<const float> values, Faults* faults) {
    const auto generic = [format, faults](float x) { return encode(format, x, faults); };
    switch (format) {
        case Format::int4:
        case Format::uint4:
        case Format::fp4_r4:
            for (std::size_t i = 0; i < values.size(); ++i) {
                store_nibble(data, first_element + static_cast<std::int64_t>(i),
                             generic(values[i]));
            }
            return;
        case Format::fp16:
            return encode_each<std::uint16_t>(data, first_element, values, [faults](float x) {
                return encode_float(fp16_layout, static_cast<double>(x), faults);
            });
        case Format::bf16:
            return encode_each<std::uint16_t>(data, first_element, values, [faults](float x) {
                return encode_float(bf16_layout, static_cast<double>(x), faults);
            });
        case Format::dlfloat16:
            return encode_each<std::uint16_t>(data, first_element, values, [faults](float x) {
                return DlFloat16::encode(static_cast<double>(x), faults);
            });
        case Format::fp8_143:
        case Format::fp8_152:
        case Format::uint8:
            return encode_each<std::uint8_t>(data, first_element, values, generic);
        case Format::fp32:
        case Format::int32:
            return encode_each<std::uint32_t>(data, first_element, values, generic);
    }
}

}  // namespace quatrain::numerics
