// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/memory.hpp"
#include "tests/fuzz/plan.hpp"

#include <array>
#include <initializer_list>
#include <numeric>
#include <random>

namespace quatrain::fuzz {

/// Draws whole cases. Every choice comes from the seed, by arithmetic that the language defines.
class Draw {
public:
    explicit Draw(std::uint64_t seed) : random_(seed), seed_(seed) {}

    Plan plan() {
        Plan plan;
        plan.seed = seed_;
        draw_formats(plan);
        plan.architecture = architecture();
        if (plan.architecture.array.accumulator == mac_array::Accumulator::int32 && chance(80))
            serve_int32(plan);
        draw_network(plan);
        plan.images_per_core = between(1, 3);
        plan.training = chance(90);
        if (chance(35)) draw_cores(plan);
        if (chance(25)) draw_scratchpad(plan.architecture);
        return plan;
    }

private:
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low +
               static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool chance(std::int64_t percent) { return between(1, 100) <= percent; }
    template <class T>
    T one_of(std::initializer_list<T> choices) {
        return choices.begin()[between(0, std::ssize(choices) - 1)];
    }

    void draw_formats(Plan& plan) {
        using enum Precision;
        plan.precision =
            one_of({four_bit, four_bit, four_bit_all, four_bit_one_phase, sixteen_bit});
        if (chance(30)) plan.activation_format = one_of({Format::bf16, Format::dlfloat16});
        if (chance(30)) plan.gradient_format = one_of({Format::bf16, Format::fp16});
        // Not drawn: the cases keep their other choices.
        constexpr std::array wider{eight_bit,          four_bit_gradient_16, four_bit_gradient_8,
                                   four_and_eight_bit, four_bit_global,      thirty_two_bit};
        if (seed_ % 2 == 1) plan.precision = wider[seed_ / 2 % wider.size()];
        if (plan.precision == thirty_two_bit)
            plan.activation_format = plan.gradient_format = Format::fp32;
        plan.initial_alpha = one_of({1.0, 3.0, 8.0});
        plan.initial_gradscale_log2 = one_of({4, 8, 16});
        plan.clip_weight_gradient = seed_ % 4 != 0;  // not drawn: cases keep their other choices
        constexpr std::array factors{1.0, 2.0, 3.3, 4.0};
        if (seed_ % 3 == 0) plan.threshold_factor = factors[seed_ / 3 % factors.size()];
    }

    /// The only precision that int32 accumulators can serve.
    static void serve_int32(Plan& plan) {
        if (plan.precision == Precision::thirty_two_bit)
            plan.activation_format = plan.gradient_format = Format::bf16;
        plan.precision = Precision::four_bit_all;
    }

    std::int64_t channels(const Plan& plan) {
        // An odd number has no place in packed 4-bit rows: a clear error, now and then.
        const bool odd = plan.precision == Precision::sixteen_bit ? chance(30) : chance(1);
        return 2 * between(1, 9) - (odd ? 1 : 0);
    }

    Block block(const Plan& plan) {
        using enum Block::Kind;
        Block block;
        block.kind = one_of({plain, plain, plain, residual, downsample, max_pool});
        block.channels = channels(plan);
        block.kernel = one_of({1, 3, 3, 5});
        block.stride = one_of({1, 1, 2, 3});
        block.padding = between(0, block.kernel / 2);
        block.dilation = chance(20) ? 2 : 1;
        block.batch_norm = chance(75);
        if (block.kind == max_pool) {
            block.kernel = between(2, 3);
            block.padding = between(0, 1);
            block.dilation = 1;
        }
        return block;
    }

    void draw_network(Plan& plan) {
        plan.images = {between(8, 12), between(8, 12), between(1, 4)};
        if (plan.precision == Precision::four_bit_all) {
            plan.head = one_of({Head::convolution, Head::convolution_and_connected});
            plan.images.channels = 2 * between(1, 2);
        } else {
            plan.head = one_of({Head::average_pool, Head::average_pool, Head::convolution,
                                Head::convolution_and_connected});
        }
        if (plan.head != Head::average_pool) plan.images.width = plan.images.height;
        plan.bias = chance(50);
        plan.classes = 2 * between(1, 6);
        const auto count = static_cast<std::size_t>(between(1, 4));
        while (plan.blocks.size() < count) {
            plan.blocks.push_back(block(plan));
            const Block& last = plan.blocks.back();
            // The first layer multiplies; adding 16-bit images to it is no network's business.
            const bool first = plan.blocks.size() == 1 && last.kind != Block::Kind::plain;
            if (first || !fits(plan)) plan.blocks.pop_back();
        }
    }

