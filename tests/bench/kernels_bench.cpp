// SPDX-License-Identifier: Apache-2.0
// The 4-bit GEMM kernels against oneDNN's FP32 forward convolution of the same shape, one thread
// each, in turns.
//   kernel:      operands decoded and packed beforehand: multiply, round, accumulate
//   convolution: from packed codes, as the array's passes do it: implicit im2col, decoding, zero
//   counting, multiply
// Times are CPU times of the thread, so that a busy host disturbs them little.
#include "rtl_models/numerics/gemm.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/operand_streamer/function.hpp"
#include "tests/bench/fp32_convolution.hpp"

#include <benchmark/benchmark.h>
#include <ctime>
#include <random>

namespace quatrain::bench {
namespace {

using numerics::Format;

constexpr std::int64_t chunk = 128;  // 32 rows of 4 lanes

double thread_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::vector<std::byte> random_codes(std::int64_t bytes, std::mt19937_64& random) {
    std::vector<std::byte> codes(static_cast<std::size_t>(bytes));
    for (auto& byte : codes) {
        const auto nibble = [&] {
            return static_cast<unsigned>(random() % 7);
        };  // a valid code of every 4-bit format
        byte = static_cast<std::byte>(nibble() | nibble() << 4);
    }
    return codes;
}

/// A convolution layer in 4 bits: packed operands in NHWC order, accumulators of every output.
class FourBitConvolution {
public:
    FourBitConvolution(const ConvolutionShape& shape, Format moving, Format stationary)
        : shape_(shape), moving_format_(moving) {
        std::mt19937_64 random(1);
        rounding_ = {.kind = numerics::product_kind(moving, stationary),
                     .accumulator = Format::dlfloat16,
                     .unit_log2 = numerics::unit_log2(moving, stationary),
                     .lanes = 1,
                     .chunk = chunk};
        moving_ =
            random_codes(shape.batch * shape.image * shape.image * shape.channels / 2, random);
        stationary_ = random_codes(shape.depth() * shape.outputs / 2, random);
        stride_ = numerics::padded_columns(shape.outputs);
        accumulators_.assign(static_cast<std::size_t>(shape.pixels() * stride_), 0U);
        numerics::DecodedBuffer buffer;
        const auto rows = buffer.zeroed(rounding_.kind, shape.depth(), shape.outputs);
        numerics::decode_rows(stationary, stationary_, 0, shape.outputs, shape.depth(),
                              shape.outputs, rows, shape.outputs);
        numerics::pack_stationary(rows, shape.outputs, shape.depth(), shape.outputs, chunk,
                                  packed_);
        stationary_zeros_ =
            numerics::count_zeros_in_rows(rows, shape.outputs, shape.depth(), shape.outputs);
        decoded_ = gather_block(decoded_buffer_, 0, shape.pixels());
    }

    void kernel() {
        numerics::multiply_chunks(rounding_,
                                  numerics::moving_words(rounding_.kind, decoded_, shape_.depth()),
                                  packed_, shape_.pixels(), accumulators_, stride_, 1);
        benchmark::DoNotOptimize(accumulators_.data());
    }

    void convolution() {
        std::vector<std::int64_t> zeros(static_cast<std::size_t>(shape_.depth()));
        constexpr std::int64_t block = 256;
        for (std::int64_t first = 0; first < shape_.pixels(); first += block) {
            const std::int64_t count = std::min(block, shape_.pixels() - first);
            const auto rows = gather_block(block_buffer_, first, count);
            numerics::count_zeros(rows, shape_.depth(), count, shape_.depth(), zeros);
            numerics::multiply_chunks(
                rounding_, numerics::moving_words(rounding_.kind, rows, shape_.depth()), packed_,
                count, std::span(accumulators_).subspan(static_cast<std::size_t>(first * stride_)),
                stride_, 1);
        }
        benchmark::DoNotOptimize(
            numerics::zero_products(zeros, shape_.pixels(), stationary_zeros_, shape_.outputs));
    }

private:
    numerics::DecodedRows gather_block(numerics::DecodedBuffer& buffer, std::int64_t first,
                                       std::int64_t count) {
        const std::int64_t padding = (shape_.kernel - 1) / 2;
        const isa::Stream stream{.height = shape_.image,
                                 .width = shape_.image,
                                 .channels = shape_.channels,
                                 .grid_height = shape_.output_image(),
                                 .grid_width = shape_.output_image(),
                                 .row_step = shape_.stride,
                                 .row_offset = -padding,
                                 .column_step = shape_.stride,
                                 .column_offset = -padding,
                                 .kernel_height = shape_.kernel,
                                 .kernel_width = shape_.kernel};
        const auto rows = buffer.zeroed(rounding_.kind, count, shape_.depth());
        operand_streamer::gather(stream, moving_format_, moving_, {first, count, 0, shape_.depth()},
                                 rows, shape_.depth());
        return rows;
    }

