// SPDX-License-Identifier: Apache-2.0
#include "sim/run/host_machine.hpp"

#include "rtl_models/numerics/pack.hpp"
#include "sim/run/target.hpp"
#include "workloads/compiler/heuristic_mapper.hpp"

#include <fmt/format.h>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace quatrain::run {
namespace {

compiler::Program compiled(const RunOptions& options, training::Graph graph,
                           const config::Architecture& host) {
    compiler::HeuristicMapper mapper(options.mapping.other_dataflow);
    return compiler::compile(std::move(graph), host_target(host), mapper);
}

machine::Settings settings(const RunOptions& options) {
    machine::Settings result;
    result.threads = options.threads;
    result.count_zeros = false;
    result.tile_passes = true;
    return result;
}

/// The part of a batch's values that a core has.
template <class Value>
std::span<const Value> share(const std::vector<Value>& all, std::int64_t core, std::int64_t cores) {
    const std::size_t size = all.size() / static_cast<std::size_t>(cores);
    return std::span(all).subspan(static_cast<std::size_t>(core) * size, size);
}

}  // namespace

std::int64_t largest(std::span<const float> row) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < row.size(); ++i)
        if (row[i] > row[best] || (std::isnan(row[best]) && !std::isnan(row[i]))) best = i;
    return static_cast<std::int64_t>(best);
}

HostMachine::HostMachine(const RunOptions& options, training::Graph graph)
    : architecture_(host_architecture(options.architecture)),
      program_(compiled(options, std::move(graph), architecture_)),
      memory_(architecture_, program_),
      replay_(architecture_, operator_queues(program_), settings(options), memory_.dram(),
              &memory_.scratchpad()),
      logits_(this->graph().by_name.at(this->graph().network.nodes.back().name + ".output")) {
    const auto elements = static_cast<std::size_t>(this->graph().tensors[logits_].elements());
    logit_bytes_.resize(static_cast<std::size_t>(program_.placements[logits_].bytes));
    logit_values_.resize(elements * static_cast<std::size_t>(this->graph().cores));
}

void HostMachine::write_batch(const datasets::Batch& batch) {
    if (std::ssize(batch.labels) != graph().whole_batch)
        throw std::invalid_argument(fmt::format("batch = {} images: the step takes {}",
                                                batch.labels.size(), graph().whole_batch));
    const auto labels = graph().by_name.find("labels");
    for (std::int64_t core = 0; core < graph().cores; ++core) {
        memory_.write(core, graph().by_name.at("images"),
                      std::as_bytes(share(batch.images, core, graph().cores)));
        if (labels != graph().by_name.end())
            memory_.write(core, labels->second,
                          std::as_bytes(share(batch.labels, core, graph().cores)));
    }
}

std::span<const float> HostMachine::logits() {
    const auto cores = static_cast<std::size_t>(graph().cores);
    const std::size_t elements = logit_values_.size() / cores;
    for (std::size_t core = 0; core < cores; ++core) {
        memory_.read(static_cast<std::int64_t>(core), logits_, logit_bytes_);
        numerics::decode_row(graph().tensors[logits_].format, logit_bytes_.data(), 0,
                             std::span(logit_values_).subspan(core * elements, elements));
    }
    return logit_values_;
}

}  // namespace quatrain::run
