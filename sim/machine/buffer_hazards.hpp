// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "sim/machine/footprint.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::machine {

/// Looks for engines, of a core or a neighbour that puts into its buffers, that touch the same
/// bytes at the same time while one of them writes. An engine does not conflict with itself: its
/// instructions take effect in order.
class BufferHazards {
public:
    using Id = std::uint64_t;
    struct Party {
        std::int64_t core = 0;
        isa::Engine engine{};
        bool operator==(const Party&) const = default;
    };

    /// An instruction starts to execute. Throws HazardError when it conflicts with one that another
    /// engine executes. `operator_name` must live until end().
    Id begin(const Party& party, const std::string& operator_name,
             const isa::Instruction& instruction, Footprint footprint);
    /// The instruction is done.
    void end(Id id);

private:
    struct Executing {
        Id id;
        Party party;
        const std::string* operator_name;
        isa::Instruction instruction;
        Footprint footprint;
    };
    std::vector<Executing> executing_;
    Id next_id_ = 0;
};

}  // namespace quatrain::machine
