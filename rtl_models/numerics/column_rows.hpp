// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace quatrain::numerics {

// Operations on row-major rows of FP32 values with one value per column, in the widest instructions
// the host has. Every operation is rounded as it is written, a * b + c twice; sums take the rows in
// order. Arrays do not overlap, but for those that are named to.

/// `count` rows of `columns` values, of which columns [first, end) are worked on.
struct ColumnRows {
    std::int64_t count, columns, first, end;
};

/// One value per column each.
struct Normalisation {
    const float *mean, *inverse_deviation;
};

/// sums = sums + x, row by row.
void add_rows(const ColumnRows& rows, const float* x, float* sums);
/// sums = sums + x; square_sums = square_sums + x * x.
void add_rows_and_squares(const ColumnRows& rows, const float* x, float* sums, float* square_sums);
/// y = ((x - mean) * inverse_deviation) * scale + shift.
void normalise_rows(const ColumnRows& rows, const float* x, const Normalisation& by,
                    const float* scale, const float* shift, float* y);
/// sums = sums + dy; products = products + dy * ((x - mean) * inverse_deviation).
void add_normalised_products(const ColumnRows& rows, const float* dy, const float* x,
                             const Normalisation& by, float* sums, float* products);
/// dx = factor * ((dy - a) - ((x - mean) * inverse_deviation) * b).
void normalise_backward(const ColumnRows& rows, const float* dy, const float* x,
                        const Normalisation& by, const float* factor, const float* a,
                        const float* b, float* dx);

/// Of `count` values: dx = dy where pact_passes(x, alpha), x = dy where pact_feeds_alpha(x, alpha),
/// and +0 elsewhere.
void pact_backward(std::int64_t count, float alpha, const float* dy, float* x, float* dx);
/// y = a + b.
void add_values(std::int64_t count, const float* a, const float* b, float* y);

}  // namespace quatrain::numerics
