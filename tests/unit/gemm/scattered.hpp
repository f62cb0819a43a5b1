// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/gemm.hpp"

#include <cstdint>
#include <span>
#include <variant>

namespace quatrain::test {

/// `rows` x `depth` decoded elements, upside down and with their words in reverse order, so that
/// only places tell where a word lies.
inline void scatter(numerics::ProductKind kind, std::span<const float> moving, std::int64_t rows,
                    std::int64_t depth, numerics::OverlappingVectors& vectors) {
    const std::int64_t per_word = numerics::elements_per_word(kind);
    const std::int64_t steps = (depth + per_word - 1) / per_word;
    const numerics::DecodedRows elements = vectors.memory.zeroed(kind, rows, steps * per_word);
    vectors.words = numerics::words_of(elements);
    for (std::int64_t t = 0; t < rows; ++t)
        vectors.row_places.push_back(static_cast<std::int32_t>((rows - t) * steps - 1));
    for (std::int64_t step = 0; step < steps; ++step)
        vectors.step_places.push_back(static_cast<std::int32_t>(-step));
    std::visit(
        [&]<class T>(T* to) {
            for (std::int64_t i = 0; i < rows * depth; ++i) {
                const std::int64_t t = i / depth, k = i % depth;
                const std::int64_t word = (rows - t) * steps - 1 - k / per_word;
                to[word * per_word + k % per_word] =
                    static_cast<T>(moving[static_cast<std::size_t>(i)]);
            }
        },
        elements);
}

}  // namespace quatrain::test
