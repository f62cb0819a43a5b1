// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scaling_unit/clocked_problem.hpp"

#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "tests/support/random_stream.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

using isa::VectorInstruction;
using isa::VectorOperation;
using numerics::Format;
using test::below;
using test::Random;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

constexpr std::array tile_formats{Format::fp32, Format::fp16, Format::dlfloat16, Format::bf16};
constexpr std::array result_formats{
    Format::fp32,    Format::fp16, Format::dlfloat16, Format::bf16,   Format::fp8_143,
    Format::fp8_152, Format::int4, Format::uint4,     Format::fp4_r4, Format::uint8};
constexpr std::array accumulator_formats{Format::dlfloat16, Format::fp16, Format::bf16,
                                         Format::fp32, Format::int32};

template <class T, std::size_t n>
T one_of(Random& random, const std::array<T, n>& choices) {
    return choices[static_cast<std::size_t>(below(random, static_cast<std::int64_t>(n)))];
}

float normal(Random& random, float deviation) {
    return std::normal_distribution<float>()(random) * deviation;
}

/// NaNs come with one payload only: which of two operands' payloads a sum keeps is the host's
/// affair.
float special_value(Random& random) {
    return one_of(random, std::array{0.0F, -0.0F, infinity, -infinity, not_a_number, 0x1p-149F,
                                     -0x1.8p-130F, 0x1.fffffep127F, -0x1p-126F});
}

/// Lays operands into the memories, with noise in front of each.
class Layout {
public:
    Layout(Random& random, Problem& problem) : random_(random), problem_(problem) {}

    std::int64_t room(std::vector<std::byte>& memory, std::int64_t bytes) {
        noise(memory, below(random_, 7));
        const auto address = static_cast<std::int64_t>(memory.size());
        noise(memory, bytes);
        return address;
    }
    isa::Operand room(Format format, std::int64_t elements) {
        return {room(problem_.vector, numerics::packed_bytes(format, elements)), format};
    }
    isa::Operand tile(Format format, std::int64_t elements, const std::function<float()>& value) {
        const isa::Operand operand = room(format, elements);
        for (std::int64_t i = 0; i < elements; ++i)
            numerics::store_code(problem_.vector.data() + operand.address, format, i,
                                 numerics::encode(format, value()));
        return operand;
    }
    template <class T>
    std::int64_t scalar(T value) {
        static_assert(sizeof(T) == 4);
        const std::int64_t address = room(problem_.scalar, 4);
        std::memcpy(problem_.scalar.data() + address, &value, 4);
        return address;
    }
    void end() {
        for (auto* memory : {&problem_.accumulator, &problem_.vector, &problem_.scalar})
            noise(*memory, 5);
    }

private:
    void noise(std::vector<std::byte>& memory, std::int64_t bytes) {
        for (std::int64_t i = 0; i < bytes; ++i)
            memory.push_back(static_cast<std::byte>(below(random_, 256)));
    }

    Random& random_;
    Problem& problem_;
};

