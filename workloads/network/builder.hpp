// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/network/network.hpp"

#include <stdexcept>
#include <string>

namespace quatrain::network {

/// The most that a height, a width, a number of channels, a kernel or a stride can be [elements].
inline constexpr std::int64_t largest_size = 1 << 20;

/// A node or a network breaks a rule. what() is "layer NAME, KEY = VALUE: RULE".
/// A reader that knows where the field stands in a file uses the parts.
struct RuleError : std::runtime_error {
    RuleError(std::string layer_name, std::string key_name, std::string value_text,
              std::string rule_text);
    std::string layer, key, value, rule;
};

/// A network of one node, the images. Throws RuleError on a size below 1 or too large, on a mean or
/// deviation whose length is not the number of channels, and on a deviation that is not positive.
Network start(std::string name, const Extent& images, std::vector<double> mean,
              std::vector<double> deviation);

/// Appends a layer: checks its fields against its kind and its inputs, and computes its output's
/// extent (of `output`, only `channels` of convolution and fully_connected is read). Throws
/// RuleError and leaves the network as it was.
void append(Network& network, Node node);

/// Appends a layer to a topology: an input node "NAME.input" of shape `input`, and a convolution
/// without padding that reads it. A last window that the stride carries over the edge counts, as
/// SCALE-Sim counts it: its elements outside the input are zeros. Throws RuleError and leaves the
/// network as it was.
void append_topology_layer(Network& network, const Extent& input, Node node);

/// The rules of a whole network: it has a layer that learns, every node but the last is read by
/// another, and the last gives one value per class. Throws RuleError.
void check_complete(const Network& network);

}  // namespace quatrain::network
