// SPDX-License-Identifier: Apache-2.0
#include "sim/run/dataset_choice.hpp"

#include <fmt/format.h>
#include <string>
#include <string_view>

namespace quatrain::run {

std::unique_ptr<datasets::Dataset> open_dataset(const RunOptions& options) {
    if (options.network.topology) return nullptr;
    static constexpr std::string_view kinds[] = {"synthetic", "cifar10:", "mnist:"};
    std::string spec = std::string(kinds[static_cast<std::size_t>(options.dataset.kind)]) +
                       options.dataset.directory;
    if (options.dataset.images) spec += fmt::format(":{}", *options.dataset.images);
    const network::Extent& input = options.network.input();
    return datasets::open(spec, input.height, input.width, input.channels,
                          options.network.classes(), options.seed);
}

}  // namespace quatrain::run
