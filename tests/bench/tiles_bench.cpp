// SPDX-License-Identifier: Apache-2.0
// What instructions on large tiles cost the host, with one thread and with several: tiles of 131072
// x 16 elements, activations in fp16, gradients in dlfloat16.
//   ns/element: processor time with one thread
//   processor:  processor time with several threads over that with one: 1 is ideal
//   speed-up:   elapsed time with one thread over that with several
// The least times of turns count, so that a busy host disturbs them little; elapsed times still
// mean something on an idle host only.
#include "rtl_models/buffer/function.hpp"
#include "rtl_models/dma/function.hpp"
#include "rtl_models/dram/function.hpp"
#include "rtl_models/mac_array/function.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/operand_streamer/function.hpp"
#include "rtl_models/scaling_unit/function.hpp"
#include "rtl_models/vector_unit/function.hpp"

#include <benchmark/benchmark.h>
#include <algorithm>
#include <ctime>
#include <functional>
#include <limits>
#include <random>
#include <string>

namespace quatrain::bench {
namespace {

using isa::Operand;
using isa::VectorInstruction;
using isa::VectorOperation;
using numerics::Format;

constexpr std::int64_t rows = 131'072, columns = 16, elements = rows * columns;

/// Clocks of the whole process [seconds].
struct Times {
    double processor = 0, elapsed = 0;

    static Times now() {
        const auto read = [](clockid_t clock) {
            timespec time{};
            clock_gettime(clock, &time);
            return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
        };
        return {read(CLOCK_PROCESS_CPUTIME_ID), read(CLOCK_MONOTONIC)};
    }
    void keep_least(const Times& start) {
        const Times end = now();
        processor = std::min(processor, end.processor - start.processor);
        elapsed = std::min(elapsed, end.elapsed - start.elapsed);
    }
};

/// Runs body(1) and body(threads) in turns; the reported time is the processor time of the first.
void compare(benchmark::State& state, int threads, const std::function<void(int)>& body) {
    constexpr double never = std::numeric_limits<double>::max();
    Times one{never, never}, several{never, never};
    body(1);
    body(threads);
    for ([[maybe_unused]] auto iteration : state) {
        const Times start = Times::now();
        body(1);
        const Times middle = Times::now();
        state.SetIterationTime(middle.processor - start.processor);
        one.keep_least(start);
        const Times second = Times::now();
        body(threads);
        several.keep_least(second);
    }
    state.counters["ns/element"] = 1e9 * one.processor / static_cast<double>(elements);
    state.counters["processor"] = several.processor / one.processor;
    state.counters["speed-up"] = one.elapsed / several.elapsed;
}

/// Buffers in which operands are laid out one behind the other.
class Buffers {
public:
    Operand tile(Format format, std::int64_t count = elements) {
        const Operand operand = room(format, count);
        std::mt19937 random(static_cast<std::uint32_t>(operand.address) + 1);
        std::normal_distribution<float> normal(0.5F, 1.0F);
        std::vector<float> values(static_cast<std::size_t>(count));
        for (float& value : values) value = normal(random);
        numerics::encode_row(format, vector.data() + operand.address, 0, values);
        return operand;
    }
    Operand room(Format format, std::int64_t count = elements) {
        const auto address = static_cast<std::int64_t>(vector.size());
        const std::int64_t bytes = (numerics::packed_bytes(format, count) + 63) / 64 * 64;
        vector.resize(vector.size() + static_cast<std::size_t>(bytes));
        return {address, format};
    }
    std::int64_t scalar(std::uint32_t bits) {
        const auto address = static_cast<std::int64_t>(scalars.size());
        scalars.resize(scalars.size() + 4);
        std::memcpy(scalars.data() + address, &bits, 4);
        return address;
    }
    std::int64_t scalar(float value) { return scalar(std::bit_cast<std::uint32_t>(value)); }

