// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/compiler/setting.hpp"
#include "tests/unit/compiler/tagged_passes.hpp"
#include "tests/unit/compiler/tagged_vector.hpp"
#include "workloads/network/builder.hpp"

#include <gtest/gtest.h>

namespace quatrain::compiler::testing {
namespace {

/// Engines that take up to this many ticks for an instruction: load, store, array, vector.
using Slowness = std::array<int, isa::engine_count>;
constexpr std::array<Slowness, 5> paces{
    Slowness{5, 5, 5, 5}, {1, 40, 1, 1}, {40, 1, 1, 1}, {1, 1, 40, 1}, {1, 1, 1, 40}};

void expect_correct(const training::Graph& graph, const Target& target) {
    const auto program = compile(graph, target);
    std::uint32_t seed = 1;
    for (const auto& pace : paces) {
        TaggedMachine machine(program, target, seed++, pace);
        ASSERT_NO_THROW(machine.run());
    }
}

void expect_correct(const network::Network& network, const training::Recipe& recipe,
                    std::int64_t batch, const Target& target, bool training = true) {
    expect_correct(training::build(network, recipe, batch, training), target);
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

std::uint64_t passes(const OperatorCode& code) {
    return isa::executed_instructions(code.queues[static_cast<std::size_t>(isa::Engine::array)]);
}

std::uint64_t passes(const Program& program) {
    std::uint64_t count = 0;
    for (const OperatorCode& code : program.code) count += passes(code);
    return count;
}

TEST(every_element, is_computed_from_the_right_operands_with_passes_of_whole_tiles) {
    auto odd = small_target();  // a chunk of 3 products is no whole words: its passes stay
    odd.array.rows = 3;
    odd.array.lanes_4bit = 1;
    odd.array.chunk = 6;
    for (auto target : {small_target(), Target{}, odd}) {
        const auto graph = training::build(small_network(), four_bit_recipe(), 2, true);
        const std::uint64_t of_the_array = passes(compile(graph, target));
        target.tile_passes = true;
        EXPECT_LT(passes(compile(graph, target)), of_the_array);
        expect_correct(graph, target);
    }
}

TEST(tile_passes, make_one_of_a_large_gemm_that_fits_the_buffers) {
    auto target = small_target();
    target.tile_passes = true;
    target.buffers.moving_bytes = target.buffers.stationary_bytes = 1 << 20;
    target.buffers.accumulator_bytes = target.buffers.vector_bytes = 1 << 20;
    target.dram.ideal = false;  // a memory so slow that one tile is best
    target.dram.latency_cycles = 1 << 24;
    target.dma.outstanding = std::int64_t{1} << 32;
    NetworkMaker maker(16, 16, 3);
    const auto stem = maker.activation(maker.convolution(0, 16, 3, 1, 1));
    const auto last = maker.activation(maker.convolution(stem, 24, 3, 1, 1));
    maker.fully_connected(maker.average_pool(last), 10, true);
    const auto program =
        compile(training::build(maker.network(), four_bit_recipe(), 8, true), target);
    int convolutions = 0;
    for (const auto& code : program.code) {
        if (!code.name.starts_with("conv") || !code.kind.starts_with("convolution")) continue;
        ++convolutions;
        EXPECT_EQ(passes(code), 1U) << code.name << ' ' << code.kind;
    }
    EXPECT_EQ(convolutions, 2 + 1 + 2) << "forward, dX of the second, dW";
}

TEST(every_element, is_computed_from_the_right_operands_in_16_bits) {
    auto recipe = four_bit_recipe();
    recipe.rules[0].formats = recipe.rules[1].formats;
    expect_correct(small_network(), recipe, 2, small_target());
}

TEST(every_element, is_computed_from_the_right_operands_with_a_scratchpad) {
    auto target = small_target();
    target.scratchpad_bytes = 32768;
    expect_correct(small_network(), four_bit_recipe(), 3, target);
    target.scratchpad_bytes = 16 << 20;
    expect_correct(small_network(), four_bit_recipe(), 3, target);
}

TEST(every_element, of_inference_is_computed_from_the_right_operands) {
    expect_correct(small_network(), four_bit_recipe(), 2, small_target(), false);
}

TEST(every_element, of_an_evaluation_is_computed_from_the_right_operands) {
    expect_correct(training::build_evaluation(small_network(), four_bit_recipe(), 2),
                   small_target());
}

/// A network around one convolution and one pooling of random geometry.
network::Network random_network(std::mt19937& random) {
    const auto draw = [&](std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(random()) % (high - low + 1);
    };
    const std::int64_t size = draw(5, 11);
    NetworkMaker maker(size, draw(5, 11), 3);
    const auto stem = maker.activation(maker.convolution(0, 2 * draw(1, 5), 3, 1, 1));
    const std::int64_t kernel = draw(1, 4), dilation = kernel == 1 ? 1 : draw(1, 2);
    const auto middle = maker.convolution(stem, 2 * draw(1, 6), kernel, draw(1, 3),
                                          draw(1, 2) * (kernel - 1) * dilation / 2, dilation);
    const std::int64_t window = draw(1, 3);
    const auto pooled =
        maker.max_pool(maker.activation(middle), window, draw(1, 3), draw(0, window - 1));
    const auto last = maker.activation(maker.convolution(pooled, 2 * draw(1, 9), 1, 1, 0));
    maker.fully_connected(maker.average_pool(last), 2 * draw(1, 6), draw(0, 1) == 1);
    return maker.network();
}

TEST(every_element, is_computed_from_the_right_operands_for_random_layers_and_buffers) {
    std::mt19937 random(7);
    int compiled = 0;
    for (int i = 0; i < 60; ++i) {
        const auto network = random_network(random);
        auto target = small_target();
        target.array.rows = 1 + static_cast<std::int64_t>(random() % 6);
        target.array.cols = 2 + static_cast<std::int64_t>(random() % 6);
        target.array.chunk = 4 << (random() % 4);
        target.buffers.moving_bytes = 512 << (random() % 4);
        target.buffers.stationary_bytes = 256 << (random() % 4);
        target.buffers.accumulator_bytes = 256 << (random() % 4);
        target.buffers.vector_bytes = 2048 << (random() % 4);
        const std::int64_t batch = 1 + static_cast<std::int64_t>(random() % 4);
        const auto graph = training::build(network, four_bit_recipe(), batch);
        try {
            const auto program = compile(graph, target);
            ++compiled;
            TaggedMachine machine(program, target, 1, paces[static_cast<std::size_t>(i) % 5]);
            ASSERT_NO_THROW(machine.run()) << "case " << i;
        } catch (const CompileError& error) {
            EXPECT_NE(std::string(error.what()).find(" bytes, the "), std::string::npos)
                << error.what();
        }
    }
    EXPECT_GT(compiled, 30);
}

/// A layer of a topology, its kernel and stride of height x width.
struct TopologyLayer {
    network::Extent input;
    std::int64_t filters;
    std::array<std::int64_t, 2> kernel, stride;
};

network::Network topology(const std::vector<TopologyLayer>& layers) {
    network::Network network;
    network.name = "topology", network.topology = true;
    for (const TopologyLayer& layer : layers) {
        network::Node node;
        node.name = "layer" + std::to_string(network.nodes.size() / 2);
        node.output.channels = layer.filters;
        node.kernel = layer.kernel[0], node.kernel_width = layer.kernel[1];
        node.stride = layer.stride[0], node.stride_width = layer.stride[1];
        network::append_topology_layer(network, layer.input, node);
    }
    return network;
}

TEST(every_element, of_a_topology_is_computed_from_the_right_operands) {
    // Oblong kernels and strides, windows that hang over the edge, odd channels, matrix products.
    const auto network = topology({{{9, 7, 4}, 6, {3, 2}, {2, 1}},
                                   {{8, 8, 3}, 8, {3, 3}, {2, 2}},
                                   {{7, 11, 6}, 4, {1, 4}, {1, 3}},
                                   {{9, 9, 4}, 4, {2, 2}, {3, 3}},
                                   {{13, 1, 6}, 10, {1, 1}, {1, 1}}});
    for (const bool training : {false, true}) {
        expect_correct(network, four_bit_recipe(), 1, small_target(), training);
        expect_correct(network, four_bit_recipe(), 3, small_target(), training);
    }
}

TEST(the_mapper, takes_whole_layers_where_memory_is_ideal_and_drains_are_short) {
    Target target;
    target.array.double_stationary = target.array.double_result = false;
    target.buffers = {1 << 24, 1 << 24, 1 << 24, 1 << 24, 1 << 14, 8, 32};
    target.dram.ideal = true;
    target.scaling_unit.lanes = 1 << 30;
    const auto program = compile(
        training::build(topology({{{58, 58, 64}, 96, {3, 3}, {1, 1}}}), four_bit_recipe(), 1),
        target);
    EXPECT_EQ(program.code[0].tile, "pixels 3136 x columns 96, weights outer");
    EXPECT_EQ(program.code[2].tile, "outputs 576 x columns 96, segments of 3136 pixels");
}

/// Removes every wait for a semaphore.
void ignore(isa::Queue& queue, isa::Semaphore semaphore) {
    for (auto& element : queue) {
        for (auto& wait : element.instruction.waits)
            if (wait.semaphore == semaphore) wait = {};
        for (auto& loop : element.loop) ignore(loop.body, semaphore);
    }
}

// Not the parameter region's: the load queue brings tiles after vectors, and in this network
// whoever loads the next vectors waits for results of the operator that uses these. Here those
// waits only keep the counts.
TEST(a_program, needs_each_of_its_waits) {
    auto target = small_target();
    target.buffers.stationary_bytes /= 4;  // so that weights are loaded again and again
    const auto program = compile(training::build(small_network(), four_bit_recipe(), 2), target);
    using S = isa::Semaphore;
    for (const auto semaphore :
         {S::moving_full, S::moving_free, S::stationary_full, S::stationary_free,
          S::accumulator_full, S::accumulator_free, S::drain_full, S::drain_free, S::tile_full,
          S::tile_done, S::tile_free, S::operator_stored}) {
        auto broken = program;
        for (auto& code : broken.code)
            for (auto& queue : code.queues) ignore(queue, semaphore);
        // A wrong count at the end would not show that the wait protects anything.
        std::string found;
        for (const auto& pace : paces) {
            try {
                TaggedMachine(broken, target, 1, pace).run();
            } catch (const Violation& violation) {
                const std::string text = violation.what();
                if (text.find("ends at") == std::string::npos) found = text;
            }
        }
        EXPECT_NE(found, "") << isa::name(semaphore);
    }
}

std::string compile_error(const network::Network& network, const Target& target) {
    try {
        compile(training::build(network, four_bit_recipe(), 2, true, {.cores = target.cores}),
                target);
    } catch (const CompileError& error) {
        return error.what();
    }
    return "compiled";
}

TEST(a_layer_that_cannot_fit, is_named_with_what_it_needs_and_what_there_is) {
    auto target = small_target();
    target.buffers.moving_bytes = 256;
    EXPECT_EQ(compile_error(small_network(), target),
              "layer conv1: one output row of its input needs 162 bytes, the moving buffer's half "
              "has 128");
    target = small_target();
    target.buffers.stationary_bytes = 32;
    EXPECT_EQ(compile_error(small_network(), target),
              "layer conv1: one chunk of its weights needs 32 bytes, the stationary buffer's half "
              "has 16");
    target = small_target();
    target.buffers.accumulator_bytes = 8;
    EXPECT_EQ(compile_error(small_network(), target),
              "layer conv1: one vector of sums needs 8 bytes, the accumulator buffer's half has 4");
    target = small_target();
    target.buffers.vector_bytes = 256;
    EXPECT_EQ(compile_error(small_network(), target),
              "layer bn2: its sums need 192 bytes, the vector buffer's drain halves have 64");
    target = small_target();
    target.buffers.scalar_bytes = 8;
    EXPECT_EQ(compile_error(small_network(), target).substr(0, 32),
              "network test: its scalars need 3");
    target = small_target();
    target.dram.capacity_bytes = 1024;
    EXPECT_NE(compile_error(small_network(), target).find("bytes, the DRAM has 1024"),
              std::string::npos);
    target.cores = 2;
    EXPECT_NE(
        compile_error(small_network(), target).find("bytes, a core's share of the DRAM has 1024"),
        std::string::npos);
}

TEST(a_4_bit_layer_with_odd_channels, is_rejected) {
    NetworkMaker maker(8, 8, 3);
    const auto odd = maker.activation(maker.convolution(0, 7, 3, 1, 1));
    maker.fully_connected(maker.average_pool(maker.activation(maker.convolution(odd, 8, 1, 1, 0))),
                          10);
    EXPECT_EQ(compile_error(maker.network(), small_target()),
              "tensor act2.output: has 7 channels, uint4 needs an even number");
}

}  // namespace
}  // namespace quatrain::compiler::testing
