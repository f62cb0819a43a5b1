// SPDX-License-Identifier: Apache-2.0
// Sums over the cores: docs/several-cores.md, "A reduction".
#include "rtl_models/isa/address_map.hpp"
#include "workloads/compiler/lowering.hpp"
#include "workloads/compiler/transfer.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::compiler {

using isa::BufferId;
using isa::Engine;
using isa::Semaphore;
using isa::VectorOperation;

namespace {

constexpr std::int64_t scalar_element = 4;  ///< bytes
constexpr int outgoing_scalars = 2;
/// Pieces that go round together: fewer than there are slots, so that a core which has them all can
/// still send one, and no ring of cores waits for itself.
constexpr std::int64_t pieces_together = buffer::mail_slots - 1;
/// Pieces that a chunk is cut into at least, so that the cores' steps overlap.
constexpr std::int64_t least_pieces = 4;

std::int64_t modulo(std::int64_t value, std::int64_t cores) {
    return (value % cores + cores) % cores;
}

int take(int& next, int count) {
    const int taken = next;
    next = (next + 1) % count;
    return taken;
}

/// A part of a chunk that is moved at once.
struct Piece {
    std::int64_t first = 0;  ///< element
    std::int64_t elements = 0;
};

/// How a tensor is cut (docs/several-cores.md, "The order of a reduction").
class Cut {
public:
    Cut(const training::Tensor& tensor, const Target& target)
        : elements_(tensor.elements()), cores_(target.cores) {
        constexpr std::int64_t unit = 16;
        const std::int64_t share = ceil_div(elements_, cores_);
        const std::int64_t rounded_up = ceil_div(share, unit) * unit;
        chunk_ = (cores_ - 1) * rounded_up < elements_ ? rounded_up : share;
        const std::int64_t slot =
            buffer::vector_regions(target.buffers, cores_).mail_bytes * 8 / bits(tensor.format);
        const std::int64_t burst = target.dma.burst_bytes * 8 / bits(tensor.format);
        const std::int64_t wanted = ceil_div(ceil_div(chunk_, least_pieces), burst) * burst;
        piece_ = std::min({chunk_, slot, wanted});
    }

    std::int64_t chunk() const { return chunk_; }
    std::int64_t piece() const { return piece_; }
    /// Pieces [group * pieces_together, ...) of chunk `index` modulo the number of cores.
    std::vector<Piece> pieces(std::int64_t index, std::int64_t group) const {
        const std::int64_t begin = modulo(index, cores_) * chunk_;
        const std::int64_t end = std::min(begin + chunk_, elements_);
        std::vector<Piece> all;
        for (std::int64_t i = 0; i < pieces_together; ++i) {
            const std::int64_t first = begin + (group * pieces_together + i) * piece_;
            if (first < end) all.push_back({first, std::min(piece_, end - first)});
        }
        return all;
    }
    std::int64_t groups() const { return ceil_div(ceil_div(chunk_, piece_), pieces_together); }

private:
    std::int64_t elements_, cores_;
    std::int64_t chunk_ = 0;  ///< elements
    std::int64_t piece_ = 0;  ///< elements at most
};

/// A tensor in DRAM.
class TensorReduction {
public:
    TensorReduction(const Lowering& lowering, const training::Operator& op, std::int64_t core,
                    Mail& mail)
        : lowering_(lowering),
          emitter_(lowering.emitter),
          term_(op.inputs.at(0)),
          sum_(op.outputs.at(0)),
          format_(lowering.tensor(term_).format),
          cores_(lowering.target.cores),
          core_(core),
          mail_(mail),
          regions_(buffer::vector_regions(lowering.target.buffers, cores_)),
          cut_(lowering.tensor(term_), lowering.target) {}

    const Cut& cut() const { return cut_; }