isa::Drain drain_of(const Case& one, Random& random, Problem& problem, Layout& layout) {
    isa::Drain drain;
    problem.accumulator_format = one_of(random, accumulator_formats);
    drain.format = one_of(random, result_formats);
    const bool step_a = below(random, 3) != 0, step_b = below(random, 3) != 0,
               gradscale = below(random, 2) != 0, special_step = below(random, 12) == 0;
    const float scale = std::exp2(static_cast<float>(below(random, 12) - 8));
    drain.exponent = below(random, 10) == 0 ? below(random, 254) - 126 : -below(random, 8);
    const std::int64_t gaps[2]{below(random, 5), below(random, 5)};
    if (step_a)
        drain.step_a = layout.scalar(special_step ? special_value(random)
                                                  : scale * std::fabs(normal(random, 1.0F)));
    if (step_b) drain.step_b = layout.scalar(std::fabs(normal(random, 2.0F)) + 0x1p-10F);
    if (gradscale)
        drain.gradscale = layout.scalar(static_cast<std::int32_t>(below(random, 30) - 10));

    drain.rows = one.rows;
    drain.columns = one.columns;
    const std::int64_t source_bytes =
        numerics::packed_bytes(problem.accumulator_format, one.columns);
    const std::int64_t result_bytes = numerics::packed_bytes(drain.format, one.columns);
    drain.accumulator_stride = source_bytes + gaps[0];
    drain.destination_stride = result_bytes + gaps[1];
    drain.accumulator_address =
        layout.room(problem.accumulator, one.rows * drain.accumulator_stride);
    drain.destination = layout.room(problem.vector, one.rows * drain.destination_stride);
    for (std::int64_t row = 0; row < one.rows; ++row)
        for (std::int64_t column = 0; column < one.columns; ++column) {
            std::uint32_t code = 0;
            if (problem.accumulator_format == Format::int32) {
                code = static_cast<std::uint32_t>(random()) >> below(random, 32);
                if (below(random, 2) == 0) code = -code;
            } else {
                code = numerics::encode(problem.accumulator_format, below(random, 6) == 0
                                                                        ? special_value(random)
                                                                        : normal(random, 100.0F));
            }
            numerics::store_code(problem.accumulator.data() + drain.accumulator_address +
                                     row * drain.accumulator_stride,
                                 problem.accumulator_format, column, code);
        }
    return drain;
}

/// A sum as earlier tiles may have left it: not negative.
float running_sum(Random& random) {
    if (below(random, 15) == 0) return one_of(random, std::array{0.0F, infinity, not_a_number});
    return std::fabs(normal(random, 3.0F));
}

void weight_statistics(VectorInstruction& op, Random& random, Layout& layout) {
    const Format format = one_of(random, tile_formats);
    op.accumulate = below(random, 2) == 0;
    const bool specials = below(random, 3) == 0;
    op.in[0] = layout.tile(format, op.rows * op.columns, [&] {
        return specials && below(random, 8) == 0 ? special_value(random) : normal(random, 0.3F);
    });
    for (std::size_t i = 0; i < 3; ++i)
        op.out[i] = layout.tile(Format::fp32, op.columns, [&] { return running_sum(random); });
}

void weight_scale(VectorInstruction& op, Random& random, Layout& layout) {
    op.rows = 1;
    // Sums of squares that are small beside the sums make the formula fall back to the maximum.
    const float squares = below(random, 4) == 0 ? 0.01F : 3.0F;
    const bool specials = below(random, 4) == 0;
    op.immediate = 1 + below(random, 100000);
    const auto value = [&](float deviation) {
        return specials ? running_sum(random) : std::fabs(normal(random, deviation));
    };
    op.in[0] = layout.tile(Format::fp32, op.columns, [&] { return value(3.0F); });
    op.in[1] = layout.tile(Format::fp32, op.columns, [&] { return value(squares); });
    op.in[2] = layout.tile(Format::fp32, op.columns, [&] { return value(1.0F); });
    op.scalars[0] = layout.scalar(0);
    op.scalars[1] = layout.scalar(0);
}

void quantise_weight(VectorInstruction& op, Random& random, Layout& layout) {
    const Format format = one_of(random, tile_formats);
    const bool divides = below(random, 3) != 0, copies = below(random, 2) == 0;
    const Format result = divides ? Format::int4 : one_of(random, result_formats);
    float step = std::fabs(normal(random, 0.1F));
    if (below(random, 8) == 0) step = special_value(random);
    if (divides) op.scalars[0] = layout.scalar(step);
    op.in[0] = layout.tile(format, op.rows * op.columns, [&] {
        const std::int64_t kind = below(random, 6);
        if (kind == 0) return special_value(random);
        if (kind == 1)  // ties, or next to them
            return static_cast<float>(below(random, 41) - 20) * 0.5F * (divides ? step : 1.0F);
        return normal(random, divides ? 4.0F * step : 4.0F);
    });
    op.out[0] = layout.room(result, op.rows * op.columns);
    if (copies) op.out[1] = layout.room(result, op.rows * op.columns);
}

