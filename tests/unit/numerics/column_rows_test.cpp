// SPDX-License-Identifier: Apache-2.0
// Operations on rows against their definitions, element by element, on every instruction set that
// the host has: any number of columns, parts of them, and nothing written beside them.
#include "rtl_models/numerics/column_rows.hpp"

#include "rtl_models/numerics/pact.hpp"
#include "tests/support/highway_targets.hpp"

#include <gtest/gtest.h>
#include <array>
#include <bit>
#include <functional>
#include <limits>
#include <random>
#include <vector>

namespace quatrain::numerics {
namespace {

using Values = std::vector<float>;
using Random = std::mt19937;

Values random_values(std::int64_t count, Random& random) {
    Values values(static_cast<std::size_t>(count));
    for (float& value : values) value = std::normal_distribution<float>(0.25F, 2.0F)(random);
    return values;
}

std::vector<std::uint32_t> bits(const Values& values) {
    std::vector<std::uint32_t> words;
    for (const float value : values) words.push_back(std::bit_cast<std::uint32_t>(value));
    return words;
}

/// What an operation reads and writes: two tiles, five vectors, and results in place or beside.
struct Operands {
    Values x, dy, y;
    Values mean, deviation, first, second, third;
};

Operands random_operands(const ColumnRows& rows, Random& random) {
    const std::int64_t tile = rows.count * rows.columns;
    const auto vector = [&] { return random_values(rows.columns, random); };
    return {random_values(tile, random),
            random_values(tile, random),
            random_values(tile, random),
            vector(),
            vector(),
            vector(),
            vector(),
            vector()};
}

/// Calls body(element of a tile, column) for what the operation works on, row by row.
void for_each_element(const ColumnRows& rows,
                      const std::function<void(std::size_t, std::size_t)>& body) {
    for (std::int64_t row = 0; row < rows.count; ++row)
        for (std::int64_t column = rows.first; column < rows.end; ++column)
            body(static_cast<std::size_t>(row * rows.columns + column),
                 static_cast<std::size_t>(column));
}

using Operation = std::function<void(const ColumnRows&, Operands&)>;

void expect_equal(const Operation& operation, const Operation& definition) {
    Random random(1);
    for (const std::int64_t columns : {1, 7, 8, 9, 16, 23, 41, 64})
        for (const std::int64_t count : {0, 1, 2, 5})
            for (const std::int64_t first : {std::int64_t{0}, columns / 2}) {
                const ColumnRows rows{count, columns, first, columns - first / 3};
                const Operands before = random_operands(rows, random);
                Operands expected = before;
                definition(rows, expected);
                test::on_every_target([&] {
                    Operands result = before;
                    operation(rows, result);
                    ASSERT_EQ(bits(result.y), bits(expected.y))
                        << columns << " columns, " << count << " rows";
                    ASSERT_EQ(bits(result.first), bits(expected.first)) << columns << " columns";
                    ASSERT_EQ(bits(result.second), bits(expected.second)) << columns << " columns";
                });
            }
}

float normal(const Operands& with, std::size_t at, std::size_t column) {
    return (with.x[at] - with.mean[column]) * with.deviation[column];
}

TEST(ColumnRowsTest, AddsRows) {
    expect_equal(
        [](const ColumnRows& rows, Operands& o) { add_rows(rows, o.x.data(), o.first.data()); },
        [](const ColumnRows& rows, Operands& o) {
            for_each_element(
                rows, [&](std::size_t at, std::size_t c) { o.first[c] = o.first[c] + o.x[at]; });
        });
}

TEST(ColumnRowsTest, AddsRowsAndSquares) {
    expect_equal(
        [](const ColumnRows& rows, Operands& o) {
            add_rows_and_squares(rows, o.x.data(), o.first.data(), o.second.data());
        },
        [](const ColumnRows& rows, Operands& o) {
            for_each_element(rows, [&](std::size_t at, std::size_t c) {
                const float square = o.x[at] * o.x[at];
                o.first[c] = o.first[c] + o.x[at];
                o.second[c] = o.second[c] + square;
            });
        });
}

TEST(ColumnRowsTest, Normalises) {
    expect_equal(
        [](const ColumnRows& rows, Operands& o) {
            normalise_rows(rows, o.x.data(), {o.mean.data(), o.deviation.data()}, o.first.data(),
                           o.second.data(), o.y.data());
        },
        [](const ColumnRows& rows, Operands& o) {
            for_each_element(rows, [&](std::size_t at, std::size_t c) {
                const float product = normal(o, at, c) * o.first[c];
                o.y[at] = product + o.second[c];
            });
        });
}

TEST(ColumnRowsTest, AddsNormalisedProducts) {
    expect_equal(
        [](const ColumnRows& rows, Operands& o) {
            add_normalised_products(rows, o.dy.data(), o.x.data(),
                                    {o.mean.data(), o.deviation.data()}, o.first.data(),
                                    o.second.data());
        },
        [](const ColumnRows& rows, Operands& o) {
            for_each_element(rows, [&](std::size_t at, std::size_t c) {
                const float product = o.dy[at] * normal(o, at, c);
                o.first[c] = o.first[c] + o.dy[at];
                o.second[c] = o.second[c] + product;
            });
        });
}

TEST(ColumnRowsTest, NormalisesBackward) {
    expect_equal(
        [](const ColumnRows& rows, Operands& o) {
            normalise_backward(rows, o.dy.data(), o.x.data(), {o.mean.data(), o.deviation.data()},
                               o.first.data(), o.second.data(), o.third.data(), o.y.data());
        },
        [](const ColumnRows& rows, Operands& o) {
            for_each_element(rows, [&](std::size_t at, std::size_t c) {
                const float product = normal(o, at, c) * o.third[c];
                o.y[at] = o.first[c] * ((o.dy[at] - o.second[c]) - product);
            });
        });
}

TEST(ColumnRowsTest, AddsValues) {
    expect_equal(
        [](const ColumnRows& rows, Operands& o) {
            add_values(rows.count * rows.columns, o.x.data(), o.dy.data(), o.y.data());
        },
        [](const ColumnRows&, Operands& o) {
            for (std::size_t i = 0; i < o.y.size(); ++i) o.y[i] = o.x[i] + o.dy[i];
        });
}

TEST(ColumnRowsTest, PassesGradientsBackToTheBit) {
    Random random(2);
    for (const std::int64_t count : {0, 1, 7, 8, 19, 64})
        for (const float alpha : {1.5F, 0.0F, -1.0F, std::numeric_limits<float>::quiet_NaN()}) {
            const Values dy = random_values(count, random);
            Values x = random_values(count, random);
            for (std::size_t i = 0; i < x.size(); i += 3)
                x[i] =
                    std::array{0.0F, -0.0F, alpha, std::numeric_limits<float>::quiet_NaN()}[i % 4];
            Values expected_dx, expected_x;
            for (std::size_t i = 0; i < x.size(); ++i) {
                expected_dx.push_back(pact_passes(x[i], alpha) ? dy[i] : 0.0F);
                expected_x.push_back(pact_feeds_alpha(x[i], alpha) ? dy[i] : 0.0F);
            }
            test::on_every_target([&] {
                Values fed = x, dx(x.size());
                pact_backward(count, alpha, dy.data(), fed.data(), dx.data());
                ASSERT_EQ(bits(dx), bits(expected_dx)) << alpha;
                ASSERT_EQ(bits(fed), bits(expected_x)) << alpha;
            });
        }
}

}  // namespace
}  // namespace quatrain::numerics
