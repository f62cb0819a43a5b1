// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"

#include <span>

namespace quatrain::config {

/// The events whose energy a technology gives one by one. Buffer accesses are charged from its
/// memories instead; times and faults cost nothing.
std::span<const Event> charged_events();

}  // namespace quatrain::config