    static bool fits(const Plan& plan) {
        try {
            make_network(plan);
            return true;
        } catch (const network::RuleError&) {
            return false;
        }
    }

    config::Architecture architecture() {
        config::Architecture a;
        draw_array(a.array);
        const std::int64_t word = one_of({4, 8, 16, 32});
        a.streamer = {
            .read_ports = between(1, 4), .word_bytes = word, .banks = one_of({1, 2, 4, 8})};
        a.buffers.word_bytes = word;
        a.buffers.banks = a.streamer.banks;
        if (chance(75)) draw_buffers(a.buffers);
        a.scaling_unit = {between(1, 16), between(1, 8), between(1, 4)};
        a.vector_unit = {between(1, 16), between(1, 8), between(1, 4)};
        a.dma = {.burst_bytes = one_of({16, 32, 64, 100, 256}),
                 .outstanding = between(1, 8),
                 .bytes_per_cycle = one_of({1, 4, 16, 64})};
        draw_memory(a);
        return a;
    }

    void draw_cores(Plan& plan) {
        plan.architecture.cores = between(2, 4);
        plan.architecture.ring = {.bytes_per_cycle = one_of({4, 32, 128}),
                                  .hop_cycles = between(1, 3)};
        plan.images_per_core = between(1, 2);
        if (chance(40)) plan.batch_norm = training::BatchNormScope::synchronised;
    }

    static constexpr std::int64_t scratchpad_unit = 64 * 1024;  ///< of every core

    void draw_scratchpad(config::Architecture& a) {
        a.scratchpad.bytes = a.cores * scratchpad_unit * between(1, 4);
        a.scratchpad.bytes_per_cycle = one_of({4, 32, 128});
        a.scratchpad.latency_cycles = between(0, 12);
    }

    void draw_memory(config::Architecture& a) {
        a.clock_period_ps = one_of({400, 625, 1000, 1250, 5000});
        a.dram.memory = std::array{"ddr4-3200", "lpddr4-3200", "lpddr5-6400",
                                   "hbm2"}[static_cast<std::size_t>(between(0, 3))];
        a.memory = config::load_memory(a.dram.memory);
        a.dram.channels = one_of({1, 2, 4});
        a.dram.ranks = one_of({1, 2});
        a.dram.bank_hash = chance(30);
        if (chance(30)) a.dram.mapping = "row:rank:bank:column:channel";
        a.dram.request_stages = between(1, 5);
        a.dram.response_stages = between(1, 5);
        using enum dram::Refresh;
        a.controller.scheduler = chance(20) ? dram::Scheduler::fcfs : dram::Scheduler::fr_fcfs;
        a.controller.bypass_limit = between(1, 20);
        a.controller.page_policy = chance(30) ? dram::PagePolicy::closed : dram::PagePolicy::open;
        a.controller.read_queue = between(1, 32);
        a.controller.write_queue = between(1, 32);
        a.controller.write_high = between(1, a.controller.write_queue);
        a.controller.write_low = between(0, a.controller.write_high - 1);
        a.controller.turn_bursts = between(1, 32);
        a.controller.refresh = a.memory.has_refresh_bank && chance(30) ? per_bank : all_bank;
    }

    void draw_array(mac_array::Params& array) {
        using enum mac_array::Accumulator;
        array.rows = between(1, 16);
        array.cols = between(1, 16);
        array.lanes_4bit = between(1, 4);
        array.lanes_8bit = between(1, 2);
        array.lanes_16bit = between(1, 2);
        array.lanes_32bit = 1;
        const std::int64_t unit =
            std::lcm(std::lcm(array.lanes_4bit, array.lanes_8bit), array.lanes_16bit);
        array.chunk = unit * between(1, 12);
        array.accumulator = one_of({dlfloat16, fp16, bf16, fp32, int32});
        array.double_stationary = chance(50);
        array.double_result = chance(50);
    }

    /// Small enough that layers need several tiles; now and then too small for them.
    void draw_buffers(buffer::Params& buffers) {
        const auto size = [&](std::int64_t low, std::int64_t high) {
            return ceil_div(between(low, high), 8 * buffers.word_bytes) * 8 * buffers.word_bytes;
        };
        buffers.moving_bytes = size(1500, 8000);
        buffers.stationary_bytes = size(1000, 6000);
        buffers.accumulator_bytes = size(500, 4000);
        buffers.vector_bytes = size(6000, 20000);
        buffers.scalar_bytes = size(500, 3000);
    }

    std::mt19937_64 random_;
    std::uint64_t seed_;
};

}  // namespace quatrain::fuzz
