// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/fuzz/plan.hpp"

#include <string>

namespace quatrain::fuzz {

struct Verdict {
    bool ran = false;     ///< false: refused with an error that is one line
    std::string failure;  ///< empty: as it should be
};

/// Bytes that a core cannot do without: every input that an operator reads comes from DRAM once.
inline std::uint64_t compulsory_read_bytes(const training::Graph& graph) {
    std::vector<bool> read(graph.tensors.size(), false);
    for (const training::Operator& op : graph.operators)
        for (const training::TensorId id : op.inputs) read[id] = true;
    std::int64_t bits = 0;
    for (training::TensorId id = 0; id < read.size(); ++id) {
        const training::Tensor& tensor = graph.tensors[id];
        if (read[id] && tensor.origin != training::Origin::computed)
            bits += tensor.elements() * numerics::bits(tensor.format);
    }
    return static_cast<std::uint64_t>(bits / 8);
}

/// Bytes of a core that outlive the step: every parameter that learns goes back once.
inline std::uint64_t compulsory_write_bytes(const training::Graph& graph) {
    std::int64_t bits = 0;
    for (const training::Tensor& tensor : graph.tensors)
        if (!tensor.updated_name.empty()) bits += tensor.elements() * numerics::bits(tensor.format);
    return static_cast<std::uint64_t>(bits / 8);
}

/// The least cycles in which the array could do the MACs, and the channels carry the bytes.
inline double least_cycles(const config::Architecture& architecture, const EventCounts& counts) {
    const auto count = [&](Event event) { return static_cast<double>(counts[event]); };
    const auto elements =
        static_cast<double>(architecture.cores * architecture.array.rows * architecture.array.cols);
    const auto cycles = [&](double macs, std::int64_t lanes) {
        return macs == 0 ? 0 : macs / (elements * static_cast<double>(lanes));
    };
    const mac_array::Params& params = architecture.array;
    const double array =
        cycles(count(Event::macs_uint4_int4) + count(Event::macs_int4_fp4), params.lanes_4bit) +
        cycles(count(Event::macs_eight_bit), params.lanes_8bit) +
        cycles(count(Event::macs_sixteen_bit), params.lanes_16bit) +
        cycles(count(Event::macs_thirty_two_bit), params.lanes_32bit);
    const double bytes = (count(Event::dram_read_bits) + count(Event::dram_write_bits)) / 8;
    const auto per_cycle = static_cast<double>(
        dram::capability(architecture.memory, architecture.dram, architecture.clock_period_ps)
            .peak_millibytes_per_cycle);
    return std::max(array, bytes * 1000 / per_cycle);
}

/// What is wrong with the result of a complete run, or nothing.
inline std::string broken_invariant(const run::RunOptions& options, const run::RunResult& result) {
    if (result.golden.mismatches != 0) {
        const run::Mismatch& first = result.first_mismatches.at(0);
        return fmt::format("{} of {} elements differ; first {}[{}]: expected {:#x}, got {:#x}",
                           result.golden.mismatches, result.golden.elements, first.tensor,
                           first.index, first.expected, first.actual);
    }
    const training::Graph graph =
        training::build(options.network, options.recipe, options.batch, options.training,
                        {.cores = options.architecture.cores, .batch_norm = options.batch_norm});
    const auto cores = static_cast<std::uint64_t>(options.architecture.cores);
    std::uint64_t macs = 0;
    for (const training::Operator& op : graph.operators)
        macs += cores * static_cast<std::uint64_t>(training::macs(graph, op));
    if (result.macs != macs) return fmt::format("{} MACs, not {}", result.macs, macs);
    const EventCounts& counts = result.counts;
    const std::uint64_t counted = counts[Event::macs_uint4_int4] + counts[Event::macs_int4_fp4] +
                                  counts[Event::macs_eight_bit] + counts[Event::macs_sixteen_bit] +
                                  counts[Event::macs_thirty_two_bit];
    if (counted != macs) return fmt::format("the array counted {} MACs, not {}", counted, macs);
    if (result.cycles == 0) return "no cycles";
    const double least = least_cycles(options.architecture, counts);
    if (static_cast<double>(result.cycles) < least)
        return fmt::format("{} cycles, fewer than {}", result.cycles, least);
    for (const Event busy : {Event::array_busy_cycles, Event::vector_busy_cycles})
        if (counts[busy] > cores * result.cycles)
            return fmt::format("{} of {} cycles", event_info(busy).name, cores * result.cycles);
    if (counts[Event::dram_read_bits] < 8 * cores * compulsory_read_bytes(graph))
        return fmt::format("{} bits read from DRAM, fewer than the inputs' {} bytes",
                           counts[Event::dram_read_bits], cores * compulsory_read_bytes(graph));
    if (counts[Event::dram_write_bits] < 8 * cores * compulsory_write_bytes(graph))
        return fmt::format("{} bits written to DRAM, fewer than the parameters' {} bytes",
                           counts[Event::dram_write_bits], cores * compulsory_write_bytes(graph));
    const std::uint64_t aside =
        (counts[Event::scratchpad_read_bits] + counts[Event::scratchpad_write_bits]) / 8;
    const scratchpad::Params& scratchpad = options.architecture.scratchpad;
    if ((aside == 0) != (scratchpad.bytes == 0))
        return fmt::format("{} bytes went to or from the scratchpad", aside);
    if (aside > result.cycles * static_cast<std::uint64_t>(scratchpad.bytes_per_cycle))
        return fmt::format("{} bytes passed the scratchpad's port in {} cycles", aside,
                           result.cycles);
    if ((counts[Event::ring_bit_hops] == 0) != (cores == 1))
        return fmt::format("{} bits went over the ring", counts[Event::ring_bit_hops]);
    return {};
}

/// The same program without a clock gives the same bits and the same loss.
inline std::string broken_without_clock(run::RunOptions options, const run::RunResult& timed) {
    options.timing = false;
    run::Silent silent;
    const run::RunResult result = run::run(options, silent);
    if (result.golden.mismatches != 0 || result.golden.elements != timed.golden.elements)
        return fmt::format("without a clock {} of {} elements differ", result.golden.mismatches,
                           result.golden.elements);
    return result.loss == timed.loss ? std::string() : "without a clock the loss differs";
}

/// A refusal is justified when the network's channels do not pack, when the array is too narrow for
/// a pair of packed operands, when an int32 accumulator meets 16-bit layers, or when buffers of
/// 256 KiB would do.
inline std::string unjustified(const Plan& plan, const std::string& message) {
    if (message.empty() || message.find('\n') != std::string::npos)
        return "refused with a message that is not one line: " + message;
    Plan roomy = plan;
    roomy.architecture.buffers = {};
    roomy.architecture.buffers.word_bytes = plan.architecture.buffers.word_bytes;
    if (plan.architecture.array.accumulator == mac_array::Accumulator::int32 &&
        plan.precision != Precision::four_bit_all)
        return {};
    if (message.find("even number") != std::string::npos) return {};
    const mac_array::Params& array = plan.architecture.array;
    const bool narrow = array.cols == 1 || array.rows * array.lanes_4bit == 1;
    if (narrow && message.find("cannot take a pair") != std::string::npos) return {};
    try {
        run::compile_step(make_options(roomy));
        return {};
    } catch (const std::exception& error) {
        return fmt::format("refused although there is room: {}", error.what());
    }
}

/// Runs the case with every element checked. Throws network::RuleError for a plan without sense.
inline Verdict judge(const Plan& plan) {
    const run::RunOptions options = make_options(plan);
    run::Silent silent;
    try {
        const run::RunResult result = run::run(options, silent);
        if (plan.architecture.array.accumulator == mac_array::Accumulator::int32 &&
            plan.precision != Precision::four_bit_all)
            return {true, "an int32 accumulator served a 16-bit layer"};
        std::string failure = broken_invariant(options, result);
        if (failure.empty() && plan.seed % 4 == 0) failure = broken_without_clock(options, result);
        return {true, failure};
    } catch (const compiler::CompileError& error) {
        return {false, unjustified(plan, error.what())};
    } catch (const std::invalid_argument& error) {
        return {false, unjustified(plan, error.what())};
    } catch (const ParamError& error) {
        return {false, unjustified(plan, error.what())};
    } catch (const std::exception& error) {
        return {true, error.what()};
    }
}

}  // namespace quatrain::fuzz
