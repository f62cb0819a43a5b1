// SPDX-License-Identifier: Apache-2.0
#include "sim/run/tensors_file.hpp"

#include "rtl_models/numerics/codec.hpp"
#include "sim/run/safetensors.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace quatrain::run {
namespace {

SafeTensor to_file(const golden::Tensor& tensor, numerics::Format format) {
    SafeTensor result;
    result.shape.assign(tensor.shape.begin(), tensor.shape.end());
    std::vector<std::uint32_t> words = tensor.codes;
    if (format == numerics::Format::int32)
        result.dtype = DType::i32;
    else
        for (std::uint32_t& word : words)
            word = std::bit_cast<std::uint32_t>(numerics::decode(format, word));
    result.data.resize(words.size() * sizeof(std::uint32_t));
    std::memcpy(result.data.data(), words.data(), result.data.size());
    return result;
}

}  // namespace

std::vector<training::TensorId> matching_tensors(const training::Graph& graph,
                                                 const std::vector<std::string>& patterns) {
    const auto matches = [&](const std::string& pattern, training::TensorId id) {
        return fnmatch(pattern.c_str(), graph.tensors[id].name.c_str(), 0) == 0;
    };
    std::vector<bool> used(patterns.size());
    std::vector<training::TensorId> ids;
    for (training::TensorId id = 0; id < graph.tensors.size(); ++id) {
        bool any = false;
        for (std::size_t i = 0; i < patterns.size(); ++i) {
            if (!matches(patterns[i], id)) continue;
            used[i] = any = true;
        }
        if (any) ids.push_back(id);
    }
    const auto unused = std::ranges::find(used, false);
    if (unused != used.end())
        throw std::invalid_argument(
            fmt::format("tensors {}: no tensor of network {} with recipe {} has such a name",
                        patterns[static_cast<std::size_t>(unused - used.begin())],
                        graph.network.name, graph.recipe.name));
    return ids;
}

void export_tensors(const std::filesystem::path& file, const training::Graph& graph,
                    const std::vector<training::TensorId>& ids, const TensorSource& source,
                    const std::map<std::string, std::string>& metadata) {
    SafeTensors content{.tensors = {}, .metadata = metadata};
    for (const training::TensorId id : ids) {
        for (std::int64_t core = 0; core < graph.cores; ++core) {
            const std::string& name = graph.tensors[id].name;
            content.tensors.emplace(core == 0 ? name : fmt::format("{}.core{}", name, core),
                                    to_file(source(core, id), graph.tensors[id].format));
        }
    }
    write_safetensors(file, content);
}

}  // namespace quatrain::run
