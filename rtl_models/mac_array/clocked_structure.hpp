// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/mac_array/clocked_shell.hpp"

#include <memory>
#include <systemc>

namespace quatrain::mac_array {

namespace structure {
struct Parts;
}

/// The systolic array as a structure: one module per PE, skew register, rounder and row drain, and
/// signals between them. The reference for ClockedArray at small sizes, which has the same pins,
/// the same control and the same PE, and no signal inside.
class StructuralArray : public ArrayShell {
public:
    StructuralArray(const sc_core::sc_module_name& name, const Params& params);
    ~StructuralArray() override;

private:
    friend struct structure::Parts;
    void show() override;

    std::unique_ptr<structure::Parts> parts_;
};

}  // namespace quatrain::mac_array
