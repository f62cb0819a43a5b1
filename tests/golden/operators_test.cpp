// SPDX-License-Identifier: Apache-2.0
// Single operators on hand-made operands: order of reductions, ties, several consumers.
#include "tests/golden/sample_networks.hpp"
#include "workloads/golden/accumulate.hpp"
#include "workloads/golden/convolution.hpp"
#include "workloads/golden/ideal.hpp"

#include <gtest/gtest.h>
#include <numeric>

namespace quatrain::golden {
namespace {

using Doubles = std::vector<double>;
using Pairs = std::vector<std::pair<int, int>>;

/// Takes the place of a GEMM's sum and keeps the products it was given.
struct Recorder {
    Pairs* products;
    void add(int a, int b) { products->emplace_back(a, b); }
    void end_image() {}
    float finish() const { return 0; }
};

std::vector<int> counting(std::size_t size, int first) {
    std::vector<int> numbers(size);
    std::iota(numbers.begin(), numbers.end(), first);
    return numbers;
}

TEST(ReductionOrder, ForwardTakesKernelRowsThenColumnsThenChannelsAndKeepsPadding) {
    const Geometry g{1, {2, 2, 2}, {2, 2, 1}, 3, 1, 1, 1};
    Pairs products;
    forward_element(g, counting(8, 1), counting(18, 100), Recorder{&products}, 0);
    const Pairs expected{{0, 100}, {0, 101}, {0, 102}, {0, 103}, {0, 104}, {0, 105},
                         {0, 106}, {0, 107}, {1, 108}, {2, 109}, {3, 110}, {4, 111},
                         {0, 112}, {0, 113}, {5, 114}, {6, 115}, {7, 116}, {8, 117}};
    EXPECT_EQ(products, expected);
}

TEST(ReductionOrder, DataGradientTakesTheKernelPositionsOfThePhaseEvenOutsideTheOutput) {
    // Stride 2, padding 1: input row 1 meets kernel rows 0 (output row 1) and 2 (output row 0).
    const Geometry g{1, {2, 2, 1}, {1, 1, 2}, 3, 2, 1, 1};
    Pairs products;
    backward_data_element(g, std::vector{1, 2}, counting(18, 100), Recorder{&products}, 3);
    EXPECT_EQ(
        products,
        (Pairs{{0, 100}, {0, 101}, {0, 104}, {0, 105}, {0, 112}, {0, 113}, {1, 116}, {2, 117}}));
    products.clear();
    backward_data_element(g, std::vector{1, 2}, counting(18, 100), Recorder{&products}, 0);
    EXPECT_EQ(products, (Pairs{{1, 108}, {2, 109}})) << "input row 0 meets only kernel row 1";
}

TEST(ReductionOrder, DataGradientTakesTheLastKernelPositionFirstWhereOutputsStay) {
    const Geometry g{1, {2, 2, 1}, {1, 1, 2}, 3, 2, 1, 1};
    Pairs products;
    backward_data_element(g, std::vector{1, 2}, counting(18, 100), Recorder{&products}, 3, true);
    EXPECT_EQ(
        products,
        (Pairs{{1, 116}, {2, 117}, {0, 112}, {0, 113}, {0, 104}, {0, 105}, {0, 100}, {0, 101}}));
}

TEST(ReductionOrder, PhasesAreNumberedRowByRowWhereAKernelPositionReachesThem) {
    EXPECT_EQ(phase_numbers({1, {4, 4, 1}, {2, 2, 1}, 3, 2, 1, 1}),
              (std::vector<std::int64_t>{0, 1, 2, 3}));
    EXPECT_EQ(phase_numbers({1, {4, 4, 1}, {2, 2, 1}, 1, 2, 0, 1}),
              (std::vector<std::int64_t>{0, -1, -1, -1}));
    EXPECT_EQ(phase_numbers({1, {1, 4, 1}, {1, 2, 1}, 2, 2, 0, 1}),
              (std::vector<std::int64_t>{0, 1, -1, -1}));
}

TEST(ReductionOrder, AChunkEndsWithItsImageWhereTheRuleSaysSo) {
    Accumulation rule{.accumulator = "fp16", .chunk = 4};
    const auto sum_of = [&](bool ends) {
        rule.images_end_chunks = ends;
        IntegerSum sum(rule);
        // 2049 takes a bit more than FP16 has: one chunk makes 2050, of two each rounds its 1 away.
        for (const int product : {2048, 1}) sum.add(product, 1);
        sum.end_image();
        for (const int product : {1, 0}) sum.add(product, 1);
        sum.end_image();
        return sum.finish();
    };
    EXPECT_EQ(sum_of(false), 2050);
    EXPECT_EQ(sum_of(true), 2048);
}

TEST(ReductionOrder, DataGradientWithoutAKernelPositionIsZero) {
    const Geometry g{1, {3, 3, 1}, {2, 2, 1}, 1, 2, 0, 1};
    Pairs products;
    backward_data_element(g, counting(4, 1), std::vector{100}, Recorder{&products}, 1);
    EXPECT_TRUE(products.empty());
    backward_data_element(g, counting(4, 1), std::vector{100}, Recorder{&products}, 8);
    EXPECT_EQ(products, (Pairs{{4, 100}}));
}

TEST(ReductionOrder, WeightGradientTakesOutputPixelsInRasterOrder) {
    const Geometry g{2, {2, 2, 1}, {1, 2, 1}, 2, 1, 0, 1};
    Geometry padded = g;
    padded.padding = 1;
    padded.out = {3, 3, 1};
    Pairs products;
    backward_weight_element(padded, counting(8, 1), counting(18, 100), Recorder{&products}, 0);
    ASSERT_EQ(products.size(), 18u);
    EXPECT_EQ(products[0], (std::pair{0, 100})) << "the first window's corner is padding";
    EXPECT_EQ(products[4], (std::pair{1, 104}));
    EXPECT_EQ(products[8], (std::pair{4, 108}));
    EXPECT_EQ(products[13], (std::pair{5, 113})) << "second image";
}

/// Elements of one tensor of a network from given operands.
Doubles computed(const network::Network& network, const Options& options, const std::string& name,
                 std::int64_t count, const Tensors& operands) {
    std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
    std::iota(indices.begin(), indices.end(), 0);
    Tensor result{name.ends_with("gradient") || name.ends_with(".1") ? options.gradient_format
                                                                     : options.activation_format,
                  {1, 1, 1, count},
                  {}};
    result.codes = compute_elements(
        network, options, name, indices,
        [&](const std::string& wanted) -> const Tensor& { return operands.at(wanted); });
    return values(result);
}

Tensor coded(const std::string& format, const Doubles& numbers) {
    Tensor tensor{format, {1, 1, 1, static_cast<std::int64_t>(numbers.size())}, {}};
    for (const double number : numbers)
        tensor.codes.push_back(encode(float_format(format), number));
    return tensor;
}

TEST(MaxPool, GradientGoesToTheFirstLargestOfEveryWindow) {
    NetworkBuilder b(3, 3, 1);
    b.fully_connected(
        "fc",
        b.average_pool("average",
                       b.max_pool("pool", b.convolution("conv", 0, 1, 1, 1, 0), 2, 1, 0)),
        2, false);
    const Options options = sixteen_bit_options(b.network(), 1);
    const Tensors operands{{"conv.output", coded("fp16", {-1, -1, -5, -1, 4, 4, -9, 4, 4})},
                           {"average.input_gradient", coded("dlfloat16", {1, 2, 4, 8})}};
    EXPECT_EQ(computed(b.network(), options, "pool.output", 4, operands), (Doubles{4, 4, 4, 4}));
    EXPECT_EQ(computed(b.network(), options, "pool.input_gradient", 9, operands),
              (Doubles{0, 0, 0, 0, 15, 0, 0, 0, 0}));
}

TEST(MaxPool, PaddingIsNotAnElement) {
    NetworkBuilder b(2, 2, 1);
    b.fully_connected(
        "fc",
        b.average_pool("average",
                       b.max_pool("pool", b.convolution("conv", 0, 1, 1, 1, 0), 3, 2, 1)),
        2, false);
    const Options options = sixteen_bit_options(b.network(), 1);
    const Tensors operands{{"conv.output", coded("fp16", {-3, -3, -4, -5})},
                           {"average.input_gradient", coded("dlfloat16", {7})}};
    EXPECT_EQ(computed(b.network(), options, "pool.output", 1, operands), (Doubles{-3}));
    EXPECT_EQ(computed(b.network(), options, "pool.input_gradient", 4, operands),
              (Doubles{7, 0, 0, 0}));
}

TEST(SeveralConsumers, GradientsAreAddedInNetworkOrderAndRoundedEachTime) {
    NetworkBuilder b(1, 1, 1);
    const auto stem = b.convolution("stem", 0, 1, 1, 1, 0);
    const auto one = b.convolution("one", stem, 1, 1, 1, 0),
               two = b.convolution("two", stem, 1, 1, 1, 0);
    const auto sum = b.add("add2", b.add("add1", one, two), stem);
    b.fully_connected("fc", sum, 2, false);
    const Options options = sixteen_bit_options(b.network(), 1);
    // dlfloat16 counts by 2 from 1024 on: 1024 + 1 ties up to 1026, then 1026 + 1 to 1028.
    const Tensors operands{{"one.input_gradient", coded("dlfloat16", {1024})},
                           {"two.input_gradient", coded("dlfloat16", {1})},
                           {"fc.input_gradient", coded("dlfloat16", {1})},
                           {"stem.output_gradient.1", coded("dlfloat16", {1026})}};
    EXPECT_EQ(computed(b.network(), options, "stem.output_gradient.1", 1, operands),
              (Doubles{1026}));
    EXPECT_EQ(computed(b.network(), options, "stem.output_gradient", 1, operands), (Doubles{1028}));
}

TEST(Pact, OnlyWhereAFourBitLayerIsReachedThroughPoolingAndAdd) {
    const network::Network network = sample_resnet();
    const Options options = four_bit_options(network, 1);
    const Structure structure(network, options);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < structure.size(); ++i) {
        if (structure.pact(i)) names.push_back(network.nodes[i].name);
    }
    EXPECT_EQ(names,
              (std::vector<std::string>{"relu", "block1.relu1", "block1.relu2", "block2.relu1"}))
        << "block2.relu2 feeds only average pooling and the last layer";
}

}  // namespace
}  // namespace quatrain::golden
