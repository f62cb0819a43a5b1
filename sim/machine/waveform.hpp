// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/command_probes.hpp"

#include <functional>
#include <initializer_list>
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
    /// A new signal, called block.name after the block that drives it, or that the dispatch
    /// drives it for. `readers`: the other blocks
    /// at it. `initial`: what it shows at first; a bus has its size from the beginning.
    template <class T>
    sc_core::sc_signal<T>& wire(const std::string& block, const std::string& name,
                                std::set<std::string> readers = {}, const T& initial = T{}) {
        const auto signal =
            std::make_shared<sc_core::sc_signal<T>>(sc_core::sc_gen_unique_name("wire"), initial);
        readers.insert(block);
        const std::string full = block + "." + name;
        wires_.push_back({signal, std::move(readers), [signal, full](Probes& probes) {
                              using sc_core::sc_trace;  // for the built-in types
                              sc_trace(probes.file(), signal->read(), full);
                              if constexpr (requires { probe(probes, full, *signal); })
                                  probe(probes, full, *signal);
                          }});
        return *signal;
    }

    /// Shows the wires at block `scope`, or all for an empty scope.
    void show(Probes& probes, const std::string& scope) const;
    /// The blocks that have wires.
    std::set<std::string> blocks() const;

private:
    struct Wire {
        std::shared_ptr<void> signal;
        std::set<std::string> blocks;
        std::function<void(Probes&)> show;
    };
    std::vector<Wire> wires_;
};

/// Takes the values of probes at the end of every edge of their clock, when all that combinational
/// processes do at it is done. One sampler for all clocks, since it waits until nobody else has
/// anything to do.
class Sampler final : public sc_core::sc_module {
public:
    Sampler(const sc_core::sc_module_name& name,
            std::initializer_list<const sc_core::sc_clock*> clocks, sc_core::sc_trace_file* file);
    /// Of registers behind the clock with this index.
    Probes& probes(std::size_t clock) { return *domains_[clock].probes; }

private:
    struct Domain {
        const sc_core::sc_clock* clock;
        std::unique_ptr<Probes> probes;
    };
    void sample();

    std::vector<Domain> domains_;
};

}  // namespace quatrain::machine
