// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "tests/unit/vector_unit/clocked_bench.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string_view>

namespace quatrain::vector_unit {

using isa::VectorInstruction;
using isa::VectorOperation;
using numerics::Format;

/// What a failing case is shrunk in.
struct Shape {
    std::int64_t rows, columns, immediate;
    std::int64_t lanes, depth, special_cycles;
    std::int64_t height, width, kernel, stride, images;
    std::int64_t times, stalls;
};

/// A field and the least that makes sense.
struct ShapeField {
    std::int64_t Shape::*field;
    std::int64_t least = 1;
};
constexpr std::array shape_fields{
    ShapeField{&Shape::stalls, 0},      ShapeField{&Shape::rows},   ShapeField{&Shape::columns},
    ShapeField{&Shape::immediate},      ShapeField{&Shape::lanes},  ShapeField{&Shape::depth},
    ShapeField{&Shape::special_cycles}, ShapeField{&Shape::height}, ShapeField{&Shape::width},
    ShapeField{&Shape::kernel},         ShapeField{&Shape::stride}, ShapeField{&Shape::images},
    ShapeField{&Shape::times}};

/// Fills the buffers operand by operand.
class CaseBuilder {
public:
    CaseBuilder(VectorOperation operation, const Shape& shape, std::uint64_t seed)
        : shape_(shape), random_(seed) {
        case_.params = {shape.lanes, shape.depth, shape.special_cycles};
        case_.times = static_cast<int>(shape.times);
        case_.stalls = static_cast<std::uint32_t>(shape.stalls);
        case_.seed = seed;
        instruction().operation = operation;
        instruction().rows = shape.rows;
        instruction().columns = shape.columns;
        instruction().immediate = shape.immediate;
        instruction().accumulate = chance(2);
        oddities_ = below(4);
    }

    Case build() {
        const VectorOperation operation = instruction().operation;
        switch (operation) {
            case VectorOperation::fill_zero:
                out(0, any_format(), tile());
                break;
            case VectorOperation::input_normalise:
                in(0, chance(2) ? Format::uint8 : float_format(), tile());
                vectors_in(1, 2);
                out(0, float_format(), tile());
                break;
            case VectorOperation::relu:
                in(0, value_format(), tile());
                out_maybe_in_place(value_format());
                break;
            case VectorOperation::relu_backward:
                in(0, float_format(), tile());
                in(1, value_format(), tile());
                out_maybe_in_place(float_format());
                break;
            case VectorOperation::activation_backward:
                in(0, float_format(), tile());
                in(1, float_format(), tile());
                out_maybe_in_place(float_format());
                vectors_out(1, 1);
                scalar(0, chance(8) ? -1.0F : threshold);
                break;
            case VectorOperation::add:
                stepped(0, tile());
                stepped(1, tile());
                out(0, float_format(), tile());
                break;
            case VectorOperation::bias_add:
                in(0, float_format(), tile());
                vectors_in(1, 1);
                out_maybe_in_place(float_format());
                break;
            case VectorOperation::column_sum:
                in(0, float_format(), tile());
                vectors_out(0, 0);
                break;
            case VectorOperation::reduce_columns:
                instruction().rows = 1;
                vectors_in(0, 0);
                scalar(0, 7.0F);
                break;
            case VectorOperation::batch_norm_statistics:
                in(0, float_format(), tile());
                vectors_out(0, 1);
                break;
            case VectorOperation::batch_norm_finish:
                batch_norm_finish();
                break;
            case VectorOperation::batch_norm_normalise:
                in(0, float_format(), tile());
                vectors_in(1, 4);
                out_maybe_in_place(float_format());
                break;
            case VectorOperation::batch_norm_backward_statistics:
                in(0, float_format(), tile());
                in(1, float_format(), tile());
                vectors_in(2, 3);
                vectors_out(0, 1);
                break;
            case VectorOperation::batch_norm_backward_apply:
                in(0, float_format(), tile());
                in(1, float_format(), tile());
                vectors_in(2, 6);
                out_maybe_in_place(float_format());
                break;
            case VectorOperation::max_pool:
            case VectorOperation::max_pool_backward:
                pool(operation == VectorOperation::max_pool_backward);
                break;
            case VectorOperation::average_pool:
                stepped(0, tile() * shape_.immediate);
                out(0, float_format(), tile());
                break;
            case VectorOperation::average_pool_backward:
                in(0, float_format(), tile());
                out(0, float_format(), tile() * shape_.immediate);
                break;
            case VectorOperation::softmax_cross_entropy:
                in(0, float_format(), tile());
                labels();
                out_maybe_in_place(float_format());
                scalar(0, 0.75F);
                break;
            case VectorOperation::divide_scalar:
                scalar(0, normal());
                break;
            case VectorOperation::sgd_update:
                for (std::size_t i = 0; i < 3; ++i) in(i, float_format(), tile());
                update_out(0, 1);
                update_out(1, 2);
                update_scalars(0);
                if (chance(2)) scalar(3, threshold);
                break;
            case VectorOperation::sgd_update_scalar:
                for (std::size_t i = 0; i < 3; ++i) scalar(i, normal());
                scalar(3, 0.1F);
                scalar(4, 0.9F);
                if (chance(2)) scalar(5, 1e-2F);
                break;
            case VectorOperation::add_scalars:
                scalar(0, value(Format::fp32));
                if (!chance(3)) scalar(1, value(Format::fp32));
                scalar(2, 7.0F);
                break;
            default:
                throw std::logic_error("no operation of the vector unit");
        }
        return std::move(case_);
    }

private:
    static constexpr float threshold = 1.25F;  ///< alpha; some values lie exactly on it

