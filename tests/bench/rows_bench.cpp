// SPDX-License-Identifier: Apache-2.0
// Conversions of rows against the scalar codec, one thread each, in turns: elements per second, and
// how many times as fast the rows are.
// Times are CPU times of the thread, so that a busy host disturbs them little.
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/gemm.hpp"
#include "rtl_models/numerics/gradscale.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/numerics/pact.hpp"
#include "rtl_models/numerics/quantise_rows.hpp"

#include <benchmark/benchmark.h>
#include <cmath>
#include <ctime>
#include <functional>
#include <random>

namespace quatrain::bench {
namespace {

using numerics::Faults;
using numerics::Format;

constexpr std::int64_t elements = 8192;  // what the vector unit converts at once

double thread_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Values as training has them: normal, a few of them zero; packed codes of them.
struct Data {
    std::vector<float> values;
    std::vector<std::byte> codes, more_codes;
    std::vector<std::int8_t> bytes;
    std::vector<std::int16_t> shorts;
    Faults faults;

    Data()
        : values(elements),
          codes(elements * 4),
          more_codes(elements * 4),
          bytes(elements),
          shorts(elements) {
        std::mt19937 generator(1);
        std::normal_distribution<float> normal(0.0F, 2.0F);
        for (float& value : values) value = generator() % 16 == 0 ? 0.0F : normal(generator);
    }
};

/// Runs both in turns; the reported time is that of the rows.
void compare(benchmark::State& state, const std::function<void()>& rows,
             const std::function<void()>& scalar) {
    double row_seconds = 0, scalar_seconds = 0;
    for ([[maybe_unused]] auto iteration : state) {
        constexpr int repetitions = 8;
        const double start = thread_seconds();
        for (int i = 0; i < repetitions; ++i) {
            rows();
            benchmark::ClobberMemory();
        }
        const double middle = thread_seconds();
        for (int i = 0; i < repetitions; ++i) {
            scalar();
            benchmark::ClobberMemory();
        }
        const double end = thread_seconds();
        state.SetIterationTime(middle - start);
        row_seconds += middle - start;
        scalar_seconds += end - middle;
    }
    const double converted =
        static_cast<double>(state.iterations()) * static_cast<double>(8 * elements) * 1e-9;
    state.counters["Gelement/s"] = converted / row_seconds;
    state.counters["scalar_Gelement/s"] = converted / scalar_seconds;
    state.counters["ratio"] = scalar_seconds / row_seconds;
}

void add(const std::string& name, std::function<void(Data&)> rows,
         std::function<void(Data&)> scalar) {
    benchmark::RegisterBenchmark(name.c_str(),
                                 [=](benchmark::State& state) {
                                     Data data;
                                     compare(
                                         state, [&] { rows(data); }, [&] { scalar(data); });
                                 })
        ->UseManualTime()
        ->Iterations(300)  // by the time of the rows alone the scalar codec would run for minutes
        ->Unit(benchmark::kMicrosecond);
}

void store_each(Data& data, Format format, auto code_of) {
    for (std::int64_t i = 0; i < elements; ++i)
        numerics::store_code(data.codes.data(), format, i,
                             code_of(data.values[static_cast<std::size_t>(i)]));
}

void add_codec(Format format) {
    const std::string name(numerics::name(format));
    add(
        "encode/" + name,
        [=](Data& data) {
            numerics::encode_row(format, data.codes.data(), 0, data.values, &data.faults);
        },
        [=](Data& data) {
            store_each(data, format,
                       [&](float x) { return numerics::encode(format, x, &data.faults); });
        });
    add(
        "decode/" + name,
        [=](Data& data) { numerics::decode_row(format, data.more_codes.data(), 0, data.values); },
        [=](Data& data) {
            for (std::int64_t i = 0; i < elements; ++i)
                data.values[static_cast<std::size_t>(i)] = numerics::decode(
                    format, numerics::load_code(data.more_codes.data(), format, i));
        });
}

void add_quantisers() {
    const float alpha = 3.0F, reciprocal = numerics::pact_reciprocal(alpha);
    add(
        "quantise/pact",
        [=](Data& data) {
            numerics::quantise_pact(data.values, alpha, reciprocal, data.codes.data(), data.faults);
        },
        [=](Data& data) {
            store_each(data, Format::uint4, [&](float x) {
                return numerics::pact_quantise(x, alpha, reciprocal, &data.faults);
            });
        });
    add(
        "quantise/gradient_both_phases",
        [](Data& data) {
            numerics::GradientStatistics statistics;
            numerics::quantise_gradients(data.values, 4.0F,
                                         {data.codes.data(), data.more_codes.data(), nullptr},
                                         statistics, data.faults);
            benchmark::DoNotOptimize(statistics);
        },
        [](Data& data) {  // without the statistics
            store_each(data, Format::fp4_r4,
                       [&](float x) { return numerics::quantise_even(4.0F * x, &data.faults); });
            store_each(data, Format::fp4_r4,
                       [&](float x) { return numerics::quantise_odd(4.0F * x); });
        });
}

/// Rows of 16 elements, as a layer of 16 channels has them, scattered into rows of 144.
template <class T>
void add_operand(const std::string& name, Format format, std::vector<T> Data::*memory) {
    constexpr std::int64_t length = 16, stride = 144, rows = elements / length;
    add(
        "operand/" + name + "_runs_of_16",
        [=](Data& data) {
            (data.*memory).resize(rows * stride);
            numerics::decode_rows(format, data.codes, 0, length, rows, length,
                                  (data.*memory).data(), stride);
        },
        [=](Data& data) {
            for (std::int64_t i = 0; i < elements; ++i) {
                const std::uint32_t code = numerics::load_code(data.codes.data(), format, i);
                const T value =
                    format == Format::fp4_r4
                        ? static_cast<T>(numerics::integer_value(static_cast<std::uint8_t>(code)))
                        : static_cast<T>(numerics::decode(format, code));
                (data.*memory)[static_cast<std::size_t>(i / length * stride + i % length)] = value;
            }
        });
}

}  // namespace
}  // namespace quatrain::bench

int main(int argc, char** argv) {
    using quatrain::bench::Data;
    using quatrain::numerics::Format;
    benchmark::Initialize(&argc, argv);
    for (const Format format :
         {Format::fp16, Format::dlfloat16, Format::bf16, Format::fp32, Format::fp8_143,
          Format::fp8_152, Format::int4, Format::uint4, Format::fp4_r4, Format::uint8})
        quatrain::bench::add_codec(format);
    quatrain::bench::add_quantisers();
    quatrain::bench::add_operand("uint4_to_int8", Format::uint4, &Data::bytes);
    quatrain::bench::add_operand("int4_to_int16", Format::int4, &Data::shorts);
    quatrain::bench::add_operand("fp4_r4_to_int16", Format::fp4_r4, &Data::shorts);
    quatrain::bench::add_operand("dlfloat16_to_float", Format::dlfloat16, &Data::values);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
