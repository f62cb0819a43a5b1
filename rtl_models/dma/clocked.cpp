// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dma/clocked.hpp"

#include "rtl_models/base/clocked_register.hpp"
#include "rtl_models/isa/address_map.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>

namespace quatrain::dma {
namespace {

struct BufferEvents {
    Event read, write;
};
constexpr std::array<BufferEvents, isa::buffer_count> buffer_events{{
    {Event::moving_read_bits, Event::moving_write_bits},
    {Event::stationary_read_bits, Event::stationary_write_bits},
    {Event::accumulator_read_bits, Event::accumulator_write_bits},
    {Event::vector_read_bits, Event::vector_write_bits},
    {Event::scalar_read_bits, Event::scalar_write_bits},
}};

constexpr std::uint64_t tag_count = std::uint64_t{1} << burst_tag_bits;

/// The buffer of the next core that a store goes into, by number, be there one or not: who takes
/// the bursts refuses those for none. nullopt for a memory.
std::optional<std::size_t> put_into(const isa::DmaTransfer& transfer) {
    if (isa::space_of(transfer.dram_address) != isa::Space::next_core) return std::nullopt;
    return static_cast<std::size_t>((transfer.dram_address - isa::next_core_base) >>
                                    isa::buffer_window_bits);
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Command& command) {
    return stream << "transfer " << command.id;
}

void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name) {
    sc_core::sc_trace(file, command.id, name + ".id", command_id_bits);
    sc_core::sc_trace(file, command.transfer.dram_address, name + ".dram_address",
                      dram_address_bits);
    sc_core::sc_trace(file, command.transfer.buffer_address, name + ".buffer_address",
                      buffer_address_bits);
}

ClockedDma::ClockedDma(const sc_core::sc_module_name& name, const Params& params, PortWidth width)
    : sc_module(name),
      params_(params),
      transfers_("dma transfers", params.outstanding + 1),
      open_("dma open bursts", params.outstanding) {
    in_unsigned("dma burst_bytes", params.burst_bytes, burst_byte_bits);
    in_unsigned("dma outstanding", params.outstanding, setting_bits);
    in_unsigned("dma bytes_per_cycle", params.bytes_per_cycle, setting_bits);
    for (std::size_t i = 0; i < isa::buffer_count; ++i) buffers[i].set_width(width);
    ready.initialize(true);
}

EventCounts ClockedDma::take_counts() {
    if (finished_.empty()) throw std::logic_error("dma: take_counts() without a transfer done");
    const EventCounts counts = finished_.front();
    finished_.pop_front();
    return counts;
}

void ClockedDma::accept(bool load) {
    if (!start.read()) return;
    in_range("dma transfers to issue", issuing() ? 2 : 1, 0, most_transfers_to_issue);
    const isa::DmaTransfer& transfer = command.read().transfer;
    transfers_.push_back({.buffer = transfer.buffer,
                          .dram = BurstAddresses(params_.burst_bytes, transfer),
                          .on_chip = BufferAddresses(transfer),
                          .open_bursts = 0,
                          .all_issued = false,
                          .space = isa::space_of(transfer.dram_address),
                          .put_into = load ? std::nullopt : put_into(transfer),
                          .counts = {}});
}

ClockedDma::Transfer* ClockedDma::issuing() {
    return transfers_.empty() || transfers_.back().all_issued ? nullptr : &transfers_.back();
}

Burst ClockedDma::issue() {
    Transfer& transfer = transfers_.back();
    const Burst burst = transfer.dram.next();
    open_.push_back({.tag = next_tag_,
                     .bytes = static_cast<std::size_t>(burst.bytes),
                     .data = std::vector<std::byte>(static_cast<std::size_t>(burst.bytes))});
    next_tag_ = (next_tag_ + 1) % tag_count;
    ++transfer.open_bursts;
    transfer.all_issued = transfer.dram.done();
    if (transfer.space == isa::Space::dram) ++transfer.counts[Event::dram_bursts];
    return burst;
}

bool ClockedDma::pass_port(Open& burst, bool load) {
    // A load burst at the port is the oldest that is open, a store burst the newest.
    Transfer& transfer =
        load ? transfers_.front()
             : *std::find_if(transfers_.rbegin(), transfers_.rend(),
                             [](const Transfer& one) { return one.open_bursts > 0; });
    const auto buffer = static_cast<std::size_t>(transfer.buffer);
    auto left = std::min<std::int64_t>(params_.bytes_per_cycle,
                                       static_cast<std::int64_t>(burst.bytes - burst.passed));
    while (left > 0) {
        const Burst piece = transfer.on_chip.next(left);
        const auto bytes =
            std::span(burst.data).subspan(burst.passed, static_cast<std::size_t>(piece.bytes));
        if (load)
            buffers[buffer]->write_bytes(piece.address, bytes);
        else
            buffers[buffer]->read_bytes(piece.address, bytes);
        count(transfer, piece.bytes, load);
        burst.passed += static_cast<std::size_t>(piece.bytes);
        left -= piece.bytes;
    }
    return burst.passed == burst.bytes;
}

void ClockedDma::count(Transfer& transfer, std::int64_t bytes, bool load) {
    const auto bits = 8 * static_cast<std::uint64_t>(bytes);
    const BufferEvents& own = buffer_events[static_cast<std::size_t>(transfer.buffer)];
    transfer.counts[Event::dma_bits] += bits;
    transfer.counts[load ? own.write : own.read] += bits;
    if (transfer.space == isa::Space::dram)
        transfer.counts[load ? Event::dram_read_bits : Event::dram_write_bits] += bits;
    else if (transfer.space == isa::Space::scratchpad)
        transfer.counts[load ? Event::scratchpad_read_bits : Event::scratchpad_write_bits] += bits;
    else if (transfer.put_into && *transfer.put_into < buffer_events.size())
        transfer.counts[buffer_events[*transfer.put_into].write] += bits;
}

ClockedDma::Open& ClockedDma::open_burst(std::uint64_t tag) {
    const std::size_t position =
        open_.empty() ? 0 : (tag + tag_count - open_.front().tag) % tag_count;
    if (tag >= tag_count || position >= open_.size())
        throw std::logic_error(fmt::format("dma: response to burst {}, which is not open", tag));
    return open_[position];
}

bool ClockedDma::complete_oldest() {
    open_.pop_front();
    Transfer& transfer = transfers_.front();
    if (--transfer.open_bursts > 0 || !transfer.all_issued) return false;
    finished_.push_back(transfer.counts);
    transfers_.pop_front();
    return true;
}

ClockedLoad::ClockedLoad(const sc_core::sc_module_name& name, const Params& params)
    : ClockedDma(name, params, {.read_bits = 0, .write_bits = 8 * params.bytes_per_cycle}) {
    SC_HAS_PROCESS(ClockedLoad);
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
}

void ClockedLoad::edge() {
    guarded([this] {
        for (const BurstResponse& response : responses.read().bursts) {
            Open& burst = open_burst(response.tag);
            if (response.data.size() != burst.bytes)
                throw std::logic_error(
                    fmt::format("dma: response to burst {} has {} bytes instead of {}",
                                response.tag, response.data.size(), burst.bytes));
            burst.responded = true;
            burst.data = response.data;
        }
        bool transfer_done = false;
        if (!open_.empty() && open_.front().responded && pass_port(open_.front(), true))
            transfer_done = complete_oldest();
        accept(true);
        BurstRequest next{};
        if (issuing() && open_.size() < static_cast<std::size_t>(params_.outstanding)) {
            const Burst burst = issue();
            next = {true, open_.back().tag, burst.address, burst.bytes, {}};
        }
        request.write(next);
        ready.write(!issuing());
        done.write(transfer_done);
    });
}

ClockedStore::ClockedStore(const sc_core::sc_module_name& name, const Params& params)
    : ClockedDma(name, params, {.read_bits = 8 * params.bytes_per_cycle, .write_bits = 0}) {
    SC_HAS_PROCESS(ClockedStore);
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
    SC_METHOD(outputs);
    sensitive << responses << changed_;
}

bool ClockedStore::completes_now() const {
    if (open_.empty()) return false;
    const Open& oldest = open_.front();
    return oldest.responded ||
           std::ranges::any_of(responses.read().bursts, [&](const BurstResponse& response) {
               return response.tag == oldest.tag;
           });
}

bool ClockedStore::issues_now(bool completes) const {
    const std::size_t open = open_.size() - (completes ? 1 : 0);
    return !transfers_.empty() && !transfers_.back().all_issued && !passing_ &&
           open < static_cast<std::size_t>(params_.outstanding);
}

void ClockedStore::outputs() {
    const bool completes = completes_now();
    const bool issuing = !transfers_.empty() && !transfers_.back().all_issued;
    ready.write(!issuing || (issues_now(completes) && transfers_.back().dram.at_last()));
    done.write(completes && transfers_.front().all_issued && transfers_.front().open_bursts == 1);
}

void ClockedStore::edge() {
    guarded([this] {
        const bool completes = completes_now();
        const bool issues = issues_now(completes);
        for (const BurstResponse& response : responses.read().bursts)
            open_burst(response.tag).responded = true;
        if (completes) complete_oldest();
        if (issues) passing_burst_ = issue();
        passing_ = passing_ || issues;
        BurstRequest next{};
        if (passing_ && pass_port(open_.back(), false)) {
            passing_ = false;
            next = {true, open_.back().tag, passing_burst_.address, passing_burst_.bytes,
                    std::move(open_.back().data)};
        }
        accept(false);
        request.write(next);
        changed_.write(!changed_.read());
    });
}

}  // namespace quatrain::dma
