// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/mac_array/clocked.hpp"
#include "rtl_models/mac_array/function.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"
#include "tests/support/random_stream.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <vector>

namespace quatrain::mac_array::test_bench {

using numerics::Format;
using quatrain::test::below;
using quatrain::test::Random;

struct Pair {
    Format moving, stationary;
};
inline constexpr std::array<Pair, 16> pairs{{{Format::uint4, Format::int4},
                                             {Format::int4, Format::int4},
                                             {Format::fp4_r4, Format::int4},
                                             {Format::uint4, Format::fp4_r4},
                                             {Format::int4, Format::fp4_r4},
                                             {Format::fp4_r4, Format::uint4},
                                             {Format::int4, Format::uint4},
                                             {Format::fp16, Format::fp16},
                                             {Format::fp16, Format::dlfloat16},
                                             {Format::dlfloat16, Format::dlfloat16},
                                             {Format::fp8_143, Format::fp8_143},
                                             {Format::fp8_152, Format::int4},
                                             {Format::uint4, Format::fp8_152},
                                             {Format::uint4, Format::dlfloat16},
                                             {Format::dlfloat16, Format::int4},
                                             {Format::fp32, Format::fp32}}};
/// Of the pairs, those of the 4-bit mode, which come first.
inline constexpr std::int64_t four_bit_pairs = 7;

/// One pass of a plan. Sizes are taken modulo what the array holds, so that a plan can shrink field
/// by field.
struct PassPlan {
    std::int64_t weight_stationary = 1;
    std::int64_t pair = 0;
    std::int64_t depth = 1;  ///< reduction elements (WS), pixels (OS)
    std::int64_t width = 1;  ///< vectors (WS), outputs (OS)
    std::int64_t columns = 1;
    std::int64_t accumulate = 0;  ///< accumulate (WS), resume (OS)
    std::int64_t region = 0;      ///< of the accumulator buffer
    std::int64_t delay = 0;       ///< cycles that the sequencer waits when the array is ready
};
struct Plan {
    std::uint64_t seed = 0;
    std::int64_t rows = 1, cols = 1, chunk_steps = 1;
    std::int64_t lanes_4bit = 1, lanes_8bit = 1, lanes_16bit = 1, lanes_32bit = 1;
    std::int64_t accumulator = 0;
    std::int64_t double_stationary = 0, double_result = 0;
    std::int64_t stalls = 0;  ///< percentage of beats that come late
    std::vector<PassPlan> passes;
};

inline Plan random_plan(std::uint64_t seed, std::int64_t largest = 6) {
    Random random(seed);
    constexpr std::array<std::int64_t, 3> lanes{1, 2, 4};
    Plan plan;
    plan.seed = seed;
    plan.rows = 1 + below(random, largest);
    plan.cols = 1 + below(random, largest - 1);
    plan.lanes_4bit = lanes[below(random, 3)];
    plan.lanes_8bit = lanes[below(random, 3)];
    plan.lanes_16bit = lanes[below(random, 3)];
    plan.lanes_32bit = lanes[below(random, 2)];
    plan.chunk_steps = 1 + below(random, 4);
    plan.accumulator = below(random, 5);
    plan.double_stationary = below(random, 2);
    plan.double_result = below(random, 2);
    plan.stalls = below(random, 3) * 30;
    plan.passes.resize(static_cast<std::size_t>(1 + below(random, 5)));
    const std::int64_t mixture = below(random, 3);  // all of one dataflow, or mixed
    for (PassPlan& pass : plan.passes) {
        pass.weight_stationary = mixture == 2 ? below(random, 2) : mixture;
        pass.pair = below(random, static_cast<std::int64_t>(pairs.size()));
        pass.depth = 1 + below(random, below(random, 2) == 0 ? 4 : 24);
        pass.width = 1 + below(random, below(random, 2) == 0 ? 3 : 12);
        pass.columns = 1 + below(random, plan.cols);
        pass.accumulate = below(random, 2);
        pass.region = below(random, 2);
        pass.delay = below(random, 4) == 0 ? below(random, 30) : 0;
    }
    return plan;
}

inline std::string describe(const Plan& plan) {
    std::string text = fmt::format(
        "seed {}: {} x {} PEs, lanes {}, {}, {} and {}, chunk steps {}, accumulator {}, double "
        "stationary "
        "{}, result {}, stalls {} %",
        plan.seed, plan.rows, plan.cols, plan.lanes_4bit, plan.lanes_8bit, plan.lanes_16bit,
        plan.lanes_32bit, plan.chunk_steps, plan.accumulator, plan.double_stationary,
        plan.double_result, plan.stalls);
    for (const PassPlan& pass : plan.passes) {
        text += fmt::format(
            "\n  {} pair {}, depth {}, width {}, columns {}, accumulate {}, region "
            "{}, delay {}",
            pass.weight_stationary != 0 ? "WS" : "OS", pass.pair, pass.depth, pass.width,
            pass.columns, pass.accumulate, pass.region, pass.delay);
    }
    return text;
}

/// A dense matrix of codes.
struct Matrix {
    std::int64_t rows = 0, columns = 0;
    std::vector<std::uint32_t> codes;
    std::uint32_t at(std::int64_t row, std::int64_t column) const {
        if (row >= rows || column >= columns) return 0;
        return codes[static_cast<std::size_t>(row * columns + column)];
    }
};

/// A pass with its operands.
struct PassData {
    bool weight_stationary = true;
    isa::WeightStationaryPass ws;
    isa::OutputStationaryPass os;
    Pair formats{};
    std::int64_t lanes = 1, delay = 0;
    std::int64_t steps = 0;            ///< moving beats
    std::int64_t stationary_rows = 0;  ///< preload beats (WS)
    Matrix moving;                     ///< [vector][k] (WS), [pixel][output] (OS)
    Matrix stationary;                 ///< [k][column] (WS), [pixel][column] (OS)
    std::vector<std::byte> stationary_bytes;

