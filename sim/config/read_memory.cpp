// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/params.hpp"
#include "rtl_models/dram/command_names.hpp"
#include "rtl_models/dram/energy.hpp"
#include "sim/config/cycle_expression.hpp"
#include "sim/config/error.hpp"
#include "sim/config/memory.hpp"
#include "sim/config/nearest.hpp"
#include "sim/config/strict_yaml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <set>

namespace quatrain::config {
namespace {

using dram::CommandKind;

// Longer than any time of a DRAM; larger than any of its counts, currents and energies.
constexpr std::int64_t most_cycles = 10'000'000;
constexpr std::int64_t most_of_a_kind = std::int64_t{1} << 40;
constexpr double most_milli = 1e6;  // [mA], [mW]
constexpr double most_factor = 1000;
constexpr double most_picojoules = 1e9;  // a refresh of a large rank

/// The times of the file: named by its rules, and each of them used by one.
class Timings {
public:
    Timings(StrictMap map, const std::string& source) : map_(std::move(map)) {
        const std::string shared = map_.text_or("source", source);
        for (const std::string& name : map_.keys()) {
            if (name != "source") all_.push_back(read(name, shared));
        }
    }

    const std::vector<NamedTiming>& all() const { return all_; }

    /// The cycles that `key` of `map` says.
    std::int64_t evaluate(StrictMap& map, const std::string& key) {
        const std::string expression = map.text(key);
        std::int64_t cycles = 0;
        try {
            cycles = evaluate_cycles(expression, [this](const std::string& name) {
                const NamedTiming* timing = find(name);
                if (timing == nullptr)
                    throw ConfigError(fmt::format("unknown timing '{}': must be one of {}", name,
                                                  nearest_text(name, names())));
                return timing->cycles;
            });
        } catch (const ConfigError& error) {
            map.reject(key, error.what());
        }
        if (cycles < 1) map.reject(key, fmt::format("must be at least 1 cycle, is {}", cycles));
        return cycles;
    }

    /// A time that the method of currents needs by its name.
    std::int64_t named(const std::string& name) {
        const NamedTiming* timing = find(name);
        return timing != nullptr ? timing->cycles : map_.integer(name, 0, most_cycles);
    }

    void finish() const {
        for (const NamedTiming& timing : all_) {
            if (!used_.contains(timing.name)) map_.reject(timing.name, "is used by no rule");
        }
    }

private:
    NamedTiming read(const std::string& name, const std::string& source) {
        if (!is_timing_name(name))
            map_.reject(name, "the name must be letters, digits and _, a letter first");
        if (!map_.is_map(name)) return {name, map_.integer(name, 0, most_cycles), source};
        StrictMap entry = map_.map(name);
        NamedTiming timing{name, entry.integer("cycles", 0, most_cycles), entry.text("source")};
        entry.finish();
        return timing;
    }

    const NamedTiming* find(const std::string& name) {
        const auto found = std::ranges::find(all_, name, &NamedTiming::name);
        if (found == all_.end()) return nullptr;
        used_.insert(name);
        return &*found;
    }

    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const NamedTiming& timing : all_) all.push_back(timing.name);
        return all;
    }

    StrictMap map_;
    std::vector<NamedTiming> all_;
    std::set<std::string> used_;
};

dram::Organisation read_organisation(StrictMap map, Timings& timings) {
    dram::Organisation organisation;
    organisation.bus_bits = map.integer("bus_bits", 1, most_of_a_kind);
    organisation.bank_groups = map.integer_or("bank_groups", 1, 1, most_of_a_kind);
    organisation.banks = map.integer("banks", 1, most_of_a_kind);
    organisation.rows = map.integer("rows", 1, most_of_a_kind);
    organisation.row_bytes = map.integer("row_bytes", 1, most_of_a_kind);
    organisation.burst_beats = map.integer("burst_beats", 1, most_of_a_kind);
    organisation.burst_cycles = timings.evaluate(map, "burst_cycles");
    map.finish();
    return organisation;
}

