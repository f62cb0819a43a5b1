// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/buffer_hazards.hpp"

#include "sim/machine/machine.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::machine {
namespace {

std::string what(const BufferHazards::Party& party, const std::string& operator_name,
                 const isa::Instruction& instruction, const Access& access) {
    return fmt::format("{} ({}: {}) {}", isa::name(party.engine), operator_name,
                       isa::describe(instruction), describe(access));
}

}  // namespace

BufferHazards::Id BufferHazards::begin(const Party& party, const std::string& operator_name,
                                       const isa::Instruction& instruction, Footprint footprint) {
    for (const Executing& other : executing_) {
        if (other.party == party) continue;
        for (const Access& theirs : other.footprint) {
            for (const Access& ours : footprint) {
                if (ours.memory != theirs.memory || !(ours.write || theirs.write)) continue;
                if (!overlap(ours.region, theirs.region)) continue;
                throw HazardError(fmt::format(
                    "hazard: {} while {}", what(party, operator_name, instruction, ours),
                    what(other.party, *other.operator_name, other.instruction, theirs)));
            }
        }
    }
    executing_.push_back({next_id_, party, &operator_name, instruction, std::move(footprint)});
    return next_id_++;
}

void BufferHazards::end(Id id) {
    std::erase_if(executing_, [id](const Executing& one) { return one.id == id; });
}

}  // namespace quatrain::machine
