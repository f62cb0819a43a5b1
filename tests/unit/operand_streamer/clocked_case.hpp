// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/operand_streamer/clocked.hpp"

#include "tests/support/random_stream.hpp"
#include "tests/unit/operand_streamer/words.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <string>
#include <vector>

namespace quatrain::operand_streamer {

using test::below;
using test::Random;

/// Limits of a random case, so that a failing one can be made smaller with its seed kept.
struct Shape {
    std::int64_t rows = 16, cols = 24, lanes_4bit = 4, lanes_8bit = 3, lanes_16bit = 2;
    std::int64_t lanes_32bit = 2;
    std::int64_t read_ports = 5, banks = 9, word_units = 5;  ///< of 4 bytes
    std::int64_t passes = 5, vectors = 40, depth = 64, columns = 24;
    std::int64_t stalls = 1;  ///< 0: never; 1: go and ready are 0 at random
    std::int64_t writes = 0;  ///< 1: others write into the buffers at random and take banks

    std::string text() const {
        return fmt::format(
            "rows {} cols {} lanes {} {} {} {} ports {} banks {} word {} passes {} vectors {} "
            "depth {} "
            "columns {} stalls {} writes {}",
            rows, cols, lanes_4bit, lanes_8bit, lanes_16bit, lanes_32bit, read_ports, banks,
            4 * word_units, passes, vectors, depth, columns, stalls, writes);
    }
};
inline constexpr std::int64_t Shape::*shape_fields[] = {
    &Shape::rows,        &Shape::cols,        &Shape::lanes_4bit, &Shape::lanes_8bit,
    &Shape::lanes_16bit, &Shape::lanes_32bit, &Shape::read_ports, &Shape::banks,
    &Shape::word_units,  &Shape::passes,      &Shape::vectors,    &Shape::depth,
    &Shape::columns};

/// A pass, what its beats must hold, and what timing.hpp says of it.
struct PassCase {
    Command command;
    bool weight_stationary = true;
    std::int64_t lanes = 1;
    std::int64_t k_offset = 0, k_count = 0, vectors = 0, columns = 0;
    numerics::Format stationary_format{};
    test::RandomStream source;
    std::vector<std::uint32_t> stationary_codes;  ///< [row][column]
    DenseRows rows;
    std::vector<std::vector<std::uint32_t>> moving_beats, stationary_beats;  ///< codes
    std::vector<std::int64_t> stream_steps, preload_steps;                   ///< cycles, one by one
    std::vector<std::set<std::int64_t>> moving_words, stationary_words;      ///< step by step
    std::int64_t stream_cycles = 0, preload_cycles = 0;                      ///< of the whole pass
    EventCounts counts;

    std::int64_t stationary_rows() const { return weight_stationary ? k_count : vectors; }
    const isa::Stream& stream() const {
        return std::visit([](const auto& body) -> const isa::Stream& { return body.moving; },
                          command.body);
    }
};

/// Parameters, passes and the contents of both buffers, all from one seed.
class Case {
public:
    Case(std::uint64_t case_seed, const Shape& limits)
        : seed(case_seed), shape(limits), random_(case_seed) {
        const auto up_to = [&](std::int64_t most) { return 1 + below(random_, 1000) % most; };
        array = {.rows = up_to(limits.rows),
                 .cols = up_to(limits.cols),
                 .lanes_4bit = up_to(limits.lanes_4bit),
                 .lanes_8bit = up_to(limits.lanes_8bit),
                 .lanes_16bit = up_to(limits.lanes_16bit),
                 .lanes_32bit = up_to(limits.lanes_32bit)};
        params = {.read_ports = up_to(limits.read_ports),
                  .word_bytes = 4 * up_to(limits.word_units),
                  .banks = up_to(limits.banks)};
        const std::int64_t count = up_to(limits.passes);
        const std::int64_t kind = below(random_, 3);  // one dataflow, the other, both
        for (std::int64_t i = 0; i < count; ++i)
            add_pass(kind == 2 ? below(random_, 2) == 0 : kind == 0);
        for (auto* memory : {&moving, &stationary})
            memory->resize(static_cast<std::size_t>(
                ceil_div(std::ssize(*memory) + 1, 8 * params.word_bytes) * 8 * params.word_bytes));
    }