    void emit() {
        emitter_.stored(sum_);
        for (std::int64_t group = 0; group < cut_.groups(); ++group) {
            for (const Piece& piece : cut_.pieces(core_, group)) send_first(piece);
            for (std::int64_t step = 1; step < cores_; ++step)
                for (const Piece& piece : cut_.pieces(core_ - step, group))
                    add(piece, step == cores_ - 1);
            for (std::int64_t step = 1; step < cores_; ++step)
                for (const Piece& piece : cut_.pieces(core_ + 1 - step, group))
                    pass_on(piece, step == cores_ - 1);
        }
    }

private:
    std::int64_t bytes(const Piece& piece) const { return packed_bytes(piece.elements, format_); }
    /// The core's own part and the sum, in a tile half.
    std::int64_t own() const { return emitter_.address(Slot::tile); }
    std::int64_t summed() const { return own() + regions_.mail_bytes; }

    void load_own(const Piece& piece, Semaphore full) {
        emitter_.depend(term_);
        emitter_.acquire_tile(true);
        emitter_.emit(
            Engine::load,
            transfer(BufferId::vector, own(),
                     lowering_.dram(term_) + packed_bytes(piece.first, format_), bytes(piece), {}));
        emitter_.signal(Engine::load, full);
    }
    void to_dram(const Piece& piece, std::int64_t from) {
        emitter_.emit(
            Engine::store,
            transfer(BufferId::vector, from,
                     lowering_.dram(sum_) + packed_bytes(piece.first, format_), bytes(piece), {}));
    }
    void put(const Piece& piece, std::int64_t from, std::int64_t slot) {
        emitter_.emit(Engine::store,
                      transfer(BufferId::vector, from, isa::in_next_core(BufferId::vector, slot),
                               bytes(piece), {}));
    }
    void put_sum(const Piece& piece, std::int64_t from) {
        emitter_.acquire(Engine::store, Semaphore::sum_free);
        put(piece, from, regions_.sums[take(mail_.sum_out, buffer::mail_slots)]);
        emitter_.signal(Engine::store, Semaphore::sum_full);
    }
    void put_total(const Piece& piece, std::int64_t from) {
        emitter_.acquire(Engine::store, Semaphore::total_free);
        put(piece, from, regions_.totals[take(mail_.total_out, buffer::mail_slots)]);
        emitter_.signal(Engine::store, Semaphore::total_full);
    }
    void release_tile() {
        emitter_.signal(Engine::store, Semaphore::tile_free);
        emitter_.advance(Slot::tile);
    }

    void send_first(const Piece& piece) {
        load_own(piece, Semaphore::share_full);
        emitter_.acquire(Engine::store, Semaphore::share_full);
        put_sum(piece, own());
        release_tile();
    }

    void add(const Piece& piece, bool whole) {
        load_own(piece, Semaphore::tile_full);
        emitter_.acquire(Engine::vector, Semaphore::tile_full);
        emitter_.acquire(Engine::vector, Semaphore::sum_full);
        isa::VectorInstruction addition;
        addition.operation = VectorOperation::add;
        addition.rows = 1;
        addition.columns = piece.elements;
        addition.in[0] = {regions_.sums[take(mail_.sum_in, buffer::mail_slots)], format_};
        addition.in[1] = {own(), format_};
        addition.out[0] = {summed(), format_};
        emitter_.emit(Engine::vector, addition);
        emitter_.signal(Engine::vector, Semaphore::tile_done);
        emitter_.signal(Engine::vector, Semaphore::sum_free);
        emitter_.acquire(Engine::store, Semaphore::tile_done);
        if (whole) {
            to_dram(piece, summed());
            put_total(piece, summed());
        } else {
            put_sum(piece, summed());
        }
        release_tile();
    }

    void pass_on(const Piece& piece, bool last) {
        const std::int64_t slot = regions_.totals[take(mail_.total_in, buffer::mail_slots)];
        emitter_.acquire(Engine::store, Semaphore::total_full);
        to_dram(piece, slot);
        if (!last) put_total(piece, slot);
        emitter_.signal(Engine::store, Semaphore::total_free);
    }

