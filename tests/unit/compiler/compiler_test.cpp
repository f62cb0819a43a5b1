// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/compiler/setting.hpp"
#include "tests/unit/compiler/tagged_passes.hpp"
#include "tests/unit/compiler/tagged_vector.hpp"

#include <gtest/gtest.h>

namespace quatrain::compiler::testing {
namespace {

/// Engines that take up to this many ticks for an instruction: load, store, array, vector.
using Slowness = std::array<int, isa::engine_count>;
constexpr std::array<Slowness, 5> paces{
    Slowness{5, 5, 5, 5}, {1, 40, 1, 1}, {40, 1, 1, 1}, {1, 1, 40, 1}, {1, 1, 1, 40}};

void expect_correct(const network::Network& network, const training::Recipe& recipe,
                    std::int64_t batch, const Target& target, bool training = true) {
    const auto program = compile(training::build(network, recipe, batch, training), target);
    std::uint32_t seed = 1;
    for (const auto& pace : paces) {
        TaggedMachine machine(program, target, seed++, pace);
        ASSERT_NO_THROW(machine.run());
    }
}

TEST(every_element, is_computed_from_the_right_operands_on_a_small_machine) {
    expect_correct(small_network(), four_bit_recipe(), 3, small_target());
}

TEST(every_element, is_computed_from_the_right_operands_on_the_default_machine) {
    expect_correct(small_network(), four_bit_recipe(), 3, Target{});
}

TEST(every_element, is_computed_from_the_right_operands_with_even_image_sizes) {
    expect_correct(small_network(12), four_bit_recipe(), 2, small_target());
}

TEST(every_element, is_computed_from_the_right_operands_with_an_odd_array) {
    auto target = small_target();
    target.array.rows = 3;
    target.array.cols = 5;
    target.array.accumulator = mac_array::Accumulator::fp32;
    expect_correct(small_network(), four_bit_recipe(), 2, target);
}

TEST(every_element, is_computed_from_the_right_operands_in_16_bits) {
    auto recipe = four_bit_recipe();
    recipe.rules[0].formats = recipe.rules[1].formats;
    expect_correct(small_network(), recipe, 2, small_target());
}

TEST(every_element, of_inference_is_computed_from_the_right_operands) {
    expect_correct(small_network(), four_bit_recipe(), 2, small_target(), false);
}

}  // namespace
}  // namespace quatrain::compiler::testing
