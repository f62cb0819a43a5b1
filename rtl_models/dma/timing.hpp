// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <boost/describe.hpp>
#include <cstdint>

namespace quatrain::dma {

/// One DMA engine (load and store are alike).
struct Params {
    std::int64_t burst_bytes = 256;
    std::int64_t outstanding = 32;
    std::int64_t bytes_per_cycle = 64;
};
BOOST_DESCRIBE_STRUCT(Params, (), (burst_bytes, outstanding, bytes_per_cycle))
std::span<const ParameterInfo> parameter_info(const Params&);

}  // namespace quatrain::dma
