// SPDX-License-Identifier: Apache-2.0
// Drains: docs/training-step.md, GEMM, "Scaling unit".
#include "rtl_models/numerics/gradscale.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/scaling_unit/execution.hpp"
#include "rtl_models/scaling_unit/timing.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

using numerics::Format;

float power_of_two(std::int64_t exponent, std::string_view what) {
    if (exponent < -126 || exponent > 127)
        throw std::invalid_argument(
            fmt::format("scaling_unit drain: {} 2^{}: must be 2^-126 to 2^127", what, exponent));
    return numerics::power_of_two(static_cast<std::int32_t>(exponent));
}

/// The product of the steps that exist, times 2^-gradscale, times 2^exponent, in FP32 and in this
/// order.
float scale_of(const isa::Drain& drain, std::span<std::byte> scalars) {
    float scale = 1.0F;
    if (drain.step_a != isa::no_address)
        scale = scale * std::bit_cast<float>(load_word(scalars, drain.step_a, {"drain", "step_a"}));
    if (drain.step_b != isa::no_address)
        scale = scale * std::bit_cast<float>(load_word(scalars, drain.step_b, {"drain", "step_b"}));
    if (drain.gradscale != isa::no_address) {
        const auto log2 = std::bit_cast<std::int32_t>(
            load_word(scalars, drain.gradscale, {"drain", "gradscale"}));
        scale = scale * power_of_two(-std::int64_t{log2}, "gradscale");
    }
    return scale * power_of_two(drain.exponent, "exponent");
}

void check(const isa::Drain& drain, Format accumulator) {
    if (!numerics::is_sixteen_bit(accumulator) && accumulator != Format::fp32 &&
        accumulator != Format::int32)
        throw std::invalid_argument(fmt::format(
            "scaling_unit drain: accumulator {}: must be a 16-bit format, fp32 or int32",
            numerics::name(accumulator)));
    if (drain.rows < 0 || drain.columns < 0)
        throw std::invalid_argument(
            fmt::format("scaling_unit drain: rows x columns = {} x {}: must not be negative",
                        drain.rows, drain.columns));
}

bool inside(std::size_t buffer_bytes, std::int64_t address, std::int64_t bytes) {
    return address >= 0 && address + bytes <= static_cast<std::int64_t>(buffer_bytes);
}

/// The rows of a drain, on both sides. Short rows are moved together, so that conversions see long
/// ones.
class Rows {
public:
    Rows(const isa::Drain& drain, Format accumulator, const Memory& memory)
        : drain_(drain),
          accumulator_(accumulator),
          memory_(memory),
          source_bytes_(numerics::packed_bytes(accumulator, drain.columns)),
          destination_bytes_(numerics::packed_bytes(drain.format, drain.columns)) {}

    /// Several threads may write: no row lies upon another.
    bool apart() const {
        return drain_.rows <= 1 || std::abs(drain_.destination_stride) >= destination_bytes_;
    }

    /// The accumulators of the block's rows as FP32 values, row behind row.
    std::span<float> read(const RowBlock& block, Workspace& workspace) const {
        const std::span<float> values = grown(workspace.values, block.count);
        const std::int64_t address = drain_.accumulator_address + block.row * source_bytes_;
        if (drain_.accumulator_stride == source_bytes_ &&
            inside(memory_.accumulator.size(), address, block.rows * source_bytes_)) {
            numerics::decode_row(accumulator_, memory_.accumulator.data() + address, 0, values);
            return values;
        }
        const std::span<std::byte> packed = grown(workspace.source, block.rows * source_bytes_);
        for (std::int64_t i = 0; i < block.rows; ++i)
            std::ranges::copy(source(block.row + i), packed.begin() + i * source_bytes_);
        numerics::decode_row(accumulator_, packed.data(), 0, values);
        return values;
    }

    void write(const RowBlock& block, std::span<const float> values, Workspace& workspace) const {
        const bool whole_bytes =
            destination_bytes_ * 8 == drain_.columns * numerics::bits(drain_.format);
        if (!whole_bytes) return write_one_by_one(block, values, workspace);
        const std::int64_t address = drain_.destination + block.row * destination_bytes_;
        if (drain_.destination_stride == destination_bytes_ &&
            inside(memory_.vector.size(), address, block.rows * destination_bytes_)) {
            numerics::encode_row(drain_.format, memory_.vector.data() + address, 0, values,
                                 &workspace.faults);
            return;
        }
        const std::span<std::byte> packed =
            grown(workspace.destination, block.rows * destination_bytes_);
        numerics::encode_row(drain_.format, packed.data(), 0, values, &workspace.faults);
        for (std::int64_t i = 0; i < block.rows; ++i)
            std::ranges::copy(packed.subspan(static_cast<std::size_t>(i * destination_bytes_),
                                             static_cast<std::size_t>(destination_bytes_)),
                              destination(block.row + i).begin());
    }

private:
    std::span<const std::byte> source(std::int64_t row) const {
        return bytes_at(memory_.accumulator,
                        drain_.accumulator_address + row * drain_.accumulator_stride, source_bytes_,
                        {"drain", "accumulators"}, "accumulator");
    }
    std::span<std::byte> destination(std::int64_t row) const {
        return bytes_at(memory_.vector, drain_.destination + row * drain_.destination_stride,
                        destination_bytes_, {"drain", "destination"}, "vector");
    }
    /// Rows that end in the middle of a byte leave its other half as it is.
    void write_one_by_one(const RowBlock& block, std::span<const float> values,
                          Workspace& workspace) const {
        const auto columns = static_cast<std::size_t>(drain_.columns);
        for (std::int64_t i = 0; i < block.rows; ++i)
            numerics::encode_row(drain_.format, destination(block.row + i).data(), 0,
                                 values.subspan(static_cast<std::size_t>(i) * columns, columns),
                                 &workspace.faults);
    }

    const isa::Drain& drain_;
    Format accumulator_;
    const Memory& memory_;
    std::int64_t source_bytes_, destination_bytes_;
};

}  // namespace

Outcome execute(const isa::Drain& drain, Format accumulator, const Memory& memory, Scratch& scratch,
                int threads) {
    check(drain, accumulator);
    const float scale = scale_of(drain, memory.scalar);
    const Rows rows(drain, accumulator, memory);
    prepare(scratch, threads);
    for_each_row_block(drain.rows, drain.columns, 1, rows.apart() ? threads : 1,
                       [&](std::size_t worker, const RowBlock& block) {
                           Workspace& workspace = scratch.workspaces[worker];
                           const std::span<float> values = rows.read(block, workspace);
                           for (float& value : values) value = value * scale;
                           rows.write(block, values, workspace);
                       });
    return {faults(scratch), elements(drain)};
}

Outcome execute(const isa::Drain& drain, Format accumulator, const Memory& memory) {
    Scratch scratch;
    return execute(drain, accumulator, memory, scratch, 1);
}

}  // namespace quatrain::scaling_unit
