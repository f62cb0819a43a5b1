// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "sim/machine/machine_params.hpp"

#include <boost/container_hash/hash.hpp>
#include <boost/describe/operators.hpp>
#include <cstdint>
#include <unordered_map>

namespace quatrain::machine {

/// What a pass asks of the operand streamer.
struct PassCost {
    std::int64_t preload_cycles = 0;  ///< weight stationary: for the stationary tile
    std::int64_t stream_cycles =
        0;  ///< for the moving vectors (output stationary: for steps, each its slower side)
    std::int64_t stall_cycles =
        0;  ///< of stream_cycles, those in which read ports or banks hold the array up
    /// Cycles that words of one bank cost beyond the ports' limit, summed over both sides.
    std::int64_t conflict_cycles = 0;
    std::int64_t moving_words = 0;      ///< read from the moving buffer
    std::int64_t stationary_words = 0;  ///< read from the stationary buffer
};
PassCost pass_cost(const MachineParams& params, const isa::WeightStationaryPass& pass);
PassCost pass_cost(const MachineParams& params, const isa::OutputStationaryPass& pass);
/// Of the pass that the instruction is; nothing for other instructions.
PassCost pass_cost(const MachineParams& params, const isa::Instruction& instruction);

/// pass_cost(), computed once for passes that differ only in where their sums go, in the image, and
/// in addresses that banks and words do not tell apart.
class PassCosts {
public:
    explicit PassCosts(const MachineParams& params) : params_(params) {}
    PassCost operator()(const isa::Instruction& instruction);

private:
    struct SameFields {
        template <class Pass>
        bool operator()(const Pass& a, const Pass& b) const {
            using boost::describe::operators::operator==;
            return a == b;
        }
    };
    template <class Pass>
    using Known = std::unordered_map<Pass, PassCost, boost::hash<Pass>, SameFields>;

    template <class Pass>
    const PassCost& of(const Pass& pass, Known<Pass>& known);

    const MachineParams& params_;
    Known<isa::WeightStationaryPass> weight_stationary_;
    Known<isa::OutputStationaryPass> output_stationary_;
};

}  // namespace quatrain::machine
