// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace quatrain::isa {

/// The core's counting semaphores. A wait acquires (subtracts when the count suffices), a signal
/// adds.
/// `*_full` counts filled slots, `*_free` empty ones: a buffer with two slots starts with free = 2.
enum class Semaphore : std::uint8_t {
    none,
    moving_full,       ///< load -> array
    moving_free,       ///< array -> load
    stationary_full,   ///< load -> array
    stationary_free,   ///< array -> load
    accumulator_full,  ///< array -> vector (drain)
    accumulator_free,  ///< vector (drain) -> array
    drain_full,        ///< vector (drain) -> store
    drain_free,        ///< store -> vector (drain)
    tile_full,         ///< load -> vector
    tile_done,         ///< vector -> store
    tile_free,         ///< store or vector -> load
    parameters_full,   ///< load -> vector
    parameters_done,   ///< vector -> store
    parameters_free,   ///< store or vector -> load
    operator_stored,   ///< store -> load: one count per operator whose results are in DRAM
    scalars_loaded,    ///< load -> vector: the scalar buffer holds its initial values
    scalars_done,      ///< vector -> store: the scalar buffer holds its final values
    // Several cores (docs/several-cores.md).
    share_full,     ///< load -> store: a tile half holds what the core sends first
    sum_full,       ///< store -> the next core's vector: its mail holds a sum so far
    sum_free,       ///< vector -> the previous core's store
    total_full,     ///< store -> the next core's store: its mail holds a whole sum
    total_free,     ///< store -> the previous core's store
    outgoing_full,  ///< vector -> store: a scalar is ready to be sent
    outgoing_free,  ///< store -> vector
};
inline constexpr std::size_t semaphore_count = 25;
std::string_view name(Semaphore semaphore);

/// The core whose semaphore a signal releases.
enum class Receiver : std::uint8_t { own, next, previous };
Receiver receiver(Semaphore semaphore);

/// Initial counts: two slots per double-buffered region, one for the parameter region, four for
/// each kind of mail, zero for the rest.
std::array<std::uint32_t, semaphore_count> initial_semaphores();

/// `count` units of a semaphore, to acquire or to release. Semaphore::none is an unused entry.
struct SemaphoreUse {
    Semaphore semaphore = Semaphore::none;
    std::uint32_t count = 0;
    bool operator==(const SemaphoreUse&) const = default;
};
BOOST_DESCRIBE_STRUCT(SemaphoreUse, (), (semaphore, count))

}  // namespace quatrain::isa
