// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/buffer_hazards.hpp"

#include "sim/machine/machine.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::machine {
namespace {

std::string party(isa::Engine engine, const std::string& operator_name,
                  const isa::Instruction& instruction, const Access& access) {
    return fmt::format("{} ({}: {}) {}", isa::name(engine), operator_name,
                       isa::describe(instruction), describe(access));
}

}  // namespace

BufferHazards::Id BufferHazards::begin(isa::Engine engine, const std::string& operator_name,
                                       const isa::Instruction& instruction,
                                       const Footprint& footprint) {
    for (const Executing& other : executing_) {
        if (other.engine == engine) continue;
        for (const Access& theirs : other.footprint) {
            for (const Access& ours : footprint) {
                if (ours.memory != theirs.memory || !(ours.write || theirs.write)) continue;
                if (!overlap(ours.region, theirs.region)) continue;
                throw HazardError(fmt::format(
                    "hazard: {} while {}", party(engine, operator_name, instruction, ours),
                    party(other.engine, *other.operator_name, other.instruction, theirs)));
            }
        }
    }
    executing_.push_back({next_id_, engine, &operator_name, instruction, footprint});
    return next_id_++;
}

void BufferHazards::end(Id id) {
    std::erase_if(executing_, [id](const Executing& one) { return one.id == id; });
}

}  // namespace quatrain::machine