    const Lowering& lowering_;
    Emitter& emitter_;
    training::TensorId term_, sum_;
    numerics::Format format_;
    std::int64_t cores_, core_;
    Mail& mail_;
    buffer::VectorRegions regions_;
    Cut cut_;
};

/// A scalar: one chunk of one element, which starts on core 0.
class ScalarReduction {
public:
    ScalarReduction(const Lowering& lowering, const training::Operator& op, std::int64_t core,
                    Mail& mail)
        : emitter_(lowering.emitter),
          term_(lowering.scalar(op.inputs.at(0))),
          sum_(lowering.scalar(op.outputs.at(0))),
          is_integer_(lowering.tensor(op.inputs.at(0)).format == numerics::Format::int32),
          last_(lowering.target.cores - 1),
          core_(core),
          mail_(mail),
          words_(lowering.target.buffers.scalar_bytes -
                 mailed_scalar_bytes(lowering.target.cores)) {}

    void emit() {
        if (core_ == 0) {
            add(term_, isa::no_address, outgoing());
            send_outgoing();
        } else {
            const std::int64_t incoming = receive();
            add(incoming, term_, core_ == last_ ? sum_ : outgoing());
            emitter_.signal(Engine::vector, Semaphore::sum_free);
            core_ == last_ ? send(sum_) : send_outgoing();
        }
        if (core_ == last_) return;
        add(receive(), isa::no_address, sum_);
        emitter_.signal(Engine::vector, Semaphore::sum_free);
        if (core_ < last_ - 1) send(sum_);
    }

private:
    std::int64_t receive() {
        emitter_.acquire(Engine::vector, Semaphore::sum_full);
        return words_ + take(mail_.sum_in, buffer::mail_slots) * scalar_element;
    }
    std::int64_t outgoing() {
        emitter_.acquire(Engine::vector, Semaphore::outgoing_free);
        outgoing_ =
            words_ + (buffer::mail_slots + take(mail_.outgoing, outgoing_scalars)) * scalar_element;
        return outgoing_;
    }
    void add(std::int64_t a, std::int64_t b, std::int64_t sum) {
        isa::VectorInstruction addition;
        addition.operation =
            is_integer_ ? VectorOperation::add_votes : VectorOperation::add_scalars;
        addition.rows = addition.columns = 1;
        addition.scalars = {a, b, sum, -1, -1, -1};
        emitter_.emit(Engine::vector, addition);
    }
    void send(std::int64_t from) {
        emitter_.signal(Engine::vector, Semaphore::outgoing_full);
        emitter_.acquire(Engine::store, Semaphore::outgoing_full);
        emitter_.acquire(Engine::store, Semaphore::sum_free);
        const std::int64_t word = words_ + take(mail_.sum_out, buffer::mail_slots) * scalar_element;
        emitter_.emit(Engine::store,
                      transfer(BufferId::scalar, from, isa::in_next_core(BufferId::scalar, word),
                               scalar_element, {}));
        emitter_.signal(Engine::store, Semaphore::sum_full);
    }
    void send_outgoing() {
        send(outgoing_);
        emitter_.signal(Engine::store, Semaphore::outgoing_free);
    }

    Emitter& emitter_;
    std::int64_t term_, sum_;
    bool is_integer_;
    std::int64_t last_, core_;
    Mail& mail_;
    std::int64_t words_;  ///< address of the first mailed one
    std::int64_t outgoing_ = 0;
};

}  // namespace

std::int64_t mailed_scalar_bytes(std::int64_t cores) {
    return cores == 1 ? 0 : (buffer::mail_slots + outgoing_scalars) * scalar_element;
}

void lower_all_reduce(const Lowering& lowering, const training::Operator& op, std::int64_t core,
                      Mail& mail, OperatorCode& code) {
    const training::Tensor& term = lowering.tensor(op.inputs.at(0));
    code.m = term.rows();
    code.n = term.columns();
    code.format = numerics::name(term.format);
    if (term.scalar) {
        ScalarReduction(lowering, op, core, mail).emit();
        code.tile = "scalars";
        return;
    }
    TensorReduction reduction(lowering, op, core, mail);
    reduction.emit();
    code.tile =
        fmt::format("chunks {}, pieces {}", reduction.cut().chunk(), reduction.cut().piece());
}

}  // namespace quatrain::compiler
