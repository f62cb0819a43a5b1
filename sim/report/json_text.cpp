// SPDX-License-Identifier: Apache-2.0
#include "sim/report/json_text.hpp"

#include <fmt/format.h>
#include <cmath>
#include <string_view>

namespace quatrain::report {
namespace {

// No member of a report has this key: the value is a number that a double need not hold.
constexpr std::string_view thousandths_key = "/1000";

void append(std::string& text, const boost::json::value& value, std::size_t depth);

// An object or array: `each` writes the members, separated and indented by `separate`.
template <class Container, class Each>
void append_all(std::string& text, const Container& container, std::size_t depth, char open,
                char close, Each each) {
    text += open;
    bool first = true;
    for (const auto& member : container) {
        text += first ? "\n" : ",\n";
        first = false;
        text.append(2 * (depth + 1), ' ');
        each(member);
    }
    if (!first) text += "\n" + std::string(2 * depth, ' ');
    text += close;
}

void append(std::string& text, const boost::json::value& value, std::size_t depth) {
    switch (value.kind()) {
        case boost::json::kind::object:
            if (const auto* exact = value.get_object().if_contains(thousandths_key)) {
                text += thousandths_text(exact->as_int64());
                break;
            }
            append_all(text, value.get_object(), depth, '{', '}', [&](const auto& member) {
                text += boost::json::serialize(boost::json::string(member.key())) + ": ";
                append(text, member.value(), depth + 1);
            });
            break;
        case boost::json::kind::array:
            append_all(text, value.get_array(), depth, '[', ']',
                       [&](const auto& item) { append(text, item, depth + 1); });
            break;
        case boost::json::kind::double_:
            text +=
                std::isfinite(value.get_double()) ? fmt::format("{}", value.get_double()) : "null";
            break;
        default:
            text += boost::json::serialize(value);
    }
}

}  // namespace

boost::json::value exact_thousandths(std::int64_t thousandths) {
    return boost::json::object{{thousandths_key, thousandths}};
}

std::string thousandths_text(std::int64_t thousandths) {
    const std::uint64_t size = thousandths < 0 ? 0 - static_cast<std::uint64_t>(thousandths)
                                               : static_cast<std::uint64_t>(thousandths);
    return fmt::format("{}{}.{:03}", thousandths < 0 ? "-" : "", size / 1000, size % 1000);
}

std::string json_text(const boost::json::value& value) {
    std::string text;
    append(text, value, 0);
    return text + "\n";
}

}  // namespace quatrain::report
