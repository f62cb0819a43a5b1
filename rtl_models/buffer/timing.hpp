// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"

#include <boost/describe.hpp>
#include <cstdint>

namespace quatrain::buffer {

/// Sizes of the on-chip buffers. Moving, stationary and accumulator buffers are two halves, each a
/// bank group of its own, so that the engine that fills one and the engine that empties the other
/// never meet. The vector buffer is cut into [drain half 0 | drain half 1 | tile half 0 | tile half
/// 1 | parameters]: 1/8, 1/8, 1/4, 1/4, 1/4 of its bytes. Where there is a core that sends, the
/// second half of the parameters is mail: eight slots, 1/64 each in whole words.
struct Params {
    std::int64_t moving_bytes = 256 * 1024;
    std::int64_t stationary_bytes = 256 * 1024;
    std::int64_t accumulator_bytes = 256 * 1024;
    std::int64_t vector_bytes = 256 * 1024;
    std::int64_t scalar_bytes = 16 * 1024;
    std::int64_t banks = 8;
    std::int64_t word_bytes = 32;
};
BOOST_DESCRIBE_STRUCT(Params, (),
                      (moving_bytes, stationary_bytes, accumulator_bytes, vector_bytes,
                       scalar_bytes, banks, word_bytes))
std::span<const ParameterInfo> parameter_info(const Params&);
/// Throws ParamError: every buffer a multiple of 8 * word_bytes; with several cores, a slot of mail
/// at least a word.
void validate(const Params& params, std::int64_t cores = 1);

/// Slots for sums so far, and as many for whole sums: as isa::initial_semaphores() has them free.
inline constexpr int mail_slots = 4;

/// Offsets [bytes] of the vector buffer's regions.
struct VectorRegions {
    std::int64_t drain[2], drain_bytes;  ///< bytes of one half
    std::int64_t tile[2], tile_bytes;
    std::int64_t parameters, parameter_bytes;
    /// Slots of the previous core's mail; on one core none.
    std::int64_t sums[mail_slots], totals[mail_slots], mail_bytes;
};
/// `cores` on the ring: one gets no mail.
VectorRegions vector_regions(const Params& params, std::int64_t cores);

}  // namespace quatrain::buffer
