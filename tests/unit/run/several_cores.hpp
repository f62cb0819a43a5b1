// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/check.hpp"
#include "tests/unit/run/support.hpp"
#include "workloads/golden/step.hpp"

#include <gtest/gtest.h>
#include <boost/describe.hpp>
#include <string>
#include <utility>
#include <vector>

namespace quatrain::run::testing {

/// The residual network on several cores with two images each.
inline RunOptions options_of_cores(std::int64_t cores, training::BatchNormScope scope,
                                   const std::string& recipe = "fp4-tpr") {
    RunOptions options = small_options(recipe);
    options.architecture.cores = cores;
    options.batch = 2 * cores;
    options.batch_norm = scope;
    return options;
}

inline training::Graph graph_of(const RunOptions& options) {
    return training::build(options.network, options.recipe, options.batch, options.training,
                           {.cores = options.architecture.cores, .batch_norm = options.batch_norm});
}

/// A step of several cores whose memories hold what the reference computed, but for what a test
/// spoils.
struct CoresMemory {
    explicit CoresMemory(const RunOptions& of) : options(of) {
        std::vector<golden::Tensors> inputs_of_cores;
        for (std::int64_t core = 0; core < graph.cores; ++core)
            inputs_of_cores.push_back(inputs.of_core(core));
        step = golden::compute_parallel_step(graph.network, golden_options(options, graph),
                                             inputs_of_cores);
    }

    /// By the reference's name.
    golden::Tensor& tensor(std::int64_t core, const std::string& name) {
        return step.at(static_cast<std::size_t>(core)).at(name);
    }

    TensorSource source() {
        return [this](std::int64_t core, training::TensorId id) {
            const training::Tensor& found = graph.tensors[id];
            return tensor(core, found.updated_name.empty() ? found.name : found.updated_name);
        };
    }

    RunOptions options;
    training::Graph graph = graph_of(options);
    StepInputs inputs{graph, small_batch(options.batch), 1};
    std::vector<golden::Tensors> step;  ///< by core
};

/// Both scopes of batch norm, and their names.
inline auto scopes() {
    using enum training::BatchNormScope;
    return ::testing::Values(per_core, synchronised);
}
inline std::string scope_name(const ::testing::TestParamInfo<training::BatchNormScope>& scope) {
    return boost::describe::enum_to_string(scope.param, "?");
}

}  // namespace quatrain::run::testing