    std::vector<std::byte> vector, scalars, accumulators;
    vector_unit::Scratch vector_scratch;
    scaling_unit::Scratch scaling_scratch;
};

VectorInstruction instruction(VectorOperation operation) {
    VectorInstruction result;
    result.operation = operation;
    result.rows = rows;
    result.columns = columns;
    return result;
}

/// What lays an instruction's operands out.
using Layout = std::function<void(Buffers&, VectorInstruction&)>;

void add_instruction(const std::string& name, VectorOperation operation, bool scales,
                     const Layout& layout) {
    const auto run = [=](benchmark::State& state) {
        Buffers buffers;
        VectorInstruction op = instruction(operation);
        layout(buffers, op);
        compare(state, static_cast<int>(state.range(0)), [&](int threads) {
            if (scales)
                scaling_unit::execute(op, {{}, buffers.vector, buffers.scalars},
                                      buffers.scaling_scratch, threads);
            else
                vector_unit::execute(op, {buffers.vector, buffers.scalars}, buffers.vector_scratch,
                                     threads);
        });
    };
    benchmark::RegisterBenchmark(name.c_str(), run)
        ->Arg(2)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}

constexpr Format activation = Format::fp16, gradient = Format::dlfloat16;

void add_elementwise() {
    using Op = VectorOperation;
    add_instruction("relu", Op::relu, false, [](Buffers& b, VectorInstruction& op) {
        op.in[0] = b.tile(activation);
        op.out[0] = b.room(activation);
    });
    add_instruction("relu_backward", Op::relu_backward, false,
                    [](Buffers& b, VectorInstruction& op) {
                        op.in = {b.tile(gradient), b.tile(activation)};
                        op.out[0] = b.room(gradient);
                    });
    add_instruction("activation_backward", Op::activation_backward, false,
                    [](Buffers& b, VectorInstruction& op) {
                        op.in = {b.tile(gradient), b.tile(activation)};
                        op.out = {b.room(gradient), b.room(Format::fp32, columns)};
                        op.scalars[0] = b.scalar(1.5F);
                    });
    add_instruction("add", Op::add, false, [](Buffers& b, VectorInstruction& op) {
        op.in = {b.tile(activation), b.tile(activation)};
        op.out[0] = b.room(activation);
    });
    add_instruction("sgd_update", Op::sgd_update, false, [](Buffers& b, VectorInstruction& op) {
        op.in = {b.tile(gradient), b.tile(Format::fp32), b.tile(Format::fp32)};
        op.out = {op.in[1], op.in[2]};
        op.scalars = {b.scalar(0.1F), b.scalar(0.9F),  b.scalar(1e-4F),
                      b.scalar(2.0F), isa::no_address, isa::no_address};
    });
}

void add_batch_norm() {
    using Op = VectorOperation;
    constexpr Format fp32 = Format::fp32;
    add_instruction("column_sum", Op::column_sum, false, [](Buffers& b, VectorInstruction& op) {
        op.in[0] = b.tile(gradient);
        op.out[0] = b.room(fp32, columns);
    });
    add_instruction("batch_norm_statistics", Op::batch_norm_statistics, false,
                    [](Buffers& b, VectorInstruction& op) {
                        op.in[0] = b.tile(activation);
                        op.out = {b.room(fp32, columns), b.room(fp32, columns)};
                    });
    add_instruction("batch_norm_normalise", Op::batch_norm_normalise, false,
                    [](Buffers& b, VectorInstruction& op) {
                        op.in[0] = b.tile(activation);
                        for (std::size_t i = 1; i < 5; ++i) op.in[i] = b.tile(fp32, columns);
                        op.out[0] = b.room(activation);
                    });
    add_instruction("batch_norm_backward_statistics", Op::batch_norm_backward_statistics, false,
                    [](Buffers& b, VectorInstruction& op) {
                        op.in = {b.tile(gradient), b.tile(activation), b.tile(fp32, columns),
                                 b.tile(fp32, columns)};
                        op.out = {b.room(fp32, columns), b.room(fp32, columns)};
                    });
    add_instruction("batch_norm_backward_apply", Op::batch_norm_backward_apply, false,
                    [](Buffers& b, VectorInstruction& op) {
                        op.in = {b.tile(gradient), b.tile(activation)};
                        for (std::size_t i = 2; i < 7; ++i) op.in[i] = b.tile(fp32, columns);
                        op.out[0] = b.room(gradient);
                        op.immediate = rows;
                    });
}

/// 128 images of 32 x 32 pixels.
void add_pooling() {
    using Op = VectorOperation;
    constexpr std::int64_t images = rows / 1024;
    static constexpr isa::WindowGeometry window{.kernel = 3,
                                                .stride = 2,
                                                .padding = 1,
                                                .input_height = 32,
                                                .input_width = 32,
                                                .output_height = 16,
                                                .output_width = 16,
                                                .first_input_row = 0,
                                                .input_rows = 32,
                                                .first_output_row = 0,
                                                .output_rows = 16,
                                                .first_result_row = 0,
                                                .result_rows = 32};
    add_instruction("max_pool", Op::max_pool, false, [](Buffers& b, VectorInstruction& op) {
        op.rows = rows / 4;
        op.window = window;
        op.in[0] = b.tile(activation);
        op.out[0] = b.room(activation, elements / 4);
    });
    add_instruction("max_pool_backward", Op::max_pool_backward, false,
                    [](Buffers& b, VectorInstruction& op) {
                        op.window = window;
                        op.in = {b.tile(gradient, elements / 4), b.tile(activation)};
                        op.out[0] = b.room(gradient);
                    });
    add_instruction("average_pool", Op::average_pool, false, [](Buffers& b, VectorInstruction& op) {
        op.rows = images;
        op.immediate = 1024;
        op.in[0] = b.tile(activation);
        op.out[0] = b.room(activation, images * columns);
    });
    add_instruction("average_pool_backward", Op::average_pool_backward, false,
                    [](Buffers& b, VectorInstruction& op) {
                        op.rows = images;
                        op.immediate = 1024;
                        op.in[0] = b.tile(gradient, images * columns);
                        op.out[0] = b.room(gradient);
                    });
}

void add_scaling_unit() {
    using Op = VectorOperation;
    add_instruction("quantise_activation", Op::quantise_activation, true,
                    [](Buffers& b, VectorInstruction& op) {
                        op.in[0] = b.tile(activation);
                        op.out[0] = b.room(Format::uint4);
                        op.scalars[0] = b.scalar(2.0F);
                        op.scalars[1] = b.scalar(7.5F);
                    });
    add_instruction("quantise_gradient", Op::quantise_gradient, true,
                    [](Buffers& b, VectorInstruction& op) {
                        op.in[0] = b.tile(gradient);
                        op.out = {b.room(Format::fp4_r4), b.room(Format::fp4_r4)};
                        for (std::size_t i = 0; i < 5; ++i) op.scalars[i] = b.scalar(0U);
                    });
    add_instruction("weight_statistics", Op::weight_statistics, true,
                    [](Buffers& b, VectorInstruction& op) {
                        op.in[0] = b.tile(Format::fp32);
                        for (std::size_t i = 0; i < 3; ++i)
                            op.out[i] = b.room(Format::fp32, columns);
                    });
    add_instruction("quantise_weight", Op::quantise_weight, true,
                    [](Buffers& b, VectorInstruction& op) {
                        op.in[0] = b.tile(Format::fp32);
                        op.out = {b.room(Format::int4), b.room(Format::int4)};
                        op.scalars[0] = b.scalar(0.4F);
                    });
    const auto drain = [](benchmark::State& state) {
        Buffers buffers;
        const Operand sums = buffers.tile(gradient);
        buffers.accumulators = buffers.vector;
        const isa::Drain one{.accumulator_address = sums.address,
                             .accumulator_stride = 2 * columns,
                             .rows = rows,
                             .columns = columns,
                             .destination_stride = 2 * columns,
                             .format = activation,
                             .step_a = buffers.scalar(0.37F)};
        compare(state, static_cast<int>(state.range(0)), [&](int threads) {
            scaling_unit::execute(one, gradient,
                                  {buffers.accumulators, buffers.vector, buffers.scalars},
                                  buffers.scaling_scratch, threads);
        });
    };
    benchmark::RegisterBenchmark("drain", drain)
        ->Arg(2)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}

/// Passes over 128 images of 32 x 32 x 16, 3 x 3 kernels: 64 reduction elements or outputs, 16
/// columns.
class Pass {
public:
    explicit Pass(Format moving, Format stationary) {
        params_.rows = 64;
        params_.cols = 16;
        const isa::Stream stream{.height = 32,
                                 .width = 32,
                                 .channels = columns,
                                 .grid_height = 32,
                                 .grid_width = 32,
                                 .row_offset = -1,
                                 .column_offset = -1,
                                 .kernel_height = 3,
                                 .kernel_width = 3};
        weights_.moving_format = outputs_.moving_format = moving;
        weights_.stationary_format = outputs_.stationary_format = stationary;
        weights_.moving = outputs_.moving = stream;
        weights_.k_count = outputs_.outputs = 64;
        weights_.vectors = outputs_.pixels = rows;
        weights_.columns = outputs_.columns = columns;
        weights_.stationary_stride = outputs_.stationary_stride =
            numerics::packed_bytes(stationary, columns);
        weights_.accumulator_stride = outputs_.accumulator_stride = 2 * columns;
        std::mt19937 random(3);
        const auto fill = [&](std::vector<std::byte>& bytes, Format format) {
            bytes.resize(static_cast<std::size_t>(numerics::packed_bytes(format, elements)));
            for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 7 * 17);
        };
        fill(moving_, moving);
        fill(stationary_, stationary);
        accumulators_.resize(static_cast<std::size_t>(2 * elements));
    }
    template <class Body>
    void run(const Body& body, const auto& pass, std::int64_t count, int threads) {
        const mac_array::MovingVectors vectors = [&](std::int64_t first, std::int64_t number,
                                                     numerics::DecodedRows decoded,
                                                     std::int64_t stride) {
            operand_streamer::gather(pass.moving, pass.moving_format, moving_,
                                     {first, number, 0, count}, decoded, stride);
        };
        body(params_, pass, vectors, stationary_, accumulators_, scratch_, threads, true, {});
    }
    void weight_stationary(int threads) {
        run(mac_array::weight_stationary_pass, weights_, weights_.k_count, threads);
    }
    void output_stationary(int threads) {
        run(mac_array::output_stationary_pass, outputs_, outputs_.outputs, threads);
    }

private:
    mac_array::Params params_;
    isa::WeightStationaryPass weights_;
    isa::OutputStationaryPass outputs_;
    std::vector<std::byte> moving_, stationary_, accumulators_;
    mac_array::Scratch scratch_;
};

void add_passes() {
    const auto add = [](const std::string& name, Format moving, Format stationary,
                        void (Pass::*pass)(int)) {
        benchmark::RegisterBenchmark(name.c_str(),
                                     [=](benchmark::State& state) {
                                         Pass one(moving, stationary);
                                         compare(state, static_cast<int>(state.range(0)),
                                                 [&](int threads) { (one.*pass)(threads); });
                                     })
            ->Arg(2)
            ->UseManualTime()
            ->Unit(benchmark::kMillisecond);
    };
    add("weight_stationary_pass/uint4xint4", Format::uint4, Format::int4, &Pass::weight_stationary);
    add("weight_stationary_pass/fp16xfp16", activation, activation, &Pass::weight_stationary);
    add("output_stationary_pass/uint4xfp4", Format::uint4, Format::fp4_r4,
        &Pass::output_stationary);
    add("output_stationary_pass/fp16xdlfloat16", activation, gradient, &Pass::output_stationary);
}

void add_transfers() {
    const auto copy = [](benchmark::State& state, const isa::DmaTransfer& transfer, bool store) {
        dram::DramImage dram(4 * elements);
        buffer::Buffer buffer("vector", 2 * elements);
        const std::vector<std::byte> contents(4 * elements, std::byte{1});
        dram.write(0, contents);
        compare(state, static_cast<int>(state.range(0)), [&](int threads) {
            if (store)
                dma::store(transfer, buffer, dram, threads);
            else
                dma::load(transfer, dram, buffer, threads);
        });
    };
    const isa::DmaTransfer dense{.extent = {2 * elements, 1, 1, 1}};
    const isa::DmaTransfer strided{.extent = {2 * columns, rows, 1, 1},
                                   .buffer_stride = {2 * columns, 0, 0},
                                   .dram_stride = {4 * columns, 0, 0}};
    for (const bool store : {false, true})
        for (const auto& [name, transfer] :
             {std::pair{"dense", dense}, std::pair{"rows_of_32_bytes", strided}})
            benchmark::RegisterBenchmark(
                (std::string(store ? "store/" : "load/") + name).c_str(),
                [=](benchmark::State& state) { copy(state, transfer, store); })
                ->Arg(2)
                ->UseManualTime()
                ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace quatrain::bench

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    quatrain::bench::add_elementwise();
    quatrain::bench::add_batch_norm();
    quatrain::bench::add_pooling();
    quatrain::bench::add_scaling_unit();
    quatrain::bench::add_passes();
    quatrain::bench::add_transfers();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
