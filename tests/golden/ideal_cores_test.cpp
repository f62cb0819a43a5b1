// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/sample_cores.hpp"
#include "tests/golden/slopes.hpp"
#include "workloads/golden/ideal.hpp"

#include <gtest/gtest.h>
#include <cmath>

namespace quatrain::golden {
namespace {

constexpr std::int64_t images = 2;  ///< of one core

/// The images of all cores as those of one.
Tensors together(const std::vector<Tensors>& cores) {
    Tensors whole = cores[0];
    for (std::size_t c = 1; c < cores.size(); ++c)
        for (const char* name : {"images", "labels"}) {
            const std::vector<std::uint32_t>& more = cores[c].at(name).codes;
            whole.at(name).codes.insert(whole.at(name).codes.end(), more.begin(), more.end());
            whole.at(name).shape[0] += cores[c].at(name).shape[0];
        }
    return whole;
}

/// A share of what the reduced tensor is the sum of.
bool is_term(const IdealTensors& tensors, const std::string& name) {
    return tensors.contains(name + ".reduced");
}

std::string without_reduced(const std::string& name) {
    return name.ends_with(".reduced") ? name.substr(0, name.rfind('.')) : name;
}

void expect_near(const std::string& name, std::span<const double> some,
                 std::span<const double> others) {
    ASSERT_EQ(some.size(), others.size()) << name;
    for (std::size_t i = 0; i < some.size(); ++i)
        EXPECT_NEAR(some[i], others[i], 1e-12 + 1e-9 * std::fabs(others[i])) << name << " " << i;
}

TEST(IdealOfCores, WithBatchNormOverAllOfThemIsTheStepOfTheWholeBatch) {
    const network::Network network = sample_resnet();
    for (const std::int64_t cores : {2, 3}) {
        const Options one = four_bit_options(network, images * cores);
        const Options several = parallel_options(four_bit_options(network, images), cores, true);
        const std::vector<Tensors> inputs = inputs_of_cores(network, several, 3);
        const IdealTensors whole = compute_ideal_step(network, one, together(inputs));
        const auto parts = compute_ideal_parallel_step(network, several, inputs);
        ASSERT_EQ(std::ssize(parts), cores);
        for (std::size_t c = 0; c < parts.size(); ++c) {
            std::size_t compared = 0;
            for (const auto& [name, part] : parts[c]) {
                if (is_term(parts[c], name)) continue;
                const std::vector<double>& all = whole.at(without_reduced(name));
                const bool of_images = all.size() == part.size() * parts.size();
                expect_near(name, part,
                            of_images ? std::span(all).subspan(c * part.size(), part.size())
                                      : std::span(all));
                ++compared;
            }
            EXPECT_EQ(compared, whole.size()) << "core " << c;
        }
    }
}

TEST(IdealOfCores, WithBatchNormPerCoreEachGoesForwardAlone) {
    const network::Network network = sample_resnet();
    const Options several = parallel_options(four_bit_options(network, images), 3, false);
    const std::vector<Tensors> inputs = inputs_of_cores(network, several, 5);
    const auto parts = compute_ideal_parallel_step(network, several, inputs);
    for (std::size_t c = 0; c < parts.size(); ++c) {
        const IdealTensors alone =
            compute_ideal_step(network, four_bit_options(network, images), inputs[c]);
        for (const auto& [name, numbers] : alone) {
            const bool forward = name.ends_with(".output") || name.ends_with(".mean") ||
                                 name.ends_with(".running_variance.updated");
            if (forward) {
                EXPECT_EQ(parts[c].at(name), numbers) << name << " on core " << c;
            }
        }
        EXPECT_NEAR(parts[c].at("loss")[0], alone.at("loss")[0] / 3, 1e-12);
    }
}

double loss_with(const network::Network& network, const Options& options,
                 std::vector<Tensors> inputs, const std::string& parameter, std::size_t index,
                 float value) {
    for (Tensors& core : inputs) core[parameter].codes[index] = encode_fp32(value);
    return compute_ideal_parallel_step(network, options, inputs)[0].at("loss.reduced")[0];
}

TEST(IdealOfCores, ReducedGradientsAreTheSlopesOfTheReducedLoss) {
    const network::Network network = sample_resnet();
    for (const bool synchronised : {false, true}) {
        const Options options =
            parallel_options(four_bit_options(network, images), 2, synchronised);
        const std::vector<Tensors> inputs = inputs_of_cores(network, options, 3);
        const IdealTensors ideal = compute_ideal_parallel_step(network, options, inputs)[1];
        int checked = 0;
        for (const auto& [name, parameter] : inputs[0]) {
            const auto gradient = ideal.find(name + "_gradient.reduced");
            if (gradient == ideal.end()) continue;
            checked += expect_slopes(name, parameter, gradient->second, 3,
                                     [&, &parameter_name = name](std::size_t i, float value) {
                                         return loss_with(network, options, inputs, parameter_name,
                                                          i, value);
                                     });
        }
        EXPECT_GT(checked, 50);
    }
}

TEST(IdealOfCores, SixteenBitStepIsCloseToItInEveryTensorOfEveryCore) {
    const network::Network network = sample_resnet();
    for (const bool synchronised : {false, true}) {
        Options options = parallel_options(sixteen_bit_options(network, 3), 2, synchronised);
        options.accumulator = "fp32";
        // With some seeds a rounding takes a value to the other side of a ReLU.
        const std::vector<Tensors> inputs = inputs_of_cores(network, options, 1);
        const auto step = compute_parallel_step(network, options, inputs);
        const auto ideal = compute_ideal_parallel_step(network, options, inputs);
        for (std::size_t c = 0; c < ideal.size(); ++c)
            for (const auto& [name, numbers] : ideal[c]) {
                ASSERT_TRUE(step[c].contains(name)) << name;
                EXPECT_GT(compare(values(step[c].at(name)), numbers).sqnr_db, 35)
                    << name << " on core " << c;
            }
        EXPECT_TRUE(ideal[1].contains("block2.conv1.weight_gradient.reduced"));
        EXPECT_TRUE(ideal[1].contains("loss.reduced"));
    }
}

TEST(IdealOfCores, TheStepOfOneCoreTakesOneCore) {
    const network::Network network = sample_resnet();
    const Options options = parallel_options(four_bit_options(network, images), 2, false);
    const std::vector<Tensors> inputs = inputs_of_cores(network, options, 3);
    EXPECT_THROW(compute_ideal_step(network, options, inputs[0]), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::golden