/// |t| on a threshold of fp4_r4 or a tie of fp8_152, or one unit beside it; or anything.
float gradient(Random& random) {
    const std::int64_t kind = below(random, 8);
    if (kind == 0) return special_value(random);
    if (kind < 4) {
        const float factor =
            one_of(random, std::array{1.0F, 1.125F, 1.25F, 1.375F, 1.5F, 1.625F, 1.875F});
        float t = std::ldexp(factor, static_cast<int>(below(random, 37)) - 19);
        const std::int64_t beside = below(random, 3) - 1;
        if (beside != 0) t = std::nextafter(t, beside > 0 ? infinity : 0.0F);
        return below(random, 2) == 0 ? t : -t;
    }
    return std::ldexp(normal(random, 1.0F), static_cast<int>(below(random, 18)) - 10);
}

/// The codes that an instruction makes of a gradient.
struct GradientCodes {
    Format first;
    std::optional<Format> second{};
};
constexpr std::array gradient_codes{
    GradientCodes{Format::fp4_r4}, GradientCodes{Format::fp4_r4, Format::fp4_r4},
    GradientCodes{Format::fp4_r4, Format::fp8_152}, GradientCodes{Format::fp8_152}};

void quantise_gradient(VectorInstruction& op, Random& random, Layout& layout) {
    const Format format = one_of(random, tile_formats);
    op.accumulate = below(random, 2) == 0;
    const GradientCodes codes = one_of(random, gradient_codes);
    const auto log2 = static_cast<std::int32_t>(below(random, 5) == 0 ? below(random, 65) - 24
                                                                      : below(random, 14) - 4);
    std::array<bool, 3> tracked{};
    for (bool& one : tracked) one = below(random, 4) != 0;
    op.scalars[0] = layout.scalar(log2);
    if (below(random, 3) == 0)
        op.immediate = std::bit_cast<std::uint32_t>(
            std::min(4.0F, 1.0F + static_cast<float>(below(random, 301)) / 97.0F));
    if (tracked[0])
        op.scalars[2] = layout.scalar(below(random, 8) == 0 ? infinity : running_sum(random));
    for (std::size_t i = 1; i < 3; ++i)
        if (tracked[i])
            op.scalars[2 + i] = layout.scalar(static_cast<std::int32_t>(below(random, 1000)));
    op.in[0] = layout.tile(format, op.rows * op.columns,
                           [&] { return std::ldexp(gradient(random), -log2); });
    op.out[0] = layout.room(codes.first, op.rows * op.columns);
    if (codes.second) op.out[1] = layout.room(*codes.second, op.rows * op.columns);
}

float largest_gradient(Random& random) {
    const std::array<float, 6> edges{
        32.0F,    64.0F,       std::nextafter(32.0F, 33.0F), std::nextafter(64.0F, 65.0F),
        infinity, not_a_number};
    return below(random, 2) == 0 ? one_of(random, edges) : std::fabs(normal(random, 50.0F));
}

void update_gradscale(VectorInstruction& op, Random& random, Layout& layout) {
    op.scalars[0] = layout.scalar(static_cast<std::int32_t>(below(random, 71) - 28));
    op.scalars[1] = layout.scalar(largest_gradient(random));
    op.scalars[2] = layout.scalar(0);
}

void gradscale_vote(VectorInstruction& op, Random& random, Layout& layout) {
    op.scalars[0] = layout.scalar(largest_gradient(random));
    op.scalars[1] = layout.scalar(0);
}

std::int32_t votes(Random& random) {
    using Limits = std::numeric_limits<std::int32_t>;
    constexpr std::array edges{Limits::min(), Limits::max(), Limits::min() + 1, -1, 0, 1};
    return below(random, 2) == 0 ? one_of(random, edges)
                                 : static_cast<std::int32_t>(below(random, 65)) - 32;
}

void two_votes(VectorInstruction& op, Random& random, Layout& layout) {
    op.scalars[0] = layout.scalar(votes(random));
    if (below(random, 3) != 0) op.scalars[1] = layout.scalar(votes(random));
    op.scalars[2] = layout.scalar(0);
}

