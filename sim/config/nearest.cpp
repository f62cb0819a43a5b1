// SPDX-License-Identifier: Apache-2.0
#include "sim/config/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace quatrain::config {
namespace {

// Levenshtein's distance, one row at a time.
std::size_t edit_distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t substitute = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({substitute, row[j] + 1, diagonal + 1});
        }
    }
    return row[b.size()];
}

}  // namespace

std::string nearest_text(const std::string& text, std::span<const std::string> names) {
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const std::string& name : names) ranked.emplace_back(edit_distance(text, name), name);
    std::sort(ranked.begin(), ranked.end());
    ranked.resize(std::min<std::size_t>(ranked.size(), 3));
    std::vector<std::string> best;
    best.reserve(ranked.size());
    for (const auto& [distance, name] : ranked) best.push_back(name);
    return fmt::format("{}", fmt::join(best, ", "));
}

}  // namespace quatrain::config
