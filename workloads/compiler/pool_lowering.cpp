// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/lowering.hpp"
#include "workloads/compiler/transfer.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace quatrain::compiler {

using isa::BufferId;
using isa::Engine;
using isa::Semaphore;

namespace {

/// Rows [first, first + count) of every image of a tile.
struct Rows {
    std::int64_t first = 0, count = 0;
};

/// A tensor's part of a tile.
struct Part {
    training::TensorId tensor;
    Rows rows;
};

/// Max pooling or its backward, in tiles of whole images or bands of rows of one image, and of
/// columns when a band of one row is still too large.
class MaxPool {
public:
    MaxPool(const Lowering& lowering, const training::Operator& op, bool backward)
        : lowering_(lowering),
          emitter_(lowering.emitter),
          op_(op),
          backward_(backward),
          word_(lowering.target.buffers.word_bytes) {
        const auto& node = lowering.graph.network.nodes[op.node];
        const auto& x = lowering.tensor(op.inputs[backward ? 1 : 0]);
        const auto& y = lowering.tensor(backward ? op.inputs[0] : op.outputs[0]);
        whole_.kernel = node.kernel, whole_.stride = node.stride, whole_.padding = node.padding;
        whole_.input_height = x.shape[1], whole_.input_width = x.shape[2];
        whole_.output_height = y.shape[1], whole_.output_width = y.shape[2];
        images_ = x.shape[0];
        columns_ = x.shape[3];
        choose_tile();
    }

    void emit(OperatorCode& code) {
        for (std::int64_t column = 0; column < columns_; column += tile_columns_)
            for (std::int64_t image = 0; image < images_; image += tile_images_)
                for (std::int64_t row = 0; row < result_height(); row += tile_rows_)
                    tile(image, row, column);
        emitter_.stored(op_.outputs[0]);
        const auto& result = lowering_.tensor(op_.outputs[0]);
        code.m = result.rows();
        code.n = columns_;
        code.format = numerics::name(result.format);
        code.tile = fmt::format("images {} x rows {} x columns {}", tile_images_, tile_rows_,
                                tile_columns_);
    }

private:
    std::int64_t result_height() const {
        return backward_ ? whole_.input_height : whole_.output_height;
    }

    /// The window geometry whose results are the rows [first, last).
    isa::WindowGeometry band(std::int64_t first, std::int64_t last) const {
        auto w = whole_;
        std::int64_t output_first = first, output_last = last;
        if (backward_) {
            // The windows that touch the rows; one that does not, where none does.
            const std::int64_t lowest = first + w.padding - w.kernel + 1;
            output_first = lowest <= 0 ? 0 : ceil_div(lowest, w.stride);
            output_first = std::min(output_first, w.output_height - 1);
            output_last = std::min(w.output_height, (last - 1 + w.padding) / w.stride + 1);
            output_last = std::max(output_last, output_first + 1);
            w.first_result_row = first;
            w.result_rows = last - first;
        }
        w.first_output_row = output_first;
        w.output_rows = output_last - output_first;
        w.first_input_row = std::max<std::int64_t>(0, output_first * w.stride - w.padding);
        w.input_rows =
            std::min(w.input_height, (output_last - 1) * w.stride - w.padding + w.kernel) -
            w.first_input_row;
        if (last - first == result_height()) {
            w.first_input_row = w.first_output_row = 0;
            w.input_rows = w.input_height;
            w.output_rows = w.output_height;
        }
        return w;
    }

    /// The tile's tensors: inputs in their order, then the result.
    std::vector<Part> parts(const isa::WindowGeometry& w) const {
        const Rows input{w.first_input_row, w.input_rows};
        const Rows output{w.first_output_row, w.output_rows};
        if (!backward_) return {{op_.inputs[0], input}, {op_.outputs[0], output}};
        return {{op_.inputs[0], output},
                {op_.inputs[1], input},
                {op_.outputs[0], {w.first_result_row, w.result_rows}}};
    }

    std::int64_t part_bytes(const Part& part, std::int64_t images, std::int64_t columns) const {
        const auto& tensor = lowering_.tensor(part.tensor);
        const std::int64_t elements = images * part.rows.count * tensor.shape[2] * columns;
        return ceil_div(packed_bytes(elements, tensor.format), word_) * word_;
    }

    /// Bytes of the largest tile of so many images, rows and columns.
    std::int64_t tile_bytes(std::int64_t images, std::int64_t rows, std::int64_t columns) const {
        std::int64_t largest = 0;
        for (std::int64_t first = 0; first < result_height(); first += rows) {
            std::int64_t bytes = 0;
            for (const auto& part : parts(band(first, std::min(first + rows, result_height()))))
                bytes += part_bytes(part, images, columns);
            largest = std::max(largest, bytes);
        }
        return largest;
    }

