// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <systemc>

namespace quatrain {

/// A SystemC kernel of its own, current while this object lives. The kernel that a program starts
/// with can elaborate once only; with this, a program runs one machine after the other. Modules and
/// events must be made and destroyed within its life. Not for use from two threads.
class KernelContext {
public:
    KernelContext()
        : outer_(sc_core::sc_curr_simcontext), own_(std::make_unique<sc_core::sc_simcontext>()) {
        sc_core::sc_curr_simcontext = own_.get();
    }
    ~KernelContext() {
        own_.reset();
        sc_core::sc_curr_simcontext = outer_;
    }
    KernelContext(const KernelContext&) = delete;
    KernelContext& operator=(const KernelContext&) = delete;

private:
    sc_core::sc_simcontext* outer_;
    std::unique_ptr<sc_core::sc_simcontext> own_;
};

}  // namespace quatrain
