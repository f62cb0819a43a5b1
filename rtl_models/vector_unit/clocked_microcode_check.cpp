// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/vector_unit/clocked_microcode.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace quatrain::vector_unit {

Unit unit(Action action) {
    switch (action) {
        case Action::add:
        case Action::subtract:
        case Action::compare:
            return Unit::adder;
        case Action::multiply:
            return Unit::multiplier;
        case Action::divide:
        case Action::square_root:
        case Action::exponential:
        case Action::logarithm:
            return Unit::special;
        default:
            return Unit::none;
    }
}

UnitUses unit_uses(const Step& step) {
    UnitUses uses;
    for (const MicroOperation& one : step.actions) {
        uses.adder += unit(one.action) == Unit::adder ? 1 : 0;
        uses.multiplier += unit(one.action) == Unit::multiplier ? 1 : 0;
        uses.special += unit(one.action) == Unit::special ? 1 : 0;
    }
    return uses;
}

Interval interval(const MicroProgram& program, std::size_t sweep) {
    Interval result;
    const std::vector<Step>& steps = program.sweeps.at(sweep).steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const UnitUses uses = unit_uses(steps[i]);
        const bool pass = uses.special == 0 && uses.adder <= 1 && uses.multiplier <= 1;
        const bool special = uses.special == 1 && uses.adder == 0 && uses.multiplier == 0;
        if (!pass && !special)
            throw std::logic_error(fmt::format(
                "vector_unit {}: sweep {}, step {} uses the adder {}, the multiplier {} and the "
                "special unit {} times: a pass has one adder and one multiplier, or the special "
                "unit alone",
                isa::name(program.operation), sweep, i, uses.adder, uses.multiplier, uses.special));
        result.passes += pass ? 1 : 0;
        result.specials += special ? 1 : 0;
    }
    return result;
}

std::vector<bool> registers_used(const MicroProgram& program, File file, std::size_t count) {
    std::vector<bool> used(count, false);
    for (const Sweep& sweep : program.sweeps)
        for (const Step& step : sweep.steps)
            for (const MicroOperation& one : step.actions) {
                for (const Register& ref : {one.to, one.left, one.right})
                    if (ref.file == file) used.at(ref.index) = true;
                if (file == File::scalar && one.step != no_scalar) used.at(one.step) = true;
            }
    return used;
}

}  // namespace quatrain::vector_unit
