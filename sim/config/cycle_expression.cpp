// SPDX-License-Identifier: Apache-2.0
#include "sim/config/cycle_expression.hpp"

#include "sim/config/error.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

namespace quatrain::config {
namespace {

// Terms below this cannot overflow a sum that fits a line.
constexpr std::int64_t largest_integer = 1'000'000'000;

// Not those of <cctype>, which hang on the locale.
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
    return is_letter(c) || is_digit(c) || c == '_';
}

[[noreturn]] void reject(std::string_view why) {
    throw ConfigError(fmt::format("must be timings and integers joined by + and -: {}", why));
}

std::int64_t integer(std::string_view word) {
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (stop != word.data() + word.size()) reject(fmt::format("'{}' is neither", word));
    if (error != std::errc{} || value > largest_integer)
        reject(fmt::format("{} is above {}", word, largest_integer));
    return value;
}

std::string_view take_word(std::string_view& rest) {
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_word);
    const std::string_view word = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(word.size());
    return word;
}

void skip_spaces(std::string_view& rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
}

}  // namespace

bool is_timing_name(std::string_view text) {
    return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, is_word);
}

std::int64_t evaluate_cycles(std::string_view expression,
                             const std::function<std::int64_t(const std::string& name)>& lookup) {
    std::int64_t sum = 0;
    std::int64_t sign = 1;
    for (std::string_view rest = expression;;) {
        skip_spaces(rest);
        if (rest.empty()) reject("a term is missing at the end");
        const std::string_view word = take_word(rest);
        if (word.empty()) reject(fmt::format("a term is missing before '{}'", rest));
        sum += sign * (is_timing_name(word) ? lookup(std::string(word)) : integer(word));
        skip_spaces(rest);
        if (rest.empty()) return sum;
        if (rest.front() != '+' && rest.front() != '-')
            reject(fmt::format("+ or - is missing before '{}'", rest));
        sign = rest.front() == '+' ? 1 : -1;
        rest.remove_prefix(1);
    }
}

}  // namespace quatrain::config
