// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/column_rows.hpp"

#include <array>

#include "rtl_models/numerics/highway_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rtl_models/numerics/column_rows.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "rtl_models/numerics/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {
namespace {

using OneFloat = hn::CappedTag<float, 1>;

/// `vectors` vectors of neighbouring columns, from one of a row on.
template <class Tag, int vectors>
struct Panel {
    using Vector = hn::Vec<Tag>;
    using Values = std::array<Vector, vectors>;
    static constexpr std::int64_t columns = vectors * hn::MaxLanes(Tag());

    template <class Body>
    static HWY_INLINE void each(Body body) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v)
            body(v, v * static_cast<std::int64_t>(hn::MaxLanes(Tag())));
    }
    static HWY_INLINE Vector load(const float* from) {
        return hn::LoadU(Tag(), from);
    }
    static HWY_INLINE Values values(const float* from) {
        Values result;
        each([&](int v, std::int64_t at) { result[v] = load(from + at); });
        return result;
    }
    static HWY_INLINE void store(Vector value, float* to) {
        hn::StoreU(value, Tag(), to);
    }
    static HWY_INLINE void store(const Values& values, float* to) {
        each([&](int v, std::int64_t at) { store(values[v], to + at); });
    }
};

/// Calls body(panel, first column) for panels of the columns: whole cache lines, where there are.
template <class Body>
HWY_INLINE void for_each_panel(const ColumnRows& rows, Body body) {
    std::int64_t column = rows.first;
    const auto panels = [&](auto panel) {
        for (; column + panel.columns <= rows.end; column += panel.columns) body(panel, column);
    };
    panels(Panel<Floats, 2>());
    panels(Panel<Floats, 1>());
    panels(Panel<OneFloat, 1>());
}

/// Calls body(place of the row's first value in the panel) for every row.
template <class Body>
HWY_INLINE void for_each_row(const ColumnRows& rows, std::int64_t column, Body body) {
    const std::int64_t end = column + rows.count * rows.columns;
    for (std::int64_t at = column; at < end; at += rows.columns) body(at);
}

void add_rows(const ColumnRows& rows, const float* x, float* sums) {
    for_each_panel(rows, [&]<class P>(P, std::int64_t column) {
        auto sum = P::values(sums + column);
        for_each_row(rows, column, [&](std::int64_t at) {
            P::each([&](int v, std::int64_t i) { sum[v] = hn::Add(sum[v], P::load(x + at + i)); });
        });
        P::store(sum, sums + column);
    });
}

void add_rows_and_squares(const ColumnRows& rows, const float* x, float* sums, float* square_sums) {
    for_each_panel(rows, [&]<class P>(P, std::int64_t column) {
        auto sum = P::values(sums + column);
        auto squares = P::values(square_sums + column);
        for_each_row(rows, column, [&](std::int64_t at) {
            P::each([&](int v, std::int64_t i) {
                const auto value = P::load(x + at + i);
                sum[v] = hn::Add(sum[v], value);
                squares[v] = hn::Add(squares[v], hn::Mul(value, value));
            });
        });
        P::store(sum, sums + column);
        P::store(squares, square_sums + column);
    });
}

void normalise_rows(const ColumnRows& rows, const float* x, const Normalisation& by,
                    const float* scale, const float* shift, float* y) {
    for_each_panel(rows, [&]<class P>(P, std::int64_t column) {
        const auto mean = P::values(by.mean + column);
        const auto deviation = P::values(by.inverse_deviation + column);
        const auto factor = P::values(scale + column);
        const auto term = P::values(shift + column);
        for_each_row(rows, column, [&](std::int64_t at) {
            P::each([&](int v, std::int64_t i) {
                const auto normal = hn::Mul(hn::Sub(P::load(x + at + i), mean[v]), deviation[v]);
                P::store(hn::Add(hn::Mul(normal, factor[v]), term[v]), y + at + i);
            });
        });
    });
}

void add_normalised_products(const ColumnRows& rows, const float* dy, const float* x,
                             const Normalisation& by, float* sums, float* products) {
    for_each_panel(rows, [&]<class P>(P, std::int64_t column) {
        const auto mean = P::values(by.mean + column);
        const auto deviation = P::values(by.inverse_deviation + column);
        auto sum = P::values(sums + column);
        auto product = P::values(products + column);
        for_each_row(rows, column, [&](std::int64_t at) {
            P::each([&](int v, std::int64_t i) {
                const auto gradient = P::load(dy + at + i);
                const auto normal = hn::Mul(hn::Sub(P::load(x + at + i), mean[v]), deviation[v]);
                sum[v] = hn::Add(sum[v], gradient);
                product[v] = hn::Add(product[v], hn::Mul(gradient, normal));
            });
        });
        P::store(sum, sums + column);
        P::store(product, products + column);
    });
}

