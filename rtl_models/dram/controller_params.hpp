// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"

#include <boost/describe.hpp>
#include <cstdint>

namespace quatrain::dram {

/// Which request goes first.
/// `fr_fcfs`: of those to open rows the oldest that can, else the oldest (Rixner et al., ISCA
/// 2000), with a bound on how often the oldest is passed. `fcfs`: the oldest, whatever it takes.
enum class Scheduler : std::uint8_t { fr_fcfs, fcfs };
BOOST_DESCRIBE_ENUM(Scheduler, fr_fcfs, fcfs)

/// When a row is closed. `open`: when another row of the bank is wanted. `closed`: behind the last
/// request in the queue that wants it.
enum class PagePolicy : std::uint8_t { open, closed };
BOOST_DESCRIBE_ENUM(PagePolicy, open, closed)

/// `none` is for studies: no DRAM keeps its contents so.
enum class Refresh : std::uint8_t { all_bank, per_bank, none };
BOOST_DESCRIBE_ENUM(Refresh, all_bank, per_bank, none)

/// The controller of one channel.
struct ControllerParams {
    Scheduler scheduler = Scheduler::fr_fcfs;
    std::int64_t bypass_limit = 16;
    PagePolicy page_policy = PagePolicy::open;
    std::int64_t read_queue = 32;
    std::int64_t write_queue = 32;
    std::int64_t write_high = 24;
    std::int64_t write_low = 8;
    std::int64_t turn_bursts = 32;
    Refresh refresh = Refresh::all_bank;
};
BOOST_DESCRIBE_STRUCT(ControllerParams, (),
                      (scheduler, bypass_limit, page_policy, read_queue, write_queue, write_high,
                       write_low, turn_bursts, refresh))
std::span<const ParameterInfo> parameter_info(const ControllerParams&);

/// Throws ParamError unless write_low < write_high <= write_queue.
void validate(const ControllerParams& params);

}  // namespace quatrain::dram
