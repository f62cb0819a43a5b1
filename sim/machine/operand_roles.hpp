// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"

#include <cstdint>
#include <string_view>

namespace quatrain::machine {

/// The operands of a vector-queue operation, one letter each (the list beside isa::VectorOperation
/// as a table).
///
/// Tiles: t rows x columns, v a vector of columns, r one element per row, p rows * immediate x
/// columns (pixels of average pooling), x and y the input and output bands of a pooling window.
/// Scalars: r read, w written, b both.
struct OperandRoles {
    std::string_view in;
    std::string_view out;
    std::string_view scalars;
};
const OperandRoles& operand_roles(isa::VectorOperation operation);

/// Elements of an operand with this role.
std::int64_t operand_elements(const isa::VectorInstruction& instruction, char role);

}  // namespace quatrain::machine