void normalise_backward(const ColumnRows& rows, const float* dy, const float* x,
                        const Normalisation& by, const float* factor, const float* a,
                        const float* b, float* dx) {
    for_each_panel(rows, [&]<class P>(P, std::int64_t column) {
        const auto mean = P::values(by.mean + column);
        const auto deviation = P::values(by.inverse_deviation + column);
        const auto factors = P::values(factor + column);
        const auto terms = P::values(a + column);
        const auto slopes = P::values(b + column);
        for_each_row(rows, column, [&](std::int64_t at) {
            P::each([&](int v, std::int64_t i) {
                const auto normal = hn::Mul(hn::Sub(P::load(x + at + i), mean[v]), deviation[v]);
                const auto centred = hn::Sub(P::load(dy + at + i), terms[v]);
                P::store(hn::Mul(factors[v], hn::Sub(centred, hn::Mul(normal, slopes[v]))),
                         dx + at + i);
            });
        });
    });
}

/// Calls body(tag, place) for all values, vector by vector.
template <class Body>
HWY_INLINE void for_each_vector(std::int64_t count, Body body) {
    std::int64_t i = 0;
    for (; i + vector_lanes <= count; i += vector_lanes) body(Floats(), i);
    for (; i < count; ++i) body(OneFloat(), i);
}

void pact_backward(std::int64_t count, float alpha, const float* dy, float* x, float* dx) {
    for_each_vector(count, [&]<class Tag>(Tag tag, std::int64_t i) {
        const auto gradient = hn::LoadU(tag, dy + i), value = hn::LoadU(tag, x + i);
        const auto limit = hn::Set(tag, alpha);
        const auto passes = hn::And(hn::Le(hn::Zero(tag), value), hn::Le(value, limit));
        hn::StoreU(hn::IfThenElseZero(passes, gradient), tag, dx + i);
        hn::StoreU(hn::IfThenElseZero(hn::Ge(value, limit), gradient), tag, x + i);
    });
}

void add_values(std::int64_t count, const float* a, const float* b, float* y) {
    for_each_vector(count, [&]<class Tag>(Tag tag, std::int64_t i) {
        hn::StoreU(hn::Add(hn::LoadU(tag, a + i), hn::LoadU(tag, b + i)), tag, y + i);
    });
}

}  // namespace
}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quatrain::numerics {

HWY_EXPORT(add_rows);
HWY_EXPORT(add_rows_and_squares);
HWY_EXPORT(normalise_rows);
HWY_EXPORT(add_normalised_products);
HWY_EXPORT(normalise_backward);
HWY_EXPORT(pact_backward);
HWY_EXPORT(add_values);

void add_rows(const ColumnRows& rows, const float* x, float* sums) {
    HWY_DYNAMIC_DISPATCH(add_rows)(rows, x, sums);
}

void add_rows_and_squares(const ColumnRows& rows, const float* x, float* sums, float* square_sums) {
    HWY_DYNAMIC_DISPATCH(add_rows_and_squares)(rows, x, sums, square_sums);
}

void normalise_rows(const ColumnRows& rows, const float* x, const Normalisation& by,
                    const float* scale, const float* shift, float* y) {
    HWY_DYNAMIC_DISPATCH(normalise_rows)(rows, x, by, scale, shift, y);
}

void add_normalised_products(const ColumnRows& rows, const float* dy, const float* x,
                             const Normalisation& by, float* sums, float* products) {
    HWY_DYNAMIC_DISPATCH(add_normalised_products)(rows, dy, x, by, sums, products);
}

void normalise_backward(const ColumnRows& rows, const float* dy, const float* x,
                        const Normalisation& by, const float* factor, const float* a,
                        const float* b, float* dx) {
    HWY_DYNAMIC_DISPATCH(normalise_backward)(rows, dy, x, by, factor, a, b, dx);
}

void pact_backward(std::int64_t count, float alpha, const float* dy, float* x, float* dx) {
    HWY_DYNAMIC_DISPATCH(pact_backward)(count, alpha, dy, x, dx);
}

void add_values(std::int64_t count, const float* a, const float* b, float* y) {
    HWY_DYNAMIC_DISPATCH(add_values)(count, a, b, y);
}

}  // namespace quatrain::numerics
#endif
