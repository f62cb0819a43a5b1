// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/clocked_core_stop.hpp"

#include "rtl_models/dram/function.hpp"
#include "rtl_models/isa/address_map.hpp"
#include "rtl_models/scratchpad/function.hpp"
#include "sim/machine/ring_traffic.hpp"

#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace quatrain::machine {
namespace {

bool is_put(const BurstRequest& request) {
    return isa::space_of(request.address) == isa::Space::next_core;
}

BurstRequest without_data(const BurstRequest& request) {
    return {request.valid, request.tag, request.address, request.bytes, {}};
}

[[noreturn]] void nothing_at(std::int64_t address) {
    throw dram::DramError(fmt::format("dram: there is nothing at address {}", address));
}

void answer(BurstResponses& responses, BurstResponse response) {
    responses.bursts.push_back(std::move(response));
    ++responses.count;
}

}  // namespace

ClockedCoreStop::ClockedCoreStop(const sc_core::sc_module_name& name, const MachineParams& params,
                                 std::int64_t core)
    : sc_module(name),
      memory_(params.cores),
      next_(next_core(params, core)),
      previous_(previous_core(params, core)),
      dram_{config::dram_share_bytes(params), core * config::dram_share_bytes(params)},
      scratchpad_{config::scratchpad_share_bytes(params),
                  core * config::scratchpad_share_bytes(params)},
      announced_("announced puts", params.dma.outstanding) {
    for (std::size_t i = 0; i < isa::buffer_count; ++i)
        buffers[i].set_width({.read_bits = 0, .write_bits = 8 * params.dma.burst_bytes});
    SC_HAS_PROCESS(ClockedCoreStop);
    SC_METHOD(send);
    sensitive << load_request << store_request;
    SC_METHOD(receive);
    sensitive << deliver << stored << put_done;
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
}

BurstRequest ClockedCoreStop::to_memory(const BurstRequest& request) const {
    if (!request.valid) return {};
    if (is_put(request)) nothing_at(request.address);  // a load
    const bool aside = isa::space_of(request.address) == isa::Space::scratchpad;
    const Share& share = aside ? scratchpad_ : dram_;
    const std::int64_t begin = request.address - (aside ? isa::scratchpad_base : 0);
    if (begin + request.bytes > share.bytes) {
        const std::string rule = fmt::format("bytes {} to {} lie outside its {} bytes", begin,
                                             begin + request.bytes, share.bytes);
        if (aside) throw scratchpad::ScratchpadError("scratchpad: " + rule);
        throw dram::DramError("dram: " + rule);
    }
    BurstRequest moved = without_data(request);
    moved.address += share.base;
    return moved;
}

void ClockedCoreStop::send() {
    guarded([this] {
        load_asked.write(to_memory(load_request.read()));
        const BurstRequest& store = store_request.read();
        const bool puts = store.valid && is_put(store);
        store_asked.write(puts ? BurstRequest{} : to_memory(store));
        put_asked.write(puts ? without_data(store) : BurstRequest{});
        if (store.valid)
            inject.write({true, puts ? next_ : memory_, store.tag, store.bytes, store.data});
        else
            inject.write({});
    });
}

void ClockedCoreStop::receive() {
    guarded([this] {
        BurstResponses loaded, from_previous;
        for (const RingDelivery& one : deliver.read().messages) {
            if (one.from == memory_)
                answer(loaded, {one.tag, one.payload});
            else
                answer(from_previous, {one.tag, {}});
        }
        load_responses.write(loaded);
        previous_done.write(from_previous);
        BurstResponses both = stored.read();
        for (const BurstResponse& one : put_done.read().bursts) answer(both, one);
        store_responses.write(both);
    });
}

void ClockedCoreStop::edge() {
    guarded([this] {
        for (const RingDelivery& one : deliver.read().messages)
            if (one.from != memory_) write_put(one);
        if (previous_asked.read().valid) announced_.push_back(previous_asked.read());
    });
}

void ClockedCoreStop::write_put(const RingDelivery& put) {
    if (put.from != previous_ || announced_.empty() || announced_.front().tag != put.tag)
        throw std::logic_error(
            fmt::format("core stop: message {} from stop {} was not announced", put.tag, put.from));
    const std::int64_t address = announced_.front().address;
    announced_.pop_front();
    const auto buffer =
        static_cast<std::size_t>((address - isa::next_core_base) >> isa::buffer_window_bits);
    if (buffer >= isa::buffer_count) nothing_at(address);
    buffers[buffer]->write_bytes(isa::next_core_offset(address), put.payload);
}

void ClockedCoreStop::probe(Probes& probes, const std::string& block) const {
    probes.number(block + ".announced_puts", burst_count_bits,
                  [this] { return announced_.size(); });
}

}  // namespace quatrain::machine
