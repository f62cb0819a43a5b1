// SPDX-License-Identifier: Apache-2.0
// A step of several cores against steps of one core.
#include "tests/golden/sample_cores.hpp"
#include "workloads/golden/ideal.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <optional>
#include <set>

namespace quatrain::golden {
namespace {

float number(const Tensor& tensor, std::size_t index) {
    return static_cast<float>(decode(float_format(tensor.format), tensor.codes.at(index)));
}

/// Two cores with two images each, and each core's images as a step of its own. A step of two
/// images divides its loss by 2, a core of two by 4: with a GradScale of half as much, the step has
/// the same codes, and exactly twice the gradients.
struct TwoCores : testing::Test {
    TwoCores() {
        for (Tensors alone : inputs) {
            for (auto& [name, tensor] : alone)
                if (name.ends_with(".gradscale_log2")) --tensor.codes[0];
            pieces.push_back(compute_step(network, one_core, alone));
        }
    }
    /// With GradScales for which the cores' votes differ.
    std::vector<Tensors> make_inputs() const {
        std::vector<Tensors> cores = inputs_of_cores(network, options, 31);
        for (Tensors& core : cores) {
            core["block1.conv1.gradscale_log2"].codes = {11};
            core["block1.conv2.gradscale_log2"].codes = {10};
            core["block2.conv1.gradscale_log2"].codes = {11};
            core["block2.conv2.gradscale_log2"].codes = {10};
        }
        return cores;
    }
    /// F( half of core 0's + half of core 1's ).
    std::vector<float> reduced(const std::string& gradient) const {
        const FloatFormat format = float_format(pieces[0].at(gradient).format);
        std::vector<float> sums;
        for (std::size_t i = 0; i < pieces[0].at(gradient).codes.size(); ++i)
            sums.push_back(static_cast<float>(
                round_to(format, static_cast<double>(number(pieces[0].at(gradient), i) / 2 +
                                                     number(pieces[1].at(gradient), i) / 2))));
        return sums;
    }
    /// The update of one parameter by hand.
    void expect_update(const std::string& parameter, std::optional<float> decay, float clip);