    ConvolutionShape shape_;
    Format moving_format_;
    numerics::GemmRounding rounding_;
    std::vector<std::byte> moving_, stationary_;
    numerics::PackedOperand packed_;
    numerics::DecodedBuffer decoded_buffer_, block_buffer_;
    numerics::DecodedRows decoded_;
    std::vector<std::int64_t> stationary_zeros_;
    std::vector<std::uint32_t> accumulators_;
    std::int64_t stride_ = 0;
};

/// Runs ours and oneDNN's in turns; the reported time is ours.
template <class Ours>
void compare(benchmark::State& state, const ConvolutionShape& shape, Ours ours) {
    Fp32Convolution reference(shape);
    ours();
    reference.run();
    double our_seconds = 0, reference_seconds = 0;
    for ([[maybe_unused]] auto iteration : state) {
        const double start = thread_seconds();
        ours();
        const double middle = thread_seconds();
        reference.run();
        const double end = thread_seconds();
        state.SetIterationTime(middle - start);
        our_seconds += middle - start;
        reference_seconds += end - middle;
    }
    const double macs =
        static_cast<double>(state.iterations()) * static_cast<double>(shape.macs()) * 1e-9;
    state.counters["GMAC/s"] = macs / our_seconds;
    state.counters["FP32_GMAC/s"] = macs / reference_seconds;
    state.counters["ratio"] = reference_seconds / our_seconds;
}

void add(const ConvolutionShape& shape, const std::string& name, Format moving, Format stationary) {
    const std::string where = shape.name + "/batch" + std::to_string(shape.batch) + "/" + name;
    benchmark::RegisterBenchmark((where + "/kernel").c_str(),
                                 [=](benchmark::State& state) {
                                     FourBitConvolution layer(shape, moving, stationary);
                                     compare(state, shape, [&] { layer.kernel(); });
                                 })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark((where + "/convolution").c_str(),
                                 [=](benchmark::State& state) {
                                     FourBitConvolution layer(shape, moving, stationary);
                                     compare(state, shape, [&] { layer.convolution(); });
                                 })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace quatrain::bench

int main(int argc, char** argv) {
    using quatrain::bench::ConvolutionShape;
    using quatrain::numerics::Format;
    benchmark::Initialize(&argc, argv);
    for (const std::int64_t batch : {1, 4}) {
        for (const ConvolutionShape& shape :
             {ConvolutionShape{"56x56x64_3x3x64", batch, 56, 64, 64, 3, 1},
              ConvolutionShape{"28x28x128_3x3x128", batch, 28, 128, 128, 3, 1},
              ConvolutionShape{"14x14x256_3x3x256", batch, 14, 256, 256, 3, 1},
              ConvolutionShape{"7x7x512_3x3x512", batch, 7, 512, 512, 3, 1},
              ConvolutionShape{"56x56x64_1x1x128_s2", batch, 56, 64, 128, 1, 2}}) {
            quatrain::bench::add(shape, "int4xint4", Format::uint4, Format::int4);
            quatrain::bench::add(shape, "fp4xint4", Format::fp4_r4, Format::int4);
        }
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