    std::uint64_t seed;
    Shape shape;
    ArrayShape array;
    Params params;
    std::vector<std::byte> moving, stationary;
    std::vector<PassCase> passes;

private:
    /// Appends the bytes at a place of its own; returns its address.
    std::int64_t append(std::vector<std::byte>& memory, const std::vector<std::byte>& bytes) {
        const std::int64_t base = 4 * (ceil_div(std::ssize(memory), 4) + below(random_, 9));
        memory.resize(static_cast<std::size_t>(base));
        memory.insert(memory.end(), bytes.begin(), bytes.end());
        return base;
    }

    void add_pass(bool weight_stationary) {
        using enum numerics::Format;
        constexpr std::pair<numerics::Format, numerics::Format> formats[] = {
            {uint4, int4},     {fp4_r4, int4},     {int4, fp4_r4},  {fp16, dlfloat16},
            {bf16, fp16},      {fp8_143, fp8_152}, {fp8_152, int4}, {uint4, fp8_152},
            {dlfloat16, int4}, {uint4, dlfloat16}, {fp32, fp32}};
        const auto [moving_format, stationary_format] = formats[below(random_, 11)];
        PassCase pass;
        pass.weight_stationary = weight_stationary;
        pass.stationary_format = stationary_format;
        pass.source = test::random_stream(moving_format, random_);
        const int widest =
            std::max(numerics::bits(moving_format), numerics::bits(stationary_format));
        pass.lanes = widest == 4    ? array.lanes_4bit
                     : widest == 8  ? array.lanes_8bit
                     : widest == 16 ? array.lanes_16bit
                                    : array.lanes_32bit;
        pass.k_offset = below(random_, pass.source.depth);
        const std::int64_t room = weight_stationary ? array.rows * pass.lanes : array.rows;
        const std::int64_t most = std::min({room, pass.source.depth - pass.k_offset, shape.depth});
        pass.k_count = below(random_, 3) == 0 ? most : 1 + below(random_, most);
        pass.vectors = std::min(pass.source.vectors, shape.vectors);
        pass.columns = 1 + below(random_, std::min(array.cols, shape.columns));

        add_stationary(pass);
        const std::int64_t base = append(moving, pass.source.buffer);
        isa::Stream stream = pass.source.stream;
        stream.address += base;
        set_command(pass, stream);
        set_beats(pass);
        set_timing(pass);
        set_words(pass);
        passes.push_back(std::move(pass));
    }

    void add_stationary(PassCase& pass) {
        const std::int64_t count = pass.stationary_rows();
        const std::int64_t bits = numerics::bits(pass.stationary_format);
        std::int64_t stride = ceil_div(pass.columns * bits, 8);
        stride = 4 * (ceil_div(stride, 4) + below(random_, 6));
        const std::int64_t offset = 4 * below(random_, 10);
        std::vector<std::byte> bytes(static_cast<std::size_t>(offset + count * stride));
        for (std::byte& one : bytes) one = static_cast<std::byte>(below(random_, 7) * 0x11);
        for (std::int64_t row = 0; row < count; ++row) {
            for (std::int64_t column = 0; column < pass.columns; ++column) {
                const std::uint32_t code = test::random_code(pass.stationary_format, random_);
                numerics::store_code(bytes.data() + offset + row * stride, pass.stationary_format,
                                     column, code);
                pass.stationary_codes.push_back(code);
            }
        }
        pass.rows = {.address = append(stationary, bytes) + offset,
                     .stride = stride,
                     .element_bits = static_cast<int>(bits),
                     .columns = pass.columns};
    }

    void set_command(PassCase& pass, const isa::Stream& stream) {
        if (pass.weight_stationary) {
            isa::WeightStationaryPass body;
            body.k_count = pass.k_count;
            body.vectors = pass.vectors;
            pass.command.body = body;
        } else {
            isa::OutputStationaryPass body;
            body.outputs = pass.k_count;
            body.pixels = pass.vectors;
            pass.command.body = body;
        }
        std::visit(
            [&](auto& body) {
                body.moving_format = pass.source.format;
                body.stationary_format = pass.stationary_format;
                body.moving = stream;
                body.k_offset = pass.k_offset;
                body.stationary_address = pass.rows.address;
                body.stationary_stride = pass.rows.stride;
                body.columns = pass.columns;
            },
            pass.command.body);
        pass.command.id = passes.size() + 1;
    }

