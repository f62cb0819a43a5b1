// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace quatrain::config {

/// The three names with the smallest edit distance to `text`, joined by ", ": what a typing error
/// may have meant.
std::string nearest_text(const std::string& text, std::span<const std::string> names);

}  // namespace quatrain::config
