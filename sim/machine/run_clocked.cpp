// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "sim/machine/clocked_machine.hpp"
#include "sim/machine/ledger.hpp"
#include "sim/machine/machine.hpp"
#include "sim/machine/memory_monitor.hpp"
#include "sim/machine/ring_traffic.hpp"
#include "sim/machine/validate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>

namespace quatrain::machine {
namespace {

/// Keeps the ledger of a clocked run.
class Account {
public:
    /// `all_done` hears the cycle in which the last instruction is done.
    Account(const MachineParams& params, Ledger& ledger, std::function<void(std::int64_t)> all_done)
        : params_(params), ledger_(ledger), all_done_(std::move(all_done)) {
        for (std::int64_t core = 0; core < params.cores; ++core) pages_.emplace_back(*this, core);
    }

    /// What the sequencers write to, by core.
    std::vector<sequencer::Observer*> observers() {
        std::vector<sequencer::Observer*> all;
        for (Page& page : pages_) all.push_back(&page);
        return all;
    }

    /// Adds what the units counted. Not in done(): a unit may still be at the edge that ends the
    /// cycle.
    void settle(ClockedMachine& machine) {
        for (; !waiting_.empty(); waiting_.pop_front()) {
            const Done& one = waiting_.front();
            ClockedCore& core = machine.core(static_cast<std::size_t>(one.core));
            ledger_.events(one.queue) += core.take_counts(one.engine, one.instruction);
        }
    }

private:
    struct Done {
        std::int64_t core;
        isa::Engine engine;
        std::size_t queue;
        isa::Instruction instruction;
    };
    /// One core's.
    class Page final : public sequencer::Observer {
    public:
        Page(Account& account, std::int64_t core) : account_(account), core_(core) {}
        void issued(isa::Engine, std::size_t queue, std::int64_t cycle) override {
            account_.ledger_.issued(queue, cycle);
        }
        void done(isa::Engine engine, std::size_t queue, const isa::Instruction& instruction,
                  std::int64_t issue, std::int64_t cycle, const EventCounts& counts) override {
            account_.done({core_, engine, queue, instruction}, issue, cycle, counts);
        }
        bool goes_on() override { return !account_.ledger_.stopped(); }

    private:
        Account& account_;
        std::int64_t core_;
    };

    void done(const Done& one, std::int64_t issue, std::int64_t cycle, const EventCounts& counts) {
        ledger_.events(one.queue) += counts;
        if (const auto* transfer = std::get_if<isa::DmaTransfer>(&one.instruction.body))
            ledger_.events(one.queue)[Event::ring_bit_hops] +=
                static_cast<std::uint64_t>(ring_bit_hops(params_, one.core, one.engine, *transfer));
        waiting_.push_back(one);
        ledger_.record({one.engine, one.queue, &one.instruction, issue, cycle, one.core});
        ledger_.done(one.queue, cycle);
        if (ledger_.all_done()) all_done_(cycle);
    }