void read_slots(StrictMap map, dram::Standard& standard) {
    for (const std::string& name : map.keys()) {
        const auto kind = dram::command_kind(name);
        if (!kind)
            map.reject(name, fmt::format("unknown command: must be one of {}",
                                         fmt::join(dram::command_names, ", ")));
        StrictMap entry = map.map(name);
        dram::CommandSlot& slot = standard.slots[static_cast<std::size_t>(*kind)];
        slot.bus = entry.integer_or("bus", slot.bus, 0, dram::command_bus_count - 1);
        slot.cycles = entry.integer_or("cycles", slot.cycles, 1, most_cycles);
        entry.finish();
    }
}

std::vector<CommandKind> read_commands(StrictMap& map, const std::string& key) {
    std::vector<CommandKind> all;
    for (const std::string& name : map.texts(key)) {
        const auto kind = dram::command_kind(name);
        if (!kind)
            map.reject(key, name,
                       fmt::format("unknown command: must be one of {}",
                                   fmt::join(dram::command_names, ", ")));
        all.push_back(*kind);
    }
    return all;
}

dram::Scope read_scope(StrictMap& map) {
    const std::string text = map.text("scope");
    std::vector<std::string> names;
    dram::Scope scope{};
    bool found = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<dram::Scope>>([&](auto entry) {
        names.emplace_back(entry.name);
        if (text == entry.name) {
            scope = entry.value;
            found = true;
        }
    });
    if (!found) map.reject("scope", fmt::format("must be one of {}", fmt::join(names, ", ")));
    return scope;
}

void add(const dram::Constraint& constraint, const StrictMap& map, dram::Standard& standard) {
    const auto is_same = [&](const dram::Constraint& other) {
        return other.before == constraint.before && other.after == constraint.after &&
               other.scope == constraint.scope && other.count == constraint.count;
    };
    if (std::ranges::any_of(standard.constraints, is_same))
        map.reject("cycles",
                   fmt::format("is the second rule from {} to {} in this scope",
                               short_name(constraint.before), short_name(constraint.after)));
    standard.constraints.push_back(constraint);
}

void read_constraint(StrictMap map, Timings& timings, dram::Standard& standard) {
    constexpr std::int64_t longest_window = 64;
    const std::vector<CommandKind> before = read_commands(map, "before");
    const std::vector<CommandKind> after = read_commands(map, "after");
    dram::Constraint constraint;
    constraint.scope = read_scope(map);
    constraint.cycles = timings.evaluate(map, "cycles");
    constraint.count = map.integer_or("count", 1, 1, longest_window);
    constraint.rule = map.text("cycles");
    map.finish();
    for (const CommandKind first : before) {
        for (const CommandKind second : after) {
            constraint.before = first;
            constraint.after = second;
            add(constraint, map, standard);
        }
    }
}

dram::Supply read_supply(StrictMap map) {
    constexpr double most_volts = 10;
    dram::Supply supply;
    supply.volts = map.number("volts", 0, most_volts);
    const auto current = [&](const std::string& key) { return map.number(key, 0, most_milli); };
    supply.idd0 = current("idd0_ma");
    supply.idd2n = current("idd2n_ma");
    supply.idd3n = current("idd3n_ma");
    supply.idd4r = current("idd4r_ma");
    supply.idd4w = current("idd4w_ma");
    supply.idd5b = current("idd5b_ma");
    if (map.has("idd5pb_ma")) supply.idd5pb = current("idd5pb_ma");
    map.finish();
    return supply;
}

dram::Energies read_currents(StrictMap& map, Timings& timings, const dram::Standard& standard) {
    std::vector<dram::Supply> supplies;
    for (const StrictMap& supply : map.list("supplies")) supplies.push_back(read_supply(supply));
    if (supplies.empty()) map.reject("supplies", "must hold a supply or more");
    dram::CurrentTimes times{.row_cycle = timings.named("tRC"),
                             .row_active = timings.named("tRAS"),
                             .row_precharge = timings.named("tRP"),
                             .refresh = timings.named("tRFC")};
    if (std::ranges::any_of(supplies, [](const auto& supply) { return supply.idd5pb.has_value(); }))
        times.refresh_bank = timings.named("tRFCpb");
    return energies_from_currents(standard, supplies, times, map.integer("devices", 1, 1024));
}

