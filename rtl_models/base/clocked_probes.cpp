// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_probes.hpp"

#include <algorithm>
#include <utility>

namespace quatrain {
namespace {

constexpr int character_bits = 8;

void encode(std::string_view text, sc_dt::sc_bv_base& value) {
    value = sc_dt::sc_bv_base(value.length());
    int bit = 0;
    for (const char character : std::string(text.rbegin(), text.rend())) {
        for (int i = 0; i < character_bits; ++i, ++bit)
            value.set_bit(bit,
                          sc_dt::sc_logic_value_t((static_cast<unsigned>(character) >> i) & 1U));
    }
}

}  // namespace

void Probes::number(const std::string& name, int bits, std::function<std::uint64_t()> source) {
    numbers_.push_back({std::move(source), 0});
    sc_core::sc_trace(file_, numbers_.back().value, name, bits);
}

void Probes::flag(const std::string& name, std::function<bool()> source) {
    flags_.push_back({std::move(source), false});
    sc_core::sc_trace(file_, flags_.back().value, name);
}

void Probes::text(const std::string& name, std::size_t characters,
                  std::function<std::string_view()> source) {
    texts_.push_back(
        {std::move(source), {}, sc_dt::sc_bv_base(character_bits * static_cast<int>(characters))});
    sc_core::sc_trace(file_, texts_.back().value, name);
}

std::uint64_t shown_data(std::span<const std::byte> data) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(data.size(), shown_data_bits / 8); ++i)
        value |= std::to_integer<std::uint64_t>(data[i]) << (8 * i);
    return value;
}

void Probes::sample() {
    for (Number& one : numbers_) one.value = one.source();
    for (Flag& one : flags_) one.value = one.source();
    for (Text& one : texts_) {
        const auto room = static_cast<std::size_t>(one.value.length() / character_bits);
        const std::string_view text = one.source().substr(0, room);
        if (text == one.shown) continue;
        one.shown = text;
        encode(text, one.value);
    }
}

}  // namespace quatrain
