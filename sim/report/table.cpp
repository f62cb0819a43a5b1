// SPDX-License-Identifier: Apache-2.0
#include "sim/report/table.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::report {
namespace {

void append_line(std::string& text, const std::vector<std::string>& cells,
                 const std::vector<Column>& columns, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line += "  ";
        if (columns[i].align == Align::left) {
            line += fmt::format("{:<{}}", cells[i], widths[i]);
        } else {
            line += fmt::format("{:>{}}", cells[i], widths[i]);
        }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
}

std::string quoted(const std::string& cell) {
    if (cell.find_first_of(",\"\n\r") == std::string::npos) return cell;
    std::string text = "\"";
    for (const char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + "\"";
}

}  // namespace

void Table::add(std::vector<Cell> row) {
    if (row.size() != columns_.size()) {
        throw std::logic_error(
            fmt::format("a row of {} cells in a table of {} columns", row.size(), columns_.size()));
    }
    rows_.push_back(std::move(row));
}

void Table::rule() {
    rules_.push_back(rows_.size());
}

std::string Table::text() const {
    std::vector<std::string> headings;
    std::vector<std::size_t> widths;
    for (const Column& column : columns_) {
        headings.push_back(column.heading);
        widths.push_back(column.heading.size());
    }
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].text.size());
    }
    std::size_t total = 2 * (widths.empty() ? 0 : widths.size() - 1);
    for (const std::size_t width : widths) total += width;
    const std::string across = std::string(total, '-') + "\n";

    std::string text;
    append_line(text, headings, columns_, widths);
    text += across;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (std::find(rules_.begin(), rules_.end(), i) != rules_.end()) text += across;
        std::vector<std::string> cells;
        for (const Cell& cell : rows_[i]) cells.push_back(cell.text);
        append_line(text, cells, columns_, widths);
    }
    return text;
}

std::string Table::csv() const {
    std::string text;
    const auto append = [&text](std::size_t i, const std::string& cell) {
        text += (i == 0 ? "" : ",") + quoted(cell);
    };
    for (std::size_t i = 0; i < columns_.size(); ++i) append(i, columns_[i].heading);
    text += "\n";
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) append(i, row[i].text);
        text += "\n";
    }
    return text;
}

}  // namespace quatrain::report
