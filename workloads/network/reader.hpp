// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/network/network.hpp"

#include <filesystem>
#include <istream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::network {

/// A network file breaks a rule. what() is one line: "FILE:LINE: [layer NAME, ]KEY = VALUE: RULE".
struct ReadError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Reads one network in the format of docs/networks.md. `source_name` stands for the file in
/// messages. Throws ReadError.
Network read(std::istream& stream, const std::string& source_name);

/// Reads a topology file of SCALE-Sim, in its convolution or its GEMM form (docs/networks.md). The
/// network is called `name`. Messages name the column as KEY. Throws ReadError.
Network read_topology(std::istream& stream, const std::string& source_name, std::string name);

/// Reads a YAML file, or a topology if the path ends in ".csv". Throws ReadError, also when the
/// file cannot be read.
Network read_file(const std::filesystem::path& path);

/// Names of the networks that are part of the program, in natural order ("resnet18" before
/// "resnet101").
std::vector<std::string> built_in_names();

/// The YAML text of a built-in network, an example to start from. Throws ReadError when there is
/// none of this name.
std::string_view built_in_text(std::string_view name);

/// A built-in network. Throws ReadError when there is none of this name.
Network built_in(std::string_view name);

/// A built-in network if the text is the name of one, else the file of this path. Throws ReadError.
Network load(const std::string& name_or_file);

}  // namespace quatrain::network
