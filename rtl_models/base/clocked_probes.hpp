// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <systemc>

namespace quatrain {

/// What a waveform shows besides the signals of fixed size: registers inside the blocks, and parts
/// of signals that a trace file cannot keep the address of. Every probe is a function that reads
/// its value from where it lies; sample() calls them all and hands the values to the trace file.
/// What the functions read must live as long as the probes.
class Probes {
public:
    /// Probes can be added until the simulation runs.
    explicit Probes(sc_core::sc_trace_file* file) : file_(file) {}
    Probes(const Probes&) = delete;
    Probes& operator=(const Probes&) = delete;

    sc_core::sc_trace_file* file() const { return file_; }

    /// A register of `bits` (1 to 64), without a sign. A value that it does not hold shows as x.
    void number(const std::string& name, int bits, std::function<std::uint64_t()> source);
    void flag(const std::string& name, std::function<bool()> source);
    /// Characters of 8 bits, as a Verilog string: the last one in the lowest bits, zeros in front.
    /// Longer texts lose their end.
    void text(const std::string& name, std::size_t characters,
              std::function<std::string_view()> source);

    /// Takes all values as they are now.
    void sample();

private:
    struct Number {
        std::function<std::uint64_t()> source;
        std::uint64_t value = 0;
    };
    struct Flag {
        std::function<bool()> source;
        bool value = false;
    };
    struct Text {
        std::function<std::string_view()> source;
        std::string shown;
        sc_dt::sc_bv_base value;
    };

    sc_core::sc_trace_file* file_;
    // The file keeps the addresses of the values: deques never move them.
    std::deque<Number> numbers_;
    std::deque<Flag> flags_;
    std::deque<Text> texts_;
};

/// A waveform shows the first 8 bytes of data.
inline constexpr int shown_data_bits = 64;
/// Those bytes, the first one in the lowest bits; bytes that there are none of are 0.
std::uint64_t shown_data(std::span<const std::byte> data);

/// `value` as the bits of a register that has a sign: two's complement.
constexpr std::uint64_t two_s_complement(std::int64_t value, int bits) {
    return static_cast<std::uint64_t>(value) &
           (bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1);
}

}  // namespace quatrain
