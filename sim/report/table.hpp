// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace quatrain::report {

enum class Align : unsigned char { left, right };

/// One column: its heading, with the unit in brackets where it has one.
struct Column {
    std::string heading;
    Align align = Align::right;
};

/// What a cell says to people, and to programs where that is a number or a truth.
struct Cell {
    using Value = std::variant<std::string, bool, std::int64_t, std::uint64_t, double>;

    Cell(const char* content) : text(content), value(text) {}
    Cell(std::string content) : text(std::move(content)), value(text) {}
    /// A number, and how people read it.
    Cell(std::string content, Value number) : text(std::move(content)), value(std::move(number)) {}

    std::string text;
    Value value;
};

/// A number with all its digits.
template <class Number>
Cell plain(Number number) {
    return {fmt::format("{}", number), number};
}

/// Rows of text under headings. Printed with aligned columns for people, as CSV for programs.
class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// Throws std::logic_error unless there is a cell for every column.
    void add(std::vector<Cell> row);
    /// A line across, before the next row.
    void rule();

    const std::vector<Column>& columns() const { return columns_; }
    const std::vector<std::vector<Cell>>& rows() const { return rows_; }

    /// Headings, a line, the rows; two spaces between columns, none at the end of a line.
    std::string text() const;
    /// Comma-separated with a heading line; cells with commas, quotes or newlines are quoted (RFC
    /// 4180).
    std::string csv() const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
    std::vector<std::size_t> rules_;  ///< row indices that a line precedes
};

}  // namespace quatrain::report