    const MachineParams& params_;
    Ledger& ledger_;
    std::function<void(std::int64_t)> all_done_;
    std::deque<Page> pages_;
    std::deque<Done> waiting_;
};

/// A VCD file, under a temporary name until it is complete.
class Waveform {
public:
    explicit Waveform(const std::string& path) : path_(path) {
        if (path_.empty()) return;
        temporary_ = path_ + ".part";
        // SystemC would tell standard output which unit was chosen.
        sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
        file_ = sc_core::sc_create_vcd_trace_file(temporary_.c_str());  // appends .vcd
        file_->set_time_unit(1, sc_core::SC_PS);
    }
    ~Waveform() {
        if (!file_) return;
        close();
        std::error_code ignored;
        std::filesystem::remove(temporary_ + ".vcd", ignored);
    }
    Waveform(const Waveform&) = delete;
    Waveform& operator=(const Waveform&) = delete;
    sc_core::sc_trace_file* file() const { return file_; }
    /// Throws std::filesystem::filesystem_error.
    void publish() {
        if (!file_) return;
        close();
        std::filesystem::rename(temporary_ + ".vcd", path_);
    }

private:
    void close() {
        sc_core::sc_close_vcd_trace_file(file_);
        file_ = nullptr;
        blank_date();
    }
    /// SystemC writes the time of day into the header: the one thing in it that is not a result.
    void blank_date() const {
        std::fstream text(temporary_ + ".vcd", std::ios::in | std::ios::out | std::ios::binary);
        std::string line;
        while (std::getline(text, line) && line != "$date") {
        }
        const auto place = text.tellg();
        if (!std::getline(text, line)) return;
        text.seekp(place);
        text << std::string(line.size(), ' ');
    }
    std::string path_, temporary_;
    sc_core::sc_trace_file* file_ = nullptr;
};

std::string standing(const sequencer::ClockedSequencer& sequencer, const Ledger& ledger) {
    std::string message;
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        const auto engine = static_cast<isa::Engine>(e);
        const auto standing = sequencer.standing(engine);
        if (e > 0) message += "; ";
        if (standing.finished) {
            message += fmt::format("{} has finished", isa::name(engine));
        } else if (standing.waiting) {
            message += fmt::format("{} waits for {} in {} ({})", isa::name(engine),
                                   isa::name(standing.waits_for), ledger.name(standing.queue),
                                   isa::describe(standing.instruction));
        } else {
            message +=
                fmt::format("{} executes {} ({})", isa::name(engine), ledger.name(standing.queue),
                            isa::describe(standing.instruction));
        }
    }
    return message;
}

std::string deadlock(const ClockedMachine& machine, const Ledger& ledger) {
    std::string message = "no progress: ";
    for (std::size_t core = 0; core < machine.cores(); ++core) {
        if (core > 0) message += "; ";
        if (machine.cores() > 1) message += fmt::format("core {}: ", core);
        message += standing(machine.core(core).sequencer(), ledger);
    }
    return message;
}

}  // namespace

MachineResult run_clocked(const MachineParams& params, std::span<const OperatorQueues> operators,
                          const Settings& settings, dram::DramImage& dram,
                          scratchpad::ScratchpadImage* scratchpad) {
    validate(params);
    validate(params, settings, scratchpad);
    if (!settings.numerics)
        throw std::invalid_argument("numerics off: the clocked views compute what they time");
    if (params.dram.ideal)
        throw std::invalid_argument("dram.ideal = true: no clocked view moves data in no time");
    Ledger ledger(operators, settings, params.cores);
    MemoryMonitor monitor(params, settings);
    std::vector<dram::CommandObserver*> channels;
    for (std::int64_t i = 0; i < params.dram.channels; ++i) channels.push_back(&monitor.channel(i));
    ClockedMachine* running = nullptr;
    Account account(params, ledger, [&](std::int64_t cycle) {
        running->dram().stop_after(dram::crossing(cycle + 1, params.clock_period_ps,
                                                  params.memory.clock_period_ps,
                                                  params.dram.request_stages));
    });
    const KernelContext kernel;
    ClockedMachine machine("machine", params, operators, account.observers(), dram, scratchpad,
                           channels);
    running = &machine;
    const std::set<std::string> blocks = machine.wires().blocks();
    if (!settings.waveform.scope.empty() && !blocks.contains(settings.waveform.scope))
        throw std::invalid_argument(fmt::format("waveform scope '{}': must be one of {}",
                                                settings.waveform.scope, fmt::join(blocks, ", ")));
    Waveform waveform(settings.waveform.path);
    if (waveform.file() != nullptr) machine.trace_to(waveform.file(), settings.waveform.scope);
    if (ledger.all_done()) machine.dram().stop_after(0);  // an empty program
    // A unit that fails keeps its error; looking for it now and then costs nothing.
    const sc_core::sc_time slice =
        1000 * sc_core::sc_time(static_cast<double>(params.clock_period_ps), sc_core::SC_PS);
    while (!machine.failure() && !machine.dram().stopped() && !machine.stuck() &&
           !ledger.stopped()) {
        sc_core::sc_start(slice);
        if (!machine.failure()) account.settle(machine);
        monitor.flush();
    }
    if (machine.failure()) std::rethrow_exception(machine.failure());
    if (machine.stuck()) throw DeadlockError(deadlock(machine, ledger));
    waveform.publish();
    MachineResult result = ledger.result();
    for (std::int64_t i = 0; i < params.dram.channels; ++i)
        result.channels.push_back(monitor.finish(i, machine.dram().cycles()));
    return result;
}

}  // namespace quatrain::machine