dram::Energies read_energies(StrictMap& map, const dram::Standard& standard) {
    const auto burst_bits = static_cast<double>(8 * standard.organisation.burst_bytes());
    // mW ns = pJ
    const double cycle_ns = static_cast<double>(standard.clock_period_ps) / 1000;
    dram::Energies energies;
    energies.activate = map.number("activate_pj", 0, most_picojoules);
    energies.read = map.number("read_pj_per_bit", 0, most_picojoules) * burst_bits;
    energies.write = map.number("write_pj_per_bit", 0, most_picojoules) * burst_bits;
    energies.refresh_all = map.number("refresh_pj", 0, most_picojoules);
    energies.refresh_bank = map.number_or(
        "refresh_bank_pj",
        energies.refresh_all / static_cast<double>(standard.organisation.rank_banks()), 0,
        most_picojoules);
    energies.active_standby = map.number("active_standby_mw", 0, most_milli) * cycle_ns;
    energies.precharged_standby = map.number("precharged_standby_mw", 0, most_milli) * cycle_ns;
    return energies;
}

void read_energy(StrictMap& root, Timings& timings, Memory& memory) {
    dram::Standard& standard = memory.standard;
    const bool has_energies = root.has("energies");
    if (has_energies && root.has("currents"))
        root.reject("energies", "must not be given beside 'currents'");
    StrictMap map = root.map(has_energies ? "energies" : "currents");
    standard.energies =
        has_energies ? read_energies(map, standard) : read_currents(map, timings, standard);
    memory.energy_source = map.text("source");
    standard.energies.stand_in = map.text_or("stand_in", "");
    StrictMap band = map.map("band");
    standard.energies.low_factor = band.number("low_factor", 0, 1);
    standard.energies.high_factor = band.number("high_factor", 1, most_factor);
    memory.band_source = band.text("source");
    band.finish();
    map.finish();
}

// What only the whole can break: the message of ParamError begins with the key.
void check(const dram::Standard& standard, const StrictMap& root, const std::string& label) {
    try {
        validate(standard);
        require_separate_bursts(standard);
    } catch (const ParamError& error) {
        const std::string text = error.what();
        const std::string key = text.substr(0, text.find(" = "));
        throw ConfigError(
            fmt::format("{}:{}: key '{}'{}", label, root.line(key), key, text.substr(key.size())));
    }
}

}  // namespace

Memory read_memory_file(const Source& source) {
    Memory memory;
    dram::Standard& standard = memory.standard;
    StrictMap root(source.label, "", parse_yaml(source));
    standard.name = root.text("name");
    standard.description = root.text_or("description", "");
    memory.source = root.text("source");
    standard.clock_period_ps = root.integer("clock_period_ps", 1, 1'000'000);
    Timings timings(root.map("timing"), memory.source);
    memory.timings = timings.all();
    standard.organisation = read_organisation(root.map("organisation"), timings);
    standard.mapping = root.text("mapping");
    standard.read_latency = timings.evaluate(root, "read_latency");
    standard.write_latency = timings.evaluate(root, "write_latency");
    standard.refresh_interval = timings.evaluate(root, "refresh_interval");
    standard.has_refresh_bank = root.flag_or("per_bank_refresh", false);
    if (root.has("slots")) read_slots(root.map("slots"), standard);
    for (const StrictMap& map : root.list("constraints")) read_constraint(map, timings, standard);
    if (standard.constraints.empty()) root.reject("constraints", "must hold a rule or more");
    read_energy(root, timings, memory);
    root.finish();
    timings.finish();
    check(standard, root, source.label);
    return memory;
}

dram::Standard read_memory(const Source& source) {
    return read_memory_file(source).standard;
}

Memory load_memory_file(const std::string& name_or_file) {
    return read_memory_file(find_source("memories", "memory", name_or_file));
}

dram::Standard load_memory(const std::string& name_or_file) {
    return load_memory_file(name_or_file).standard;
}

}  // namespace quatrain::config
