// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain::machine {

/// The signals of a clocked machine, by the blocks that they join, and the VCD file that shows
/// them.
class Wires {
public:
    /// A new signal, called block.name after the block that drives it. `readers`: the other blocks
    /// at it.
    template <class T>
    sc_core::sc_signal<T>& wire(const std::string& block, const std::string& name,
                                std::set<std::string> readers = {}) {
        const auto signal =
            std::make_shared<sc_core::sc_signal<T>>(sc_core::sc_gen_unique_name("wire"));
        readers.insert(block);
        const std::string full = block + "." + name;
        wires_.push_back({signal, std::move(readers), [signal, full](sc_core::sc_trace_file* file) {
                              using sc_core::sc_trace;  // for the built-in types
                              sc_trace(file, signal->read(), full);
                          }});
        return *signal;
    }

    /// Traces the wires at block `scope`, or all for an empty scope.
    void trace(sc_core::sc_trace_file* file, const std::string& scope) const;
    /// The blocks that have wires.
    std::set<std::string> blocks() const;

private:
    struct Wire {
        std::shared_ptr<void> signal;
        std::set<std::string> blocks;
        std::function<void(sc_core::sc_trace_file*)> trace;
    };
    std::vector<Wire> wires_;
};

}  // namespace quatrain::machine
