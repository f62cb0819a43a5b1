// SPDX-License-Identifier: Apache-2.0
// Sums over cores, of tensors that the tests give.
#include "tests/golden/sample_networks.hpp"
#include "workloads/golden/step.hpp"

#include <gtest/gtest.h>
#include <array>
#include <limits>
#include <numeric>

namespace quatrain::golden {
namespace {

using Codes = std::vector<std::uint32_t>;

struct SumTest : testing::Test {
    /// `suffix` of a fully connected layer with `outputs` outputs and one input.
    Codes sum(const std::string& suffix, const std::vector<Codes>& terms, std::int64_t outputs) {
        NetworkBuilder b(1, 1, 1);
        b.fully_connected("fc", 0, outputs, true);
        Options options = sixteen_bit_options(b.network(), 1);
        options.cores = static_cast<std::int64_t>(terms.size());
        options.gradient_format = gradient_format;
        options.formats.assign(b.network().nodes.size(), sixteen_bit_layer(options));
        std::vector<Tensor> tensors;
        for (const Codes& codes : terms) tensors.push_back({"", {}, codes});
        std::vector<std::int64_t> indices(static_cast<std::size_t>(outputs));
        std::iota(indices.begin(), indices.end(), 0);
        return compute_elements_of_core(b.network(), options, 0, "fc." + suffix + ".reduced",
                                        indices,
                                        [&](std::int64_t core, const std::string& name) -> Tensor& {
                                            EXPECT_EQ(name, "fc." + suffix);
                                            return tensors.at(static_cast<std::size_t>(core));
                                        });
    }
    /// On which core each element's sum starts. Three cores have 2048, 1 and -2048 in turns, in
    /// fp16: 2048 + 1 = 2048, a tie to even, and so the sum is 0 where it starts with these two,
    /// and 1 elsewhere.
    Codes starts(std::int64_t elements) {
        gradient_format = "fp16";
        constexpr std::array<std::uint32_t, 3> values{0x6800, 0x3c00, 0xe800};
        Codes found(static_cast<std::size_t>(elements), 99);
        for (std::size_t turn = 0; turn < 3; ++turn) {
            std::vector<Codes> terms;
            for (std::size_t core = 0; core < 3; ++core)
                terms.push_back(Codes(found.size(), values[(core + 3 - turn) % 3]));
            const Codes result = sum("weight_gradient", terms, elements);
            for (std::size_t i = 0; i < result.size(); ++i) {
                EXPECT_TRUE(result[i] == 0 || result[i] == 0x3c00) << result[i];
                if (result[i] == 0) found[i] = static_cast<std::uint32_t>(turn);
            }
        }
        return found;
    }
    static Codes chunks(std::initializer_list<std::size_t> lengths) {
        Codes codes;
        std::uint32_t chunk = 0;
        for (const std::size_t length : lengths) codes.insert(codes.end(), length, chunk++);
        return codes;
    }
    std::string gradient_format = "dlfloat16";
};

TEST_F(SumTest, StartsEveryChunkOnItsCore) {
    EXPECT_EQ(starts(33), chunks({16, 16, 1})) << "11 rounded up to 16 leaves one";
    EXPECT_EQ(starts(32), chunks({11, 11, 10})) << "it would leave none";
    EXPECT_EQ(starts(97), chunks({48, 48, 1}));
    EXPECT_EQ(starts(96), chunks({32, 32, 32}));
    EXPECT_EQ(starts(144), chunks({48, 48, 48}));
    EXPECT_EQ(starts(9), chunks({3, 3, 3}));
    EXPECT_EQ(starts(4), chunks({2, 2, 0})) << "the last is empty";
    EXPECT_EQ(starts(2), chunks({1, 1, 0}));
    EXPECT_EQ(starts(1), chunks({1, 0, 0}));
}

TEST_F(SumTest, RoundsEverySumToTheFormat) {
    // dlfloat16 has 10 bits, ties away: 1024 + 1 = 1026; 1026 - 1024 = 2. FP32 is exact.
    const auto of = [](const std::string& format, double x) {
        return encode(float_format(format), x);
    };
    const auto codes = [&](const std::string& format) {
        return std::vector<Codes>{
            {of(format, 1024)}, {of(format, 1)}, {of(format, -1024)}, {of(format, 0)}};
    };
    EXPECT_EQ(sum("weight_gradient", codes("dlfloat16"), 1), Codes{of("dlfloat16", 2)});
    EXPECT_EQ(sum("bias_gradient", codes("fp32"), 1), Codes{of("fp32", 1)});
    const double big = 0x1p24;
    EXPECT_EQ(sum("bias_gradient", {{of("fp32", big)}, {of("fp32", 1)}, {of("fp32", -big)}}, 1),
              Codes{0})
        << "each addition is rounded to FP32";
    EXPECT_EQ(sum("weight_gradient", {{0x8000}, {0x8000}}, 1), Codes{0x8000}) << "-0 + -0 = -0";
}

/// The votes' sum and what a step makes of it.
struct VoteTest : testing::Test {
    VoteTest() {
        const auto conv = builder.convolution("conv", builder.activation("act", 0), 2, 1, 1, 0);
        builder.fully_connected("fc", builder.average_pool("average", conv), 2, false);
        options.formats.assign(builder.network().nodes.size(), sixteen_bit_layer(options));
        options.formats[conv] = {};
    }
    int element(const std::string& name, const std::map<std::string, std::vector<int>>& given) {
        std::map<std::string, std::vector<Tensor>> tensors;
        for (const auto& [key, values] : given)
            for (const int value : values) tensors[key].push_back(integer_tensor("int32", {value}));
        options.cores = 3;
        return static_cast<std::int32_t>(
            compute_elements_of_core(
                builder.network(), options, 0, name, std::vector<std::int64_t>{0},
                [&](std::int64_t core, const std::string& wanted) -> const Tensor& {
                    return tensors.at(wanted).at(static_cast<std::size_t>(core));
                })
                .at(0));
    }
    int next(int scale, int votes) {
        return element("conv.gradscale_log2.updated", {{"conv.gradscale_log2", {scale}},
                                                       {"conv.gradscale_vote.reduced", {votes}}});
    }
    NetworkBuilder builder{1, 1, 2};
    Options options;
};

TEST_F(VoteTest, SumsVotesExactlyAndClampsThemToInt32) {
    const auto sum = [&](const std::vector<int>& votes) {
        return element("conv.gradscale_vote.reduced", {{"conv.gradscale_vote", votes}});
    };
    EXPECT_EQ(sum({1, 1, 1}), 3);
    EXPECT_EQ(sum({-1, 1, -1}), -1);
    EXPECT_EQ(sum({1, 0, -1}), 0);
    constexpr int largest = std::numeric_limits<int>::max();
    constexpr int smallest = std::numeric_limits<int>::min();
    EXPECT_EQ(sum({largest, 1, -1}), largest - 1);
    EXPECT_EQ(sum({smallest, -1, 1}), smallest + 1);
    EXPECT_EQ(sum({16777216, 1, 0}), 16777217) << "FP32 has no such number";
}

TEST_F(VoteTest, FollowsTheMajorityByOne) {
    EXPECT_EQ(next(5, 3), 6);
    EXPECT_EQ(next(5, 1), 6);
    EXPECT_EQ(next(5, 0), 5);
    EXPECT_EQ(next(5, -1), 4);
    EXPECT_EQ(next(5, -3), 4);
    EXPECT_EQ(next(40, 3), 40);
    EXPECT_EQ(next(-24, -2), -24);
}

}  // namespace
}  // namespace quatrain::golden
