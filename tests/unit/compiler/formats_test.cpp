// SPDX-License-Identifier: Apache-2.0
// Programs of the recipes beyond 4 and 16 bits: every element from the right operands, results
// drained with the right scale, and what the array cannot do.
#include "tests/unit/compiler/setting.hpp"
#include "tests/unit/compiler/tagged_passes.hpp"
#include "tests/unit/compiler/tagged_vector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>

namespace quatrain::compiler::testing {
namespace {

using enum numerics::Format;
using training::OperatorKind;

/// First and last layer in 16 bits, the others in these formats.
training::Recipe recipe_of(const training::GemmFormats& middle) {
    training::Recipe recipe = four_bit_recipe();
    recipe.rules[0].formats = middle;
    return recipe;
}

training::Recipe fp32_recipe() {
    training::Recipe recipe;
    recipe.activation_format = recipe.gradient_format = fp32;
    recipe.rules = {{"*", {fp32, fp32, fp32, fp32, true}}};
    return recipe;
}

Target small_target_of_all_modes() {
    Target target = small_target();
    target.array.lanes_8bit = 2;
    target.array.lanes_32bit = 1;
    return target;
}

const training::GemmFormats int4_fp16{uint4, int4, dlfloat16, dlfloat16, true};
const training::GemmFormats int4_fp8{uint4, int4, fp8_152, fp8_152, true};
const training::GemmFormats fp4_dx_fp8_dw{uint4, int4, fp4_r4, fp8_152, true};
const training::GemmFormats hfp8{fp8_143, fp8_143, fp8_152, fp8_152, true};

struct NamedRecipe {
    const char* name;
    training::Recipe recipe;
};
std::vector<NamedRecipe> recipes() {
    training::Recipe apex = recipe_of(fp4_dx_fp8_dw);
    apex.gradscale = training::GradScaleScope::global;
    training::Recipe one_by_one = four_bit_recipe();
    one_by_one.rules.insert(one_by_one.rules.begin() + 1, {"*", int4_fp8, 1});
    return {{"int4_fp16", recipe_of(int4_fp16)},
            {"int4_fp8", recipe_of(int4_fp8)},
            {"fp4_dx_fp8_dw", recipe_of(fp4_dx_fp8_dw)},
            {"hfp8", recipe_of(hfp8)},
            {"plain_activations_scaled_gradients", recipe_of({fp16, fp16, dlfloat16, fp8_152})},
            {"fp4_apex", apex},
            {"fp4_1x1_fp8", one_by_one},
            {"fp32", fp32_recipe()}};
}

class EveryRecipe : public ::testing::TestWithParam<NamedRecipe> {};

TEST_P(EveryRecipe, ComputesEveryElementFromTheRightOperands) {
    const Target target = small_target_of_all_modes();
    for (const bool trains : {true, false}) {
        const auto program =
            compile(training::build(small_network(), GetParam().recipe, 2, trains), target);
        for (const std::uint32_t seed : {1U, 2U}) {
            TaggedMachine machine(program, target, seed, {5, 5, 20, 5});
            ASSERT_NO_THROW(machine.run());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Recipes, EveryRecipe, ::testing::ValuesIn(recipes()),
                         [](const ::testing::TestParamInfo<NamedRecipe>& instance) {
                             return instance.param.name;
                         });

/// The instructions of a kind in the code of the operator that makes a tensor.
template <class Body>
std::vector<Body> bodies(const Program& program, const std::string& tensor, isa::Engine engine) {
    const auto id = program.graph.by_name.at(tensor);
    std::vector<Body> found;
    for (const OperatorCode& code : program.code)
        for (const std::size_t index : code.operators) {
            const auto& outputs = program.graph.operators[index].outputs;
            if (std::ranges::find(outputs, id) == outputs.end()) continue;
            isa::QueueCursor cursor(code.queues[static_cast<std::size_t>(engine)]);
            for (isa::Instruction next; cursor.next(next);)
                if (const auto* body = std::get_if<Body>(&next.body)) found.push_back(*body);
        }
    return found;
}

/// How a GEMM's results are scaled: a, b, g for step_a, step_b and the GradScale, and the exponent.
std::string scale(const Program& program, const std::string& tensor) {
    const auto drains = bodies<isa::Drain>(program, tensor, isa::Engine::vector);
    if (drains.empty()) return "no drain";
    const auto text = [](const isa::Drain& drain) {
        std::string one;
        if (drain.step_a != isa::no_address) one += 'a';
        if (drain.step_b != isa::no_address) one += 'b';
        if (drain.gradscale != isa::no_address) one += 'g';
        return one + std::to_string(drain.exponent);
    };
    for (const auto& drain : drains) EXPECT_EQ(text(drain), text(drains[0]));
    return text(drains[0]);
}

/// Of forward, dX and dW of a layer in the middle.
std::vector<std::string> scales(const training::GemmFormats& middle, const Target& target,
                                const training::Recipe* recipe = nullptr) {
    const auto program =
        compile(training::build(small_network(), recipe ? *recipe : recipe_of(middle), 1), target);
    return {scale(program, "conv5.output"), scale(program, "conv5.input_gradient"),
            scale(program, "conv5.weight_gradient")};
}

using Scales = std::vector<std::string>;

TEST(a_drain, multiplies_by_the_steps_that_operands_have_and_the_scale_of_scaled_gradients_only) {
    const Target target = small_target_of_all_modes();
    EXPECT_EQ(scales({}, target), (Scales{"ab0", "bg0", "ag-1"}));
    EXPECT_EQ(scales({uint4, int4, fp4_r4, fp4_r4, false}, target), (Scales{"ab0", "bg0", "ag0"}));
    EXPECT_EQ(scales(int4_fp16, target), (Scales{"ab0", "b0", "a0"}));
    EXPECT_EQ(scales(int4_fp8, target), (Scales{"ab0", "bg0", "ag0"}));
    EXPECT_EQ(scales(fp4_dx_fp8_dw, target), (Scales{"ab0", "bg0", "ag0"}));
    EXPECT_EQ(scales({uint4, int4, fp4_r4, dlfloat16}, target), (Scales{"ab0", "bg0", "a0"}));
    EXPECT_EQ(scales(hfp8, target), (Scales{"0", "g0", "g0"}));
    EXPECT_EQ(scales({fp16, fp16, dlfloat16, fp8_152}, target), (Scales{"0", "0", "g0"}));
    const training::Recipe fp32_everywhere = fp32_recipe();
    EXPECT_EQ(scales({}, target, &fp32_everywhere), (Scales{"0", "0", "0"}));
}

TEST(a_drain, takes_the_unit_of_integer_sums_in_the_4_bit_mode) {
    Target target = small_target();
    target.array.accumulator = mac_array::Accumulator::int32;
    training::Recipe recipe = four_bit_recipe();
    recipe.rules.resize(1);
    NetworkMaker maker(8, 8, 4);
    const auto bn = maker.batch_norm(0);
    const auto conv = maker.convolution(maker.activation(bn), 4, 3, 1, 1);
    maker.fully_connected(maker.max_pool(maker.activation(maker.batch_norm(conv)), 8, 8, 0), 4,
                          false);
    const auto program = compile(training::build(maker.network(), recipe, 1), target);
    EXPECT_EQ(scale(program, "conv3.output"), "ab0");
    EXPECT_EQ(scale(program, "conv3.input_gradient"), "bg-6");
    EXPECT_EQ(scale(program, "conv3.weight_gradient"), "ag-7");
}

TEST(gradient_codes, are_made_in_the_order_that_the_scaling_unit_asks_for) {
    const auto formats = [](const training::GemmFormats& middle) {
        const auto program = compile(training::build(small_network(), recipe_of(middle), 1),
                                     small_target_of_all_modes());
        std::vector<numerics::Format> made;
        for (const auto& one :
             bodies<isa::VectorInstruction>(program, "conv5.gradient_max", isa::Engine::vector)) {
            if (one.operation != isa::VectorOperation::quantise_gradient) continue;
            made.clear();
            for (const auto& out : one.out)
                if (out.address != isa::no_address) made.push_back(out.format);
        }
        return made;
    };
    using Formats = std::vector<numerics::Format>;
    EXPECT_EQ(formats({}), (Formats{fp4_r4, fp4_r4}));
    EXPECT_EQ(formats(fp4_dx_fp8_dw), (Formats{fp4_r4, fp8_152}));
    EXPECT_EQ(formats(int4_fp8), (Formats{fp8_152}));
    EXPECT_EQ(formats({uint4, int4, fp4_r4, dlfloat16}), (Formats{fp4_r4}));
}

TEST(a_global_scale, takes_the_least_of_all_votes_one_after_the_other) {
    training::Recipe recipe = recipe_of(fp4_dx_fp8_dw);
    recipe.gradscale = training::GradScaleScope::global;
    const auto program =
        compile(training::build(small_network(), recipe, 1), small_target_of_all_modes());
    const auto least =
        bodies<isa::VectorInstruction>(program, "gradscale_vote", isa::Engine::vector);
    const auto& op = *std::ranges::find(program.graph.operators, OperatorKind::gradscale_least,
                                        &training::Operator::kind);
    const auto address = [&](training::TensorId id) {
        return program.placements[id].scalar_address;
    };
    ASSERT_EQ(op.inputs.size(), 5U);
    ASSERT_EQ(least.size(), 4U);
    for (std::size_t i = 0; i < least.size(); ++i) {
        EXPECT_EQ(least[i].operation, isa::VectorOperation::least_vote);
        EXPECT_EQ(least[i].scalars[0], address(i == 0 ? op.inputs[0] : op.outputs[0]));
        EXPECT_EQ(least[i].scalars[1], address(op.inputs[i + 1]));
        EXPECT_EQ(least[i].scalars[2], address(op.outputs[0]));
    }
}

TEST(a_global_scale, of_one_layer_is_its_vote) {
    training::Recipe recipe = four_bit_recipe();
    recipe.gradscale = training::GradScaleScope::global;
    NetworkMaker maker(6, 6, 3);
    const auto first = maker.activation(maker.convolution(0, 4, 3, 1, 1));
    maker.fully_connected(
        maker.average_pool(maker.activation(maker.convolution(first, 4, 3, 1, 1))), 4);
    const auto program = compile(training::build(maker.network(), recipe, 1), small_target());
    const auto least =
        bodies<isa::VectorInstruction>(program, "gradscale_vote", isa::Engine::vector);
    ASSERT_EQ(least.size(), 1U);
    EXPECT_EQ(least[0].scalars[1], isa::no_address);
}

std::string compile_error(const training::Recipe& recipe, const Target& target,
                          bool trains = true) {
    try {
        compile(training::build(small_network(), recipe, 1, trains), target);
    } catch (const CompileError& error) {
        return error.what();
    }
    return "compiled";
}

TEST(a_mode_without_lanes, is_an_error_of_the_layer_that_needs_it) {
    Target target = small_target_of_all_modes();
    target.array.lanes_8bit = 0;
    EXPECT_EQ(compile_error(recipe_of(hfp8), target),
              "layer conv5: fp8_143 x fp8_143 needs the 8-bit mode: core.array.lanes_8bit = 0: the "
              "array has none");
    EXPECT_EQ(compile_error(recipe_of(int4_fp8), target, false), "compiled") << "forward is int4";
    EXPECT_THAT(compile_error(recipe_of(int4_fp8), target),
                ::testing::HasSubstr("fp8_152 x int4 needs the 8-bit mode"));
    EXPECT_THAT(compile_error(recipe_of(fp4_dx_fp8_dw), target),
                ::testing::HasSubstr("uint4 x fp8_152 needs the 8-bit mode"));
    EXPECT_EQ(compile_error(recipe_of(int4_fp16), target), "compiled");
    target.array.lanes_32bit = 0;
    EXPECT_EQ(compile_error(fp32_recipe(), target),
              "layer conv1: fp32 x fp32 needs the 32-bit mode: core.array.lanes_32bit = 0: the "
              "array has none");
    target = small_target();
    target.array.lanes_4bit = 0;
    EXPECT_THAT(compile_error(four_bit_recipe(), target),
                ::testing::HasSubstr("uint4 x int4 needs the 4-bit mode: core.array.lanes_4bit"));
}

TEST(int32_accumulators, serve_the_4_bit_mode_only) {
    Target target = small_target_of_all_modes();
    target.array.accumulator = mac_array::Accumulator::int32;
    EXPECT_EQ(compile_error(recipe_of(int4_fp8), target, false),
              "layer conv1: multiplies fp16 x fp16, int32 accumulators serve the 4-bit mode only");
}

}  // namespace
}  // namespace quatrain::compiler::testing
