// SPDX-License-Identifier: Apache-2.0
#include "workloads/network/network.hpp"
#include "workloads/network/reader.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <set>

namespace quatrain::network {
namespace {

struct Claim {
    const char* name;
    std::int64_t parameters;
    std::int64_t macs;
    std::int64_t classes;
};

class BuiltIn : public testing::TestWithParam<Claim> {};

TEST_P(BuiltIn, HasItsPublishedParametersAndMacs) {
    const Network network = built_in(GetParam().name);
    EXPECT_EQ(network.name, GetParam().name);
    EXPECT_EQ(parameters(network), GetParam().parameters);
    EXPECT_EQ(macs_forward(network), GetParam().macs);
    EXPECT_EQ(network.classes(), GetParam().classes);
}

// ImageNet: torchvision's parameter counts. MACs: sums over the convolutions and the classifier,
// for example ResNet-18: 118013952 (conv1) + 4*115605504 (layer1) + 3*411041792 (layer2..4:
// 57802752 + 3*115605504 + 6422528)
// + 512000 (fc) = 1814073344.
INSTANTIATE_TEST_SUITE_P(Networks, BuiltIn,
                         testing::Values(Claim{"resnet18", 11689512, 1814073344, 1000},
                                         Claim{"resnet34", 21797672, 3663761408, 1000},
                                         Claim{"resnet50", 25557032, 4089184256, 1000},
                                         Claim{"resnet101", 44549160, 7801405440, 1000},
                                         Claim{"resnet152", 60192808, 11513626624, 1000},
                                         Claim{"resnet18-cifar", 11173962, 555422720, 10},
                                         Claim{"resnet20-cifar", 272474, 40813184, 10},
                                         Claim{"resnet32-cifar", 466906, 69124736, 10},
                                         Claim{"resnet56-cifar", 855770, 125747840, 10},
                                         Claim{"resnet8-mnist", 77754, 9345920, 10}),
                         [](const auto& instance) {
                             std::string name = instance.param.name;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace quatrain::network
