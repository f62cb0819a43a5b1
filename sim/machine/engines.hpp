// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/mac_array/timing.hpp"
#include "sim/machine/engine.hpp"
#include "sim/machine/memory_controller.hpp"

namespace quatrain::machine {

/// Load or store: transfers follow each other burst by burst, and complete in order.
class DmaEngine final : public Engine, public TransferListener {
public:
    DmaEngine(const sc_core::sc_module_name& name, dma::Direction direction, CoreState& core,
              std::span<const OperatorQueues> operators, MemoryController& memory);
    void last_burst_issued() override { issue_next(0); }
    void transfer_complete() override { retire_oldest(); }

private:
    void execute(Issued& issued) override;

    dma::Direction direction_;
    MemoryController& memory_;
};

/// The array with its streamer: a pass issues while the one before still streams or drains.
class ArrayEngine final : public Engine {
public:
    ArrayEngine(const sc_core::sc_module_name& name, CoreState& core,
                std::span<const OperatorQueues> operators);

private:
    void execute(Issued& issued) override;

    mac_array::Timeline timeline_;
};

/// The vector queue: scaling units and vector unit, one instruction at a time.
class VectorEngine final : public Engine {
public:
    VectorEngine(const sc_core::sc_module_name& name, CoreState& core,
                 std::span<const OperatorQueues> operators);

private:
    void execute(Issued& issued) override;
};

}  // namespace quatrain::machine