    network::Network network = sample_resnet();
    Options one_core = four_bit_options(network, 2);
    Options options = parallel_options(one_core, 2, false);
    std::vector<Tensors> inputs = make_inputs();
    std::vector<Tensors> pieces;  ///< the steps of one core
    std::vector<Tensors> step = compute_parallel_step(network, options, inputs);
};

void TwoCores::expect_update(const std::string& parameter, std::optional<float> decay, float clip) {
    const std::vector<float> gradient = reduced(parameter + "_gradient");
    const Tensor& w = inputs[0].at(parameter);
    const Tensor& v = inputs[0].at(parameter + ".momentum");
    const auto mu = static_cast<float>(options.momentum);
    const auto rate = static_cast<float>(options.learning_rate);
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        float d = std::fabs(number(w, i)) > clip ? 0 : gradient[i];
        if (decay) d = d + *decay * number(w, i);
        const float velocity = mu * number(v, i) + d;
        const float value = number(w, i) - rate * velocity;
        for (const Tensors& core : step) {
            EXPECT_EQ(number(core.at(parameter + ".momentum.updated"), i), velocity)
                << parameter << ' ' << i;
            EXPECT_EQ(number(core.at(parameter + ".updated"), i), value) << parameter << ' ' << i;
        }
    }
}

TEST_F(TwoCores, MakeTheForwardTensorsOfTheirImages) {
    for (std::size_t core = 0; core < 2; ++core)
        for (const char* name : {"conv1.output", "bn1.mean", "block2.conv2.output", "fc.output",
                                 "bn1.running_variance.updated"})
            EXPECT_EQ(step[core].at(name).codes, pieces[core].at(name).codes) << name;
}

TEST_F(TwoCores, DivideTheirLossAndGradientsByTheWholeBatch) {
    for (std::size_t core = 0; core < 2; ++core)
        for (const auto& [name, tensor] : pieces[core]) {
            if (name != "loss" && !name.ends_with("_gradient")) continue;
            for (std::size_t i = 0; i < tensor.codes.size(); ++i)
                EXPECT_EQ(number(step[core].at(name), i), number(tensor, i) / 2) << name;
        }
    EXPECT_EQ(number(step[1].at("loss.reduced"), 0), reduced("loss")[0]);
}

TEST_F(TwoCores, UpdateFromTheSumsOfBoth) {
    std::size_t parameters = 0;
    for (const auto& [name, tensor] : inputs[0]) {
        if (!inputs[0].contains(name + ".momentum")) continue;
        ++parameters;
        const bool weight = name.ends_with(".weight"), alpha = name.ends_with(".alpha");
        const std::string clip = name + "_alpha";  // of 4-bit weights
        expect_update(name,
                      weight  ? std::optional(static_cast<float>(options.weight_decay))
                      : alpha ? std::optional(static_cast<float>(options.alpha_weight_decay))
                              : std::nullopt,
                      weight && step[0].contains(clip) ? number(step[0].at(clip), 0) : INFINITY);
    }
    EXPECT_EQ(parameters, 24u) << "7 weights, a bias, 6 gammas and betas, 4 alphas";
}

TEST_F(TwoCores, FollowTheVotesOfBoth) {
    std::set<int> sums;
    for (const auto& [name, tensor] : step[0]) {
        if (!name.ends_with(".gradscale_vote")) continue;
        const auto vote = [&](std::size_t core) {
            EXPECT_EQ(step[core].at(name).codes, pieces[core].at(name).codes) << name;
            return static_cast<std::int32_t>(pieces[core].at(name).codes[0]);
        };
        const int sum = vote(0) + vote(1);
        sums.insert(sum);
        const std::string scale = name.substr(0, name.size() - 4) + "log2";
        for (const Tensors& core : step) {
            EXPECT_EQ(static_cast<std::int32_t>(core.at(name + ".reduced").codes[0]), sum);
            EXPECT_EQ(static_cast<std::int32_t>(core.at(scale + ".updated").codes[0]),
                      static_cast<std::int32_t>(inputs[0].at(scale).codes[0]) + (sum > 0   ? 1
                                                                                 : sum < 0 ? -1
                                                                                           : 0))
                << scale;
        }
    }
    EXPECT_EQ(sums, (std::set<int>{-2, -1, 0, 1})) << "the sample should have votes of all kinds";
}

/// A step over two cores beside that of one core which has all images.
struct WholeBatch : testing::Test {
    WholeBatch() {
        for (Options* o : {&one_core, &half}) {
            o->gradient_format = "fp16";
            o->accumulator = "fp32";
            o->formats.assign(network.nodes.size(), sixteen_bit_layer(*o));
        }
    }
    void compute(bool synchronised) {
        const Options options = parallel_options(half, 2, synchronised);
        const auto inputs = inputs_of_cores(network, options, 41);
        Tensors all = inputs[0];
        for (const char* name : {"images", "labels"})
            all[name].codes.insert(all[name].codes.end(), inputs[1].at(name).codes.begin(),
                                   inputs[1].at(name).codes.end());
        whole = compute_step(network, one_core, all);
        core = compute_parallel_step(network, options, inputs)[1];
    }
    /// The lowest signal to noise ratio of any reduced gradient [dB].
    double lowest_sqnr() const {
        double lowest = INFINITY;
        for (const auto& [name, tensor] : whole)
            if (core.contains(name + ".reduced") && name.ends_with("_gradient"))
                lowest = std::min(
                    lowest, compare(values(core.at(name + ".reduced")), values(tensor)).sqnr_db);
        return lowest;
    }
    /// The largest relative difference of any running variance.
    double variance_error() const {
        double largest = 0;
        for (const auto& [name, tensor] : whole) {
            if (!name.ends_with(".running_variance.updated")) continue;
            for (std::size_t i = 0; i < tensor.codes.size(); ++i)
                largest = std::max(largest,
                                   std::fabs(number(core.at(name), i) / number(tensor, i) - 1.0));
        }
        return largest;
    }
    double loss_error() const {
        return std::fabs(number(core.at("loss.reduced"), 0) - number(whole.at("loss"), 0));
    }

    Tensors whole, core;
    network::Network network = sample_resnet();
    Options one_core = sixteen_bit_options(network, 4), half = sixteen_bit_options(network, 2);
};

TEST_F(WholeBatch, OfASynchronisedBatchNormIsWhatOneCoreComputes) {
    compute(true);
    EXPECT_GT(lowest_sqnr(), 60) << "fp16 gradients have 11 bits";
    EXPECT_LT(loss_error(), 1e-6);
    EXPECT_LT(variance_error(), 1e-6);
}

TEST_F(WholeBatch, OfBatchNormsOfTheCoresIsNot) {
    compute(false);
    EXPECT_LT(lowest_sqnr(), 20);
    EXPECT_GT(loss_error(), 1e-3);
    EXPECT_GT(variance_error(), 1e-3);
}

}  // namespace
}  // namespace quatrain::golden