    void set_beats(PassCase& pass) const {
        const std::int64_t most_lanes =
            std::max({array.lanes_4bit, array.lanes_8bit, array.lanes_16bit, array.lanes_32bit});
        const std::int64_t step = pass.weight_stationary ? 1 : pass.lanes;
        for (std::int64_t first = 0; first < pass.vectors; first += step) {
            std::vector<std::uint32_t> codes(static_cast<std::size_t>(array.rows * most_lanes));
            for (std::int64_t t = first; t < std::min(first + step, pass.vectors); ++t)
                for (std::int64_t k = 0; k < pass.k_count; ++k)
                    codes.at(static_cast<std::size_t>(k * step + t - first)) =
                        static_cast<std::uint32_t>(pass.source.code(t, pass.k_offset + k));
            pass.moving_beats.push_back(codes);
        }
        for (std::int64_t first = 0; first < pass.stationary_rows(); first += pass.lanes) {
            std::vector<std::uint32_t> codes(static_cast<std::size_t>(array.cols * most_lanes));
            for (std::int64_t row = first;
                 row < std::min(first + pass.lanes, pass.stationary_rows()); ++row)
                for (std::int64_t column = 0; column < pass.columns; ++column)
                    codes.at(static_cast<std::size_t>((row - first) * array.cols + column)) =
                        pass.stationary_codes.at(
                            static_cast<std::size_t>(row * pass.columns + column));
            pass.stationary_beats.push_back(codes);
        }
    }

    void set_timing(PassCase& pass) const {
        const int bits = numerics::bits(pass.source.format);
        const isa::Stream& stream = pass.stream();
        StreamCost moving_cost, stationary_cost;
        if (pass.weight_stationary) {
            moving_cost = weight_stationary_cost(params, stream, bits, pass.k_offset, pass.k_count,
                                                 pass.vectors);
            stationary_cost = row_cost(params, pass.rows, pass.k_count, pass.lanes);
            pass.stream_cycles = moving_cost.cycles;
            pass.preload_cycles = stationary_cost.cycles;
        } else {
            const JointCost joint =
                output_stationary_cost(params, stream, bits, pass.k_offset, pass.k_count,
                                       pass.vectors, pass.lanes, pass.rows);
            moving_cost = joint.moving;
            stationary_cost = joint.stationary;
            pass.stream_cycles = joint.cycles;
        }
        set_step_cycles(pass);
        const auto set = [&](Event event, std::int64_t value) {
            pass.counts[event] = static_cast<std::uint64_t>(value);
        };
        set(Event::moving_read_bits, moving_cost.words * 8 * params.word_bytes);
        set(Event::stationary_read_bits, stationary_cost.words * 8 * params.word_bytes);
        set(Event::streamer_stall_cycles, pass.stream_cycles - std::ssize(pass.moving_beats));
        set(Event::bank_conflict_cycles,
            moving_cost.conflict_cycles + stationary_cost.conflict_cycles);
    }

    void set_words(PassCase& pass) const {
        const int bits = numerics::bits(pass.source.format);
        const std::int64_t step = pass.weight_stationary ? 1 : pass.lanes;
        for (std::int64_t first = 0; first < pass.vectors; first += step)
            pass.moving_words.push_back(words_of(params, pass.stream(), bits, pass.k_offset,
                                                 pass.k_count, first,
                                                 std::min(first + step, pass.vectors)));
        const std::int64_t rows = pass.stationary_rows();
        for (std::int64_t first = 0; first < rows; first += pass.lanes)
            pass.stationary_words.push_back(
                words_of(params, pass.rows, first, std::min(first + pass.lanes, rows)));
    }

    void set_step_cycles(PassCase& pass) const {
        const int bits = numerics::bits(pass.source.format);
        const std::int64_t step = pass.weight_stationary ? 1 : pass.lanes;
        for (std::int64_t first = 0; first < pass.vectors; first += step) {
            isa::Stream stream = pass.stream();
            stream.first_pixel += first;
            DenseRows rows = pass.rows;
            rows.address += first * rows.stride;
            const std::int64_t count = std::min(step, pass.vectors - first);
            pass.stream_steps.push_back(
                pass.weight_stationary
                    ? weight_stationary_cost(params, stream, bits, pass.k_offset, pass.k_count, 1)
                          .cycles
                    : output_stationary_cost(params, stream, bits, pass.k_offset, pass.k_count,
                                             count, pass.lanes, rows)
                          .cycles);
        }
        if (!pass.weight_stationary) return;
        for (std::int64_t first = 0; first < pass.k_count; first += pass.lanes) {
            DenseRows rows = pass.rows;
            rows.address += first * rows.stride;
            pass.preload_steps.push_back(
                row_cost(params, rows, std::min(pass.lanes, pass.k_count - first), pass.lanes)
                    .cycles);
        }
    }

    Random random_;
};

}  // namespace quatrain::operand_streamer