void apply_gradscale(VectorInstruction& op, Random& random, Layout& layout) {
    op.scalars[0] = layout.scalar(static_cast<std::int32_t>(below(random, 71) - 28));
    op.scalars[1] = layout.scalar(votes(random));
}

float alpha(Random& random) {
    return below(random, 4) == 0 ? special_value(random) : normal(random, 4.0F) + 3.0F;
}

void activation_scale(VectorInstruction& op, Random& random, Layout& layout) {
    op.scalars[0] = layout.scalar(alpha(random));
    op.scalars[1] = layout.scalar(0);
    op.scalars[2] = layout.scalar(0);
}

void quantise_activation(VectorInstruction& op, Random& random, Layout& layout) {
    const Format format = one_of(random, tile_formats);
    const float level = alpha(random);
    const float reciprocal = below(random, 8) == 0 ? special_value(random) : 15.0F / level;
    op.scalars[0] = layout.scalar(level);
    op.scalars[1] = layout.scalar(reciprocal);
    op.in[0] = layout.tile(format, op.rows * op.columns, [&] {
        const std::int64_t kind = below(random, 6);
        if (kind == 0) return special_value(random);
        if (kind == 1) return level * static_cast<float>(below(random, 40)) / 30.0F;  // ties
        return normal(random, 4.0F);
    });
    op.out[0] = layout.room(Format::uint4, op.rows * op.columns);
}

VectorInstruction instruction_of(const Case& one, Random& random, Layout& layout) {
    using Make = void (*)(VectorInstruction&, Random&, Layout&);
    static constexpr std::array<std::pair<VectorOperation, Make>, 11> makers{
        {{VectorOperation::weight_statistics, weight_statistics},
         {VectorOperation::weight_scale, weight_scale},
         {VectorOperation::quantise_weight, quantise_weight},
         {VectorOperation::quantise_gradient, quantise_gradient},
         {VectorOperation::update_gradscale, update_gradscale},
         {VectorOperation::gradscale_vote, gradscale_vote},
         {VectorOperation::add_votes, two_votes},
         {VectorOperation::apply_gradscale, apply_gradscale},
         {VectorOperation::least_vote, two_votes},
         {VectorOperation::activation_scale, activation_scale},
         {VectorOperation::quantise_activation, quantise_activation}}};
    VectorInstruction result;
    result.rows = one.rows;
    result.columns = one.columns;
    for (const auto& [operation, make] : makers) {
        if (isa::name(operation) != one.operation) continue;
        result.operation = operation;
        make(result, random, layout);
        return result;
    }
    throw std::invalid_argument(one.operation + ": no operation of the scaling units");
}

}  // namespace

std::string describe(const Case& one) {
    return fmt::format("{} seed {}: {} x {}, lanes {}, depth {}, special_cycles {}, stalls {} %",
                       one.operation, one.seed, one.rows, one.columns, one.lanes, one.depth,
                       one.special_cycles, one.stall_percent);
}

Case random_case(const std::string& operation, std::uint64_t seed) {
    Random random(~seed);
    Case one{.operation = operation, .seed = seed};
    const auto extent = [&](std::int64_t limit) {
        return below(random, 5) == 0 ? 1 : 1 + below(random, limit);
    };
    one.rows = extent(7);
    one.columns = extent(21);
    one.lanes = extent(9);
    one.depth = below(random, 8) == 0 ? 7 + below(random, 5) : 1 + below(random, 6);
    one.special_cycles = 1 + below(random, 5);
    one.stall_percent = below(random, 3) == 0 ? 0 : below(random, 60);
    return one;
}

Problem problem_of(const Case& one) {
    Problem problem;
    problem.params = {.lanes = one.lanes, .depth = one.depth, .special_cycles = one.special_cycles};
    Random random(one.seed);
    Layout layout(random, problem);
    if (one.operation == "drain")
        problem.command.body = drain_of(one, random, problem, layout);
    else
        problem.command.body = instruction_of(one, random, layout);
    problem.command.id = one.seed + 1;
    layout.end();
    return problem;
}

}  // namespace quatrain::scaling_unit