    void choose_tile() {
        const std::int64_t capacity = emitter_.capacity(Slot::tile);
        tile_images_ = 1;
        tile_rows_ = result_height();
        tile_columns_ = columns_;
        if (tile_bytes(1, tile_rows_, columns_) <= capacity) {
            const std::int64_t most = capacity / tile_bytes(1, tile_rows_, columns_);
            tile_images_ = ceil_div(images_, ceil_div(images_, most));
            return;
        }
        for (std::int64_t pieces = 1; tile_columns_ > 0; ++pieces) {
            tile_columns_ = ceil_div(ceil_div(columns_, pieces), 2) * 2;
            for (std::int64_t bands = 1; bands <= result_height(); ++bands) {
                tile_rows_ = ceil_div(result_height(), bands);
                if (tile_bytes(1, tile_rows_, tile_columns_) <= capacity) return;
            }
            if (tile_columns_ == 2) break;
        }
        throw CompileError(fmt::format(
            "layer {}: one row of results needs {} bytes, the vector buffer's tile half has {}",
            op_.name, tile_bytes(1, 1, 2), capacity));
    }

    void tile(std::int64_t image, std::int64_t row, std::int64_t column) {
        const std::int64_t images = std::min(tile_images_, images_ - image);
        const std::int64_t columns = std::min(tile_columns_, columns_ - column);
        const auto window = band(row, std::min(row + tile_rows_, result_height()));
        const auto all = parts(window);

        isa::VectorInstruction pool;
        pool.operation =
            backward_ ? isa::VectorOperation::max_pool_backward : isa::VectorOperation::max_pool;
        pool.window = window;
        pool.columns = columns;
        pool.rows = images * (backward_ ? window.result_rows * window.input_width
                                        : window.output_rows * window.output_width);
        for (const auto id : op_.inputs) emitter_.depend(id);
        emitter_.acquire_tile(true);
        std::int64_t address = emitter_.address(Slot::tile);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const bool result = i + 1 == all.size();
            const isa::Operand operand{address, lowering_.tensor(all[i].tensor).format};
            (result ? pool.out[0] : pool.in.at(i)) = operand;
            address += part_bytes(all[i], images, columns);
            if (!result)
                emitter_.emit(Engine::load,
                              box(all[i], operand.address, image, images, column, columns));
        }
        emitter_.signal(Engine::load, Semaphore::tile_full);
        emitter_.acquire(Engine::vector, Semaphore::tile_full);
        emitter_.emit(Engine::vector, pool);
        emitter_.signal(Engine::vector, Semaphore::tile_done);
        emitter_.acquire(Engine::store, Semaphore::tile_done);
        emitter_.emit(Engine::store,
                      box(all.back(), pool.out[0].address, image, images, column, columns));
        emitter_.signal(Engine::store, Semaphore::tile_free);
        emitter_.advance(Slot::tile);
    }

    isa::DmaTransfer box(const Part& part, std::int64_t address, std::int64_t image,
                         std::int64_t images, std::int64_t column, std::int64_t columns) const {
        const auto& tensor = lowering_.tensor(part.tensor);
        const std::int64_t run = packed_bytes(columns, tensor.format);
        const std::int64_t pixel = packed_bytes(columns_, tensor.format);
        const std::int64_t width = tensor.shape[2];
        const std::int64_t first = (image * tensor.shape[1] + part.rows.first) * width;
        // More than one image only where all rows are taken: the pixels are contiguous.
        return transfer(
            BufferId::vector, address,
            lowering_.dram(part.tensor) + first * pixel + packed_bytes(column, tensor.format), run,
            {{images * part.rows.count * width, run, pixel}});
    }

    const Lowering& lowering_;
    Emitter& emitter_;
    const training::Operator& op_;
    bool backward_;
    std::int64_t word_;
    isa::WindowGeometry whole_;
    std::int64_t images_ = 0, columns_ = 0;
    std::int64_t tile_images_ = 0, tile_rows_ = 0, tile_columns_ = 0;
};

}  // namespace

void lower_max_pool(const Lowering& lowering, const training::Operator& op, OperatorCode& code) {
    MaxPool(lowering, op, false).emit(code);
}

void lower_max_pool_backward(const Lowering& lowering, const training::Operator& op,
                             OperatorCode& code) {
    MaxPool(lowering, op, true).emit(code);
}

}  // namespace quatrain::compiler
