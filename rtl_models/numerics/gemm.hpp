// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/format.hpp"

#include <oneapi/tbb/cache_aligned_allocator.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

namespace quatrain::numerics {

/// How the array multiplies a pair of formats, and so how the kernels see the decoded operands: a
/// 32-bit *word* holds 4, 2 or 1 consecutive reduction elements.
enum class ProductKind : std::uint8_t {
    integer4,     ///< uint4 x int4: int8 elements, 4 to a word
    logarithmic,  ///< int4 x int4, and fp4_r4 with int4 or uint4 on the other side: int16 elements,
                  ///< 2 to a word
    floating,     ///< every mode wider than 4 bits: the values as FP32 elements, 1 to a word
};

/// Throws as precision() does.
ProductKind product_kind(Format moving, Format stationary);
/// Reduction elements in a word: 4, 2 or 1.
int elements_per_word(ProductKind kind);
/// log2 of the unit of the integer sums: -6 when an operand is fp4_r4, 0 otherwise.
int unit_log2(Format moving, Format stationary);

/// Rows of decoded elements; the pointer's type goes with the kind. int8: int4, uint4 as integers.
/// int16: the same, and fp4_r4 as +-4^(c-1). float: the value of a code of any operand format but
/// fp4_r4.
using DecodedRows = std::variant<std::int8_t*, std::int16_t*, float*>;

/// Memory for rows of decoded elements of one kind, reused from call to call.
class DecodedBuffer {
public:
    /// Room for rows x stride elements, zero in every element. Invalidates earlier pointers.
    DecodedRows zeroed(ProductKind kind, std::int64_t rows, std::int64_t stride);

private:
    std::vector<std::int8_t> bytes_;
    std::vector<std::int16_t> shorts_;
    std::vector<float> floats_;
};

/// `rows` runs of `length` packed elements, run i starting at element first_element + i *
/// element_stride counted from `source` (4-bit elements: low nibble first; others in little-endian
/// order), decoded into rows `destination_stride` elements apart. The source must hold every
/// element. Throws std::invalid_argument when a run holds -8 in int4, or when the destination's
/// type does not fit the format.
void decode_rows(Format format, std::span<const std::byte> source, std::int64_t first_element,
                 std::int64_t element_stride, std::int64_t rows, std::int64_t length,
                 DecodedRows destination, std::int64_t destination_stride);

/// An operand as the kernels read it: word (i, s) holds reduction elements [s * e, s * e + e) of
/// row i (moving) or column i (stationary), e = elements_per_word. Chunks are padded with zeros to
/// whole words.
struct PackedOperand {
    /// Vectors that begin on a cache line are read at once; others lie upon two.
    std::vector<std::uint32_t, oneapi::tbb::cache_aligned_allocator<std::uint32_t>> words;
    std::int64_t width = 0;  ///< rows of the moving, columns of the stationary operand
    std::int64_t steps = 0;  ///< words per row or column
    std::int64_t steps_per_chunk = 0;
};

/// Packs `depth` rows of `width` decoded elements, one row per reduction element, `stride` elements
/// apart, as the stationary operand of chunks of `chunk` elements (the last may be short), into
/// `packed`, whose memory is reused.
void pack_stationary(DecodedRows rows, std::int64_t stride, std::int64_t depth, std::int64_t width,
                     std::int64_t chunk, PackedOperand& packed);
/// The same as the moving operand of an output-stationary pass.
void pack_moving(DecodedRows rows, std::int64_t stride, std::int64_t depth, std::int64_t width,
                 std::int64_t chunk, PackedOperand& packed);

/// The moving operand: word (row, step) is words[row * row_stride + step * step_stride], or, with
/// places, words[row_places[row] + step_places[step]].
struct MovingWords {
    const void* words = nullptr;
    std::int64_t row_stride = 0;   ///< [words]
    std::int64_t step_stride = 0;  ///< [words]
    const std::int32_t* row_places = nullptr;
    const std::int32_t* step_places = nullptr;