    VectorInstruction& instruction() { return case_.instruction; }
    bool chance(std::uint64_t of) { return random_() % of == 0; }
    std::int64_t below(std::int64_t limit) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
    }
    float normal() { return std::normal_distribution<float>(0.0F, 1.5F)(random_); }
    Format float_format() {
        constexpr std::array formats{Format::fp32, Format::fp16, Format::dlfloat16, Format::bf16};
        return formats.at(static_cast<std::size_t>(below(4)));
    }
    /// Of activations that are not codes.
    Format value_format() { return chance(3) ? Format::fp8_143 : float_format(); }
    Format any_format() { return chance(3) ? Format::uint4 : value_format(); }
    std::int64_t tile() { return case_.instruction.rows * case_.instruction.columns; }

    /// A case has NaN inputs or infinite ones, not both: infinities make NaNs of their own, and
    /// IEEE 754 leaves open which of two NaNs an addition returns. (A NaN of dlfloat16 reads as an
    /// infinity.)
    float value(Format format) {
        constexpr float infinity = std::numeric_limits<float>::infinity();
        constexpr std::array infinite{infinity, -infinity, 1e36F, -0.0F, -3e-39F};
        constexpr std::array not_a_number{std::numeric_limits<float>::quiet_NaN(), -0.0F, -3e-39F};
        if (chance(8)) return 0.0F;
        if (chance(16)) return chance(2) ? threshold : -threshold;
        if (oddities_ == 1 && chance(12)) return infinite.at(below(infinite.size()));
        if (oddities_ == 2 && format != Format::dlfloat16 && chance(12))
            return not_a_number.at(below(not_a_number.size()));
        return normal();
    }
    isa::Operand room(Format format, std::int64_t count) {
        const auto address = static_cast<std::int64_t>(case_.vector.size());
        const auto bytes = static_cast<std::size_t>(numerics::packed_bytes(format, count));
        case_.vector.resize(case_.vector.size() + bytes + 1, std::byte{0xA5});
        return {address, format};
    }
    void in(std::size_t index, Format format, std::int64_t count) {
        instruction().in.at(index) = room(format, count);
        for (std::int64_t i = 0; i < count; ++i) {
            const bool integer = format == Format::uint4 || format == Format::uint8;
            const std::uint32_t code =
                integer ? static_cast<std::uint32_t>(below(1LL << numerics::bits(format)))
                        : numerics::encode(format, value(format));
            numerics::store_code(case_.vector.data() + instruction().in.at(index).address, format,
                                 i, code);
        }
    }
    void out(std::size_t index, Format format, std::int64_t count) {
        instruction().out.at(index) = room(format, count);
    }
    void out_maybe_in_place(Format format) {
        if (chance(2))
            instruction().out[0] = instruction().in[0];
        else
            out(0, format, tile());
    }
    void update_out(std::size_t index, std::size_t of) {
        if (chance(2))
            instruction().out.at(index) = instruction().in.at(of);
        else
            out(index, float_format(), tile());
    }
    void vectors_in(std::size_t first, std::size_t last) {
        for (std::size_t i = first; i <= last; ++i) in(i, Format::fp32, shape_.columns);
    }
    void vectors_out(std::size_t first, std::size_t last) {
        for (std::size_t i = first; i <= last; ++i) {
            in(6, Format::fp32, shape_.columns);  // sums that are there already
            instruction().out.at(i) = instruction().in[6];
            instruction().in[6] = {};
        }
    }
    void scalar(std::size_t index, float value) {
        instruction().scalars.at(index) = static_cast<std::int64_t>(case_.scalar.size());
        case_.scalar.resize(case_.scalar.size() + 4);
        std::memcpy(case_.scalar.data() + instruction().scalars.at(index), &value, 4);
    }
    void stepped(std::size_t index, std::int64_t count) {
        const bool codes = chance(2);
        in(index, codes ? Format::uint4 : value_format(), count);
        if (codes || chance(4)) scalar(index, 0.375F);
    }
    void update_scalars(std::size_t first) {
        scalar(first, 0.1F);
        scalar(first + 1, 0.9F);
        if (chance(2)) scalar(first + 2, 1e-2F);
    }
    void labels() {
        instruction().in[1] = room(Format::int32, shape_.rows);
        for (std::int64_t i = 0; i < shape_.rows; ++i)
            numerics::store_code(case_.vector.data() + instruction().in[1].address, Format::int32,
                                 i, static_cast<std::uint32_t>(below(shape_.columns)));
    }
    void batch_norm_finish() {
        instruction().rows = 1;
        instruction().accumulate = false;
        const bool running = chance(2);
        vectors_in(0, running ? 3 : 1);
        scalar(0, 1e-5F);
        for (std::size_t i = 0; i < (running ? 4 : 2); ++i) {
            if (i >= 2 && chance(2))
                instruction().out.at(i) = instruction().in.at(i);
            else
                out(i, Format::fp32, shape_.columns);
        }
        for (std::size_t i = 1; running && i < 4; ++i) scalar(i, 0.25F * static_cast<float>(i));
    }

