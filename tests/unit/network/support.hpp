// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/network/reader.hpp"

#include <sstream>
#include <string>

namespace quatrain::network {

inline Network parse(const std::string& text) {
    std::istringstream stream(text);
    return read(stream, "net.yaml");
}

/// The message of the ReadError that reading throws; empty when it throws none.
inline std::string complaint(const std::string& text) {
    try {
        parse(text);
    } catch (const ReadError& error) {
        return error.what();
    }
    return {};
}

/// A file of 8 x 8 x 3 images: these layers begin on line 5, or these blocks and layers do.
inline std::string with_layers(const std::string& layers) {
    return "name: net\n"
           "input: {height: 8, width: 8, channels: 3,\n"
           "        mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25]}\n"
           "layers:\n" +
           layers;
}
inline std::string with_blocks(const std::string& blocks_and_layers) {
    return "name: net\n"
           "input: {height: 8, width: 8, channels: 3,\n"
           "        mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25]}\n"
           "blocks:\n" +
           blocks_and_layers;
}

}  // namespace quatrain::network