    /// Those of rows `row` and on.
    MovingWords from_row(std::int64_t row) const;
};

/// Moving vectors that overlap, as those of a convolution do, each decoded element stored once, in
/// chunks of whole words. Memory that is reused from call to call.
struct OverlappingVectors {
    DecodedBuffer memory;
    PackedOperand packed;
    const void* words = nullptr;            ///< in one of them
    std::vector<std::int32_t> row_places;   ///< of each row's first word [words]
    std::vector<std::int32_t> step_places;  ///< of each word, from the row's first [words]
};
/// View of an operand made by pack_moving().
MovingWords moving_words(const PackedOperand& packed);
/// View of decoded rows, one row per moving vector, reduction elements contiguous and padded with
/// zeros to whole words; `stride` [elements] is a multiple of elements_per_word. For a single
/// chunk, or for chunks of whole words.
MovingWords moving_words(ProductKind kind, DecodedRows rows, std::int64_t stride);
MovingWords moving_words(const OverlappingVectors& vectors);
/// Decoded elements as words.
const void* words_of(DecodedRows rows);

/// How chunks are rounded (docs/training-step.md, GEMM).
struct GemmRounding {
    ProductKind kind = ProductKind::integer4;
    Format accumulator = Format::dlfloat16;  ///< dlfloat16, fp16, bf16, fp32 or int32
    int unit_log2 = 0;       ///< of the chunk's integer sum; ignored for int32 and floating
    std::int64_t lanes = 1;  ///< products per exact group, floating only
    std::int64_t chunk = 1;  ///< reduction elements per chunk
};

/// Columns of an accumulator tile, rounded up to what the kernels write.
std::int64_t padded_columns(std::int64_t columns);

/// accumulators[t][n] = accumulators[t][n] + round(chunk sum) for every chunk in order, t in [0,
/// rows), n in [0, stationary.width). `accumulators` holds `rows` rows of `stride` >=
/// padded_columns(width) 32-bit words: the accumulator's value as FP32, or the integer for int32.
/// Results do not depend on `threads`. Throws std::overflow_error when an int32 accumulator
/// overflows, std::invalid_argument when a chunk's exact sum could exceed 31 bits, int32
/// accumulators are asked for floating products, or groups of them (lanes > 1) for vectors that
/// overlap.
void multiply_chunks(const GemmRounding& rounding, const MovingWords& moving,
                     const PackedOperand& stationary, std::int64_t rows,
                     std::span<std::uint32_t> accumulators, std::int64_t stride, int threads);

/// Decodes `rows` rows of `columns` accumulators, `source_stride` bytes apart, into 32-bit words as
/// above.
void load_accumulators(Format format, const std::byte* source, std::int64_t source_stride,
                       std::int64_t rows, std::int64_t columns, std::uint32_t* accumulators,
                       std::int64_t stride);
/// Inverse of load_accumulators; the values are values of the format.
void store_accumulators(Format format, const std::uint32_t* accumulators, std::int64_t stride,
                        std::int64_t rows, std::int64_t columns, std::byte* destination,
                        std::int64_t destination_stride);

/// Elements that are zero per reduction element: of row-major rows [count][stride], the first
/// `depth` of each row. Adds to zeros[0..depth).
void count_zeros(DecodedRows rows, std::int64_t stride, std::int64_t count, std::int64_t depth,
                 std::span<std::int64_t> zeros);
/// Elements that are zero per row, of the first `width` of each row.
std::vector<std::int64_t> count_zeros_in_rows(DecodedRows rows, std::int64_t stride,
                                              std::int64_t count, std::int64_t width);
/// Products with a zero operand: for reduction element k, `moving_zeros[k]` of `rows` moving and
/// `stationary_zeros[k]` of `columns` stationary elements are zero.
std::int64_t zero_products(std::span<const std::int64_t> moving_zeros, std::int64_t rows,
                           std::span<const std::int64_t> stationary_zeros, std::int64_t columns);

/// The definition, element by element: what multiply_chunks() must equal to the bit. `moving` is
/// [rows][depth], `stationary` [depth][columns], integers for the 4-bit kinds, values for
/// floating; the accumulators are as above, `columns` to a row.
void multiply_reference(const GemmRounding& rounding, std::span<const float> moving,
                        std::span<const float> stationary, std::int64_t rows, std::int64_t columns,
                        std::int64_t depth, std::span<std::uint32_t> accumulators);

}  // namespace quatrain::numerics
