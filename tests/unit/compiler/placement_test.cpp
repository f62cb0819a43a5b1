// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/placement.hpp"

#include "rtl_models/isa/address_map.hpp"
#include "tests/unit/compiler/setting.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <utility>
#include <vector>

namespace quatrain::compiler::testing {
namespace {

/// A graph of fp16 vectors, one after the other, and which of them each operator reads.
Program program_of(std::vector<std::int64_t> elements,
                   const std::vector<std::vector<training::TensorId>>& reads) {
    Program program;
    for (const std::int64_t count : elements) {
        training::Tensor tensor;
        tensor.format = numerics::Format::fp16;
        tensor.shape = {1, 1, 1, count};
        program.graph.tensors.push_back(tensor);
    }
    for (const auto& inputs : reads) {
        training::Operator op;
        op.inputs = inputs;
        program.graph.operators.push_back(op);
    }
    return program;
}

/// The places after place_tensors(), those in the scratchpad as negative numbers less one.
std::vector<std::int64_t> places(Program program, std::int64_t scratchpad_bytes) {
    Target target;
    target.scratchpad_bytes = scratchpad_bytes;
    target.dram.capacity_bytes = 1 << 30;
    place_tensors(program, target);
    std::vector<std::int64_t> all;
    for (const Placement& place : program.placements) {
        const bool aside = isa::space_of(place.dram_address) == isa::Space::scratchpad;
        all.push_back(aside ? isa::scratchpad_base - place.dram_address - 1 : place.dram_address);
    }
    return all;
}

using Places = std::vector<std::int64_t>;

TEST(Placement, WithoutAScratchpadTensorsFollowEachOtherInTheDram) {
    EXPECT_EQ(places(program_of({128, 129, 1}, {}), 0), (Places{0, 256, 768}));
}

TEST(Placement, WhatMostOperatorsReadComesFirstAndOfEqualsTheEarlier) {
    const Program program = program_of({128, 128, 128, 128}, {{1, 2}, {2}, {3}});
    EXPECT_EQ(places(program, 256), (Places{0, 256, -1, 512}));
    EXPECT_EQ(places(program, 512), (Places{0, -257, -1, 256}));
    EXPECT_EQ(places(program, 768), (Places{0, -257, -1, -513}));
    EXPECT_EQ(places(program, 1 << 20), (Places{-769, -257, -1, -513}));
}

TEST(Placement, AnOperatorThatReadsATensorTwiceLoadsItOnce) {
    EXPECT_EQ(places(program_of({128, 128}, {{1, 1}, {0}, {0}}), 256), (Places{-1, 0}));
}

TEST(Placement, WhatDoesNotFitLeavesTheRoomToTheNext) {
    const Program program = program_of({129, 128}, {{0}, {0}});
    EXPECT_EQ(places(program, 511), (Places{0, -1}));
    EXPECT_EQ(places(program, 512), (Places{-1, 0}));
    EXPECT_EQ(places(program, 255), (Places{0, 512}));
}

TEST(Placement, WhatTheStepFindsOrLeavesForTheNextIsInTheDram) {
    Program program = program_of({128, 128, 128}, {});
    program.graph.tensors[0].origin = training::Origin::parameter;
    program.graph.tensors[1].updated_name = "updated";
    EXPECT_EQ(places(program, 1 << 20), (Places{0, 256, -1}));
}

TEST(Placement, ScalarsAreInTheDram) {
    Program program = program_of({1, 1}, {{0}, {0}});
    program.graph.tensors[0].scalar = true;
    EXPECT_EQ(places(program, 1 << 20), (Places{0, -1}));
}

TEST(Placement, NoTwoTensorsOfANetworkShareAByte) {
    auto target = small_target();
    target.scratchpad_bytes = 40'000;
    const Program program =
        compile(training::build(small_network(), four_bit_recipe(), 3, true), target);
    std::vector<std::pair<std::int64_t, std::int64_t>> extents;
    for (const Placement& place : program.placements)
        extents.emplace_back(place.dram_address, place.dram_address + place.bytes);
    std::ranges::sort(extents);
    for (std::size_t i = 1; i < extents.size(); ++i)
        EXPECT_LE(extents[i - 1].second, extents[i].first);
    EXPECT_GT(program.scratchpad_bytes, 30'000);
    EXPECT_LE(program.scratchpad_bytes, 40'000);
    EXPECT_LE(extents.back().second, isa::scratchpad_base + program.scratchpad_bytes);
}

}  // namespace
}  // namespace quatrain::compiler::testing
