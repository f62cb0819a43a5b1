// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_memory_port.hpp"
#include "rtl_models/base/counters.hpp"
#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/vector_unit/clocked_microcode.hpp"
#include "rtl_models/vector_unit/clocked_sequence.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace quatrain::vector_unit {

struct Ports {
    const MemoryPort& vector;
    const MemoryPort& scalar;
};

/// A result on its way to a buffer.
struct Write {
    bool scalar = false;
    std::int64_t bit_address = 0;
    int bits = 0;
    std::uint32_t value = 0;
    int touched = 0;  ///< bits that are charged: half a byte alone in its byte is the whole byte
};

/// Registers that all lanes share. In one step, one lane at most may write each of them.
class SharedRegisters {
public:
    void resize(std::int64_t count);
    bool holds(std::int64_t index) const { return entries_[at(index)].valid; }
    float value(std::int64_t index) const { return entries_[at(index)].value; }
    void load(std::int64_t index, float value);
    /// Throws std::logic_error when it was written in this step already.
    void write(std::int64_t index, float value, std::uint64_t step);
    std::int64_t size() const { return static_cast<std::int64_t>(entries_.size()); }

private:
    struct Entry {
        float value = 0.0F;
        bool valid = false;
        std::uint64_t written = 0;  ///< number of the last step that wrote it
    };
    std::size_t at(std::int64_t index) const;
    std::vector<Entry> entries_;
};

/// The lanes and their registers: executes steps of one instruction's program.
class Lanes {
public:
    /// All four are kept.
    Lanes(const MicroProgram& program, const isa::VectorInstruction& instruction,
          const Sequence& sequence, std::int64_t lanes);

    void load_scalars(const Ports& ports);
    /// New results: the lanes' registers are zero.
    void clear();
    /// One step in all lanes that have a place. Throws std::invalid_argument when an operand is
    /// missing or a label is no column.
    void execute(const Step& step, const Ports& ports);
    /// Sums of the pooled tile that are complete go to the write port, in raster order.
    void retire();
    /// Once there are no more groups: elements of a window tile that no window needs still pass by,
    /// and what is left of the pooled tile's sums is written.
    void finish(const Ports& ports);

    /// What the steps since the last call gave to the write port.
    std::vector<Write> take_writes();
    const EventCounts& counts() const { return counts_; }

private:
    static constexpr std::size_t registers = 9;
    struct Lane {
        std::array<float, registers> r{};
        std::array<std::uint8_t, 2> flags{};
        std::int64_t position = 0;
        std::int64_t label = 0;
        std::vector<float> row;
    };

    bool happens(const MicroOperation& one, const Place& place) const;
    bool given(const Need& need) const;
    bool scalar_given(std::size_t index) const;
    void execute(const MicroOperation& one, Lane& lane, const Place& place, const Ports& ports);
    void execute_unit(const MicroOperation& one, Lane& lane, const Place& place,
                      const Ports& ports);
    bool holds(const MicroOperation& one, const Lane& lane, const Place& place) const;

    float value(Register from, const Lane& lane, const Place& place, const Ports& ports);
    void set(Register to, float value, Lane& lane, const Place& place);
    SharedRegisters& shared(File file, std::size_t index);
    float read_column(File file, std::size_t index, std::int64_t column, const Ports& ports);

    void read(const MicroOperation& one, Lane& lane, const Place& place, const Ports& ports);
    void read_label(const MicroOperation& one, Lane& lane, const Place& place, const Ports& ports);
    float read_element(std::size_t operand, Index index, std::int64_t element, const Ports& ports);
    float read_line(std::size_t operand, std::int64_t element, const Ports& ports);
    void write_element(std::size_t operand, Index index, std::int64_t element, float value);
    void clear_element(std::size_t operand, Index index, std::int64_t element);
    int touched_bits(numerics::Format format, Index index, std::int64_t element) const;
    void write_vector(std::size_t operand, float value, std::int64_t column);
    void write_scalar(std::size_t index, float value);
    const isa::Operand& input(std::size_t index) const;
    const isa::Operand& output(std::size_t index) const;
    [[noreturn]] void reject(const std::string& message) const;

    const MicroProgram& program_;
    const isa::VectorInstruction& instruction_;
    const Sequence& sequence_;
    std::vector<Lane> lanes_;
    std::array<SharedRegisters, 7> columns_;
    std::array<SharedRegisters, 4> sums_;
    SharedRegisters scalars_;
    SharedRegisters line_;   ///< elements of a window tile that have been read
    SharedRegisters store_;  ///< sums of the pooled tile
    std::int64_t retired_ = 0;
    std::uint64_t step_ = 0;
    std::vector<Write> writes_;
    EventCounts counts_;
};

}  // namespace quatrain::vector_unit