    void pool(bool backward) {
        // Overlapping windows that share a group and a pixel, whose order FP32 shows.
        const bool crowded = backward && chance(2);
        if (crowded) {
            shape_.kernel = 3;
            shape_.stride = 1;
            instruction().columns = 1;
        }
        isa::WindowGeometry& w = instruction().window;
        w.kernel = std::min({shape_.kernel, shape_.height, shape_.width});
        w.stride = shape_.stride;
        w.padding = below(w.kernel);
        w.input_height = w.input_rows = w.result_rows = shape_.height;
        w.input_width = shape_.width;
        w.output_height = w.output_rows = (shape_.height + 2 * w.padding - w.kernel) / w.stride + 1;
        w.output_width = (shape_.width + 2 * w.padding - w.kernel) / w.stride + 1;
        if (shape_.images == 1 && chance(2)) backward ? result_band(w) : output_band(w);
        const std::int64_t columns = instruction().columns;
        const std::int64_t inputs = shape_.images * w.input_rows * w.input_width * columns;
        const std::int64_t outputs = shape_.images * w.output_rows * w.output_width * columns;
        if (backward) {
            in(0, crowded ? Format::fp32 : float_format(), outputs);
            in(1, any_format(), inputs);
            if (crowded) peak(inputs);
            instruction().rows = shape_.images * w.result_rows * w.input_width;
            out(0, crowded ? Format::fp32 : float_format(), tile());
        } else {
            in(0, any_format(), inputs);
            instruction().rows = shape_.images * w.output_rows * w.output_width;
            out(0, instruction().in[0].format, tile());
        }
    }
    /// One pixel that many windows choose: its sum has many terms.
    void peak(std::int64_t inputs) {
        const isa::Operand& x = instruction().in[1];
        const std::int64_t width = instruction().window.input_width * instruction().columns;
        const std::int64_t middle = inputs / width / 2 * width + width / 2;
        if (inputs > 0)
            numerics::store_code(case_.vector.data() + x.address, x.format, middle,
                                 numerics::encode(x.format, 15.0F));
    }
    static std::int64_t first_input(const isa::WindowGeometry& w, std::int64_t row) {
        return std::max<std::int64_t>(0, row * w.stride - w.padding);
    }
    static std::int64_t end_input(const isa::WindowGeometry& w, std::int64_t row) {
        return std::min(w.input_height, row * w.stride - w.padding + w.kernel);
    }
    void cover_inputs(isa::WindowGeometry& w) {
        w.first_input_row = 0;
        if (w.output_rows == 0 || chance(3)) return;
        w.first_input_row = first_input(w, w.first_output_row);
        w.input_rows = end_input(w, w.first_output_row + w.output_rows - 1) - w.first_input_row;
    }
    void output_band(isa::WindowGeometry& w) {
        w.first_output_row = below(w.output_height);
        w.output_rows = 1 + below(w.output_height - w.first_output_row);
        cover_inputs(w);
    }
    void result_band(isa::WindowGeometry& w) {
        w.first_result_row = below(w.input_height);
        w.result_rows = 1 + below(w.input_height - w.first_result_row);
        std::int64_t first = w.output_height, end = 0;
        for (std::int64_t row = 0; row < w.output_height; ++row)
            if (first_input(w, row) < w.first_result_row + w.result_rows &&
                end_input(w, row) > w.first_result_row) {
                first = std::min(first, row);
                end = row + 1;
            }
        w.first_output_row = end == 0 ? 0 : first;
        w.output_rows = end == 0 ? 0 : end - first;
        cover_inputs(w);
    }

    Shape shape_;
    std::mt19937_64 random_;
    std::int64_t oddities_;
    Case case_;
};

inline Shape random_shape(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto from = [&random](std::int64_t first, std::int64_t last) {
        return std::uniform_int_distribution<std::int64_t>(first, last)(random);
    };
    return {.rows = from(1, 7),
            .columns = from(1, 20),
            .immediate = from(1, 6),
            .lanes = from(1, 9),
            .depth = from(1, 6),
            .special_cycles = from(1, 5),
            .height = from(1, 7),
            .width = from(1, 7),
            .kernel = from(1, 3),
            .stride = from(1, 3),
            .images = from(1, 2),
            .times = from(1, 2),
            .stalls = from(0, 3)};
}

}  // namespace quatrain::vector_unit
