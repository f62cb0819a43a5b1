// SPDX-License-Identifier: Apache-2.0
#include "sim/run/check.hpp"
#include "tests/unit/run/support.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <map>

namespace quatrain::run {
namespace {

/// Names of what a step makes, in place or not.
std::map<std::string, training::TensorId> made(const training::Graph& graph) {
    std::map<std::string, training::TensorId> ids;
    for (training::TensorId id = 0; id < graph.tensors.size(); ++id) {
        const training::Tensor& tensor = graph.tensors[id];
        if (tensor.origin == training::Origin::computed) ids.emplace(tensor.name, id);
        if (!tensor.updated_name.empty()) ids.emplace(tensor.updated_name, id);
    }
    return ids;
}

TEST(SeveralCores, GraphAndReferenceHaveTheSameTensors) {
    using enum training::BatchNormScope;
    for (const char* recipe : {"fp4-tpr", "fp16"})
        for (const auto scope : {per_core, synchronised})
            for (const bool training : {true, false}) {
                RunOptions options = testing::small_options(recipe);
                options.training = training;
                options.batch = 6;
                options.batch_norm = scope;
                const training::Graph graph =
                    training::build(options.network, options.recipe, options.batch, training,
                                    {.cores = 3, .batch_norm = scope});
                const golden::Options reference = golden_options(options, graph);
                std::vector<std::string> names;
                for (const auto& [name, id] : made(graph)) names.push_back(name);
                std::vector<std::string> expected =
                    golden::computed_tensors(graph.network, reference);
                std::sort(names.begin(), names.end());
                std::sort(expected.begin(), expected.end());
                EXPECT_EQ(names, expected);
            }
}

}  // namespace
}  // namespace quatrain::run