    Command command(std::uint64_t id) const {
        Command result;
        result.id = id;
        if (weight_stationary)
            result.body = ws;
        else
            result.body = os;
        return result;
    }
};

/// Everything that a plan stands for.
struct Scenario {
    Params params;
    std::int64_t stalls = 0;
    std::vector<PassData> passes;
    std::vector<std::byte> accumulators;  ///< before the first pass
};

inline Params params_of(const Plan& plan) {
    Params params;
    params.rows = plan.rows;
    params.cols = plan.cols;
    params.lanes_4bit = plan.lanes_4bit;
    params.lanes_16bit = plan.lanes_16bit;
    params.lanes_8bit = plan.lanes_8bit;
    params.lanes_32bit = plan.lanes_32bit;
    params.chunk = std::max({plan.lanes_4bit, plan.lanes_8bit, plan.lanes_16bit,
                             plan.lanes_32bit}) *  // powers of two
                   plan.chunk_steps;
    params.accumulator = static_cast<Accumulator>(plan.accumulator);
    params.double_stationary = plan.double_stationary != 0;
    params.double_result = plan.double_result != 0;
    return params;
}

inline Matrix random_matrix(Format format, std::int64_t rows, std::int64_t columns,
                            Random& random) {
    Matrix matrix{rows, columns,
                  std::vector<std::uint32_t>(static_cast<std::size_t>(rows * columns))};
    for (auto& code : matrix.codes) code = quatrain::test::random_code(format, random);
    return matrix;
}

constexpr std::int64_t region_rows = 12;

inline std::int64_t region_stride(const Params& params) {
    return (params.cols + 1) * accumulator_bits(params.accumulator) / 8;
}

inline PassData pass_data(const Params& params, const PassPlan& plan, Random& random) {
    PassData data;
    data.weight_stationary = plan.weight_stationary != 0;
    data.delay = plan.delay;
    const bool integers = params.accumulator == Accumulator::int32;
    data.formats = pairs[static_cast<std::size_t>(plan.pair %
                                                  (integers ? four_bit_pairs : std::ssize(pairs)))];
    data.lanes = lanes(params, data.formats.moving, data.formats.stationary);
    const auto wrapped = [](std::int64_t value, std::int64_t limit) {
        return 1 + (value - 1) % limit;
    };
    const std::int64_t columns = wrapped(plan.columns, params.cols);
    const std::int64_t address = 4 + plan.region * region_rows * region_stride(params);
    const std::int64_t depth =
        data.weight_stationary ? wrapped(plan.depth, params.rows * data.lanes) : plan.depth;
    data.stationary = random_matrix(data.formats.stationary, depth, columns, random);
    const std::int64_t stride = numerics::packed_bytes(data.formats.stationary, columns);
    data.stationary_bytes.resize(static_cast<std::size_t>(depth * stride));
    for (std::int64_t row = 0; row < depth; ++row)
        for (std::int64_t column = 0; column < columns; ++column)
            numerics::store_code(data.stationary_bytes.data() + row * stride,
                                 data.formats.stationary, column, data.stationary.at(row, column));
    const auto common = [&](auto& pass) {
        pass.moving_format = data.formats.moving;
        pass.stationary_format = data.formats.stationary;
        pass.stationary_stride = stride;
        pass.columns = columns;
        pass.accumulator_address = address;
        pass.accumulator_stride = region_stride(params);
    };
    if (data.weight_stationary) {
        common(data.ws);
        data.ws.k_count = depth;
        data.ws.vectors = data.steps = wrapped(plan.width, region_rows);
        data.ws.accumulate = plan.accumulate != 0;
        data.stationary_rows = ceil_div(depth, data.lanes);
        data.moving = random_matrix(data.formats.moving, data.ws.vectors, depth, random);
    } else {
        common(data.os);
        data.os.pixels = depth;
        data.os.outputs = wrapped(plan.width, params.rows);
        data.os.resume = plan.accumulate != 0;
        data.steps = ceil_div(depth, data.lanes);
        data.moving = random_matrix(data.formats.moving, depth, data.os.outputs, random);
    }
    return data;
}

inline Scenario scenario_of(const Plan& plan) {
    Random random(plan.seed * 7919 + 1);
    Scenario scenario;
    scenario.params = params_of(plan);
    scenario.stalls = plan.stalls;
    for (const PassPlan& pass : plan.passes)
        scenario.passes.push_back(pass_data(scenario.params, pass, random));
    const Format format = accumulator_format(scenario.params.accumulator);
    const std::int64_t bytes = 4 + 2 * region_rows * region_stride(scenario.params);
    scenario.accumulators.resize(static_cast<std::size_t>(bytes));
    for (std::int64_t i = 0; i < bytes * 8 / numerics::bits(format); ++i) {
        const auto value = static_cast<float>(below(random, 401) - 200);
        numerics::store_code(scenario.accumulators.data(), format, i,
                             numerics::encode(format, value));
    }
    return scenario;
}

/// The moving operand as the function view asks for it.
inline MovingVectors vectors_of(const PassData& data) {
    return [&data](std::int64_t first, std::int64_t count, numerics::DecodedRows rows,
                   std::int64_t stride) {
        std::visit(
            [&]<class T>(T* elements) {
                for (std::int64_t t = 0; t < count; ++t)
                    for (std::int64_t k = 0; k < data.moving.columns; ++k) {
                        const std::uint32_t code = data.moving.at(first + t, k);
                        elements[t * stride + k] =
                            data.formats.moving == Format::fp4_r4
                                ? static_cast<T>(
                                      numerics::integer_value(static_cast<std::uint8_t>(code)))
                                : static_cast<T>(numerics::decode(data.formats.moving, code));
                    }
            },
            rows);
    };
}

/// Calls offer(plan) with simpler plans: fewer passes, halved and decremented fields.
template <class Offer>
void for_each_simpler(const Plan& plan, Offer offer) {
    for (std::size_t i = 0; i < plan.passes.size() && plan.passes.size() > 1; ++i) {
        Plan simpler = plan;
        simpler.passes.erase(simpler.passes.begin() + static_cast<std::ptrdiff_t>(i));
        offer(simpler);
    }
    const auto lower = [&](auto field_of, std::int64_t least) {
        Plan simpler = plan;
        std::int64_t& field = field_of(simpler);
        const std::int64_t before = field;
        for (const std::int64_t value : {least, before / 2, before - 1}) {
            if (value < least || value >= before) continue;
            field = value;
            offer(simpler);
        }
    };
    for (const auto& [field, least] : {std::pair{&Plan::rows, 1},
                                       {&Plan::cols, 1},
                                       {&Plan::lanes_4bit, 1},
                                       {&Plan::lanes_8bit, 1},
                                       {&Plan::lanes_16bit, 1},
                                       {&Plan::lanes_32bit, 1},
                                       {&Plan::chunk_steps, 1},
                                       {&Plan::accumulator, 0},
                                       {&Plan::double_stationary, 0},
                                       {&Plan::double_result, 0},
                                       {&Plan::stalls, 0}})
        lower([field = field](Plan& p) -> std::int64_t& { return p.*field; }, least);
    for (std::size_t i = 0; i < plan.passes.size(); ++i)
        for (const auto& [field, least] : {std::pair{&PassPlan::pair, 0},
                                           {&PassPlan::depth, 1},
                                           {&PassPlan::width, 1},
                                           {&PassPlan::columns, 1},
                                           {&PassPlan::accumulate, 0},
                                           {&PassPlan::region, 0},
                                           {&PassPlan::delay, 0}})
            lower([i, field = field](Plan& p) -> std::int64_t& { return p.passes[i].*field; },
                  least);
}

}  // namespace quatrain::mac_array::test_bench
