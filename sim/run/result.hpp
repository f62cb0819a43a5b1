// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "rtl_models/dram/statistics.hpp"
#include "rtl_models/isa/address_map.hpp"
#include "sim/energy/energy.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quatrain::run {

/// Elements compared with the bit-exact reference, and how many of them differed.
struct GoldenCount {
    std::uint64_t elements = 0;
    std::uint64_t mismatches = 0;
    GoldenCount& operator+=(const GoldenCount& other) {
        elements += other.elements;
        mismatches += other.mismatches;
        return *this;
    }
};

/// One difference from the bit-exact reference, for the reader who has to find it.
struct Mismatch {
    std::string tensor;
    std::int64_t index = 0;      ///< row-major
    std::uint32_t expected = 0;  ///< code of the reference
    std::uint32_t actual = 0;    ///< code in the machine's memory
    std::int64_t core = 0;       ///< whose tensor it is
};

/// How far a tensor is from the same step in FP64.
struct TensorFidelity {
    std::string name;
    double sqnr_db = 0;  ///< infinite when equal
    double cosine = 0;   ///< similarity of the two as vectors; 0 when one is zero
    double bias = 0;     ///< mean of (value - ideal), in the tensor's own unit
};

/// One operator of the step, in execution order.
struct OperatorRow {
    std::string name;  ///< layer: "layer1.0.conv1", "input", "loss"
    std::string
        kind;  ///< "convolution", "batch_norm_statistics", ...; kinds of a group joined by '+'
    std::string pass;                  ///< "forward", "backward_data", "backward_weight", "update"
    std::string format;                ///< "uint4 x int4 -> fp16"
    std::string dataflow;              ///< "weight stationary", "output stationary", "none"
    std::string tile;                  ///< for people
    std::int64_t m = 0, n = 0, k = 0;  ///< of one core
    std::uint64_t macs = 0;            ///< that the definition needs, of all cores
    std::uint64_t start_cycle = 0;     ///< the previous operator was done (0 for the first)
    std::uint64_t cycles =
        0;  ///< from start_cycle until done: the rows partition the run. 0 without timing
    /// `cycles` as the mapper's closed forms have them: the same where the DRAM is ideal. None
    /// without timing.
    std::optional<std::uint64_t> predicted_cycles;
    /// From the issue of its first instruction until done: overlaps the spans of its neighbours.
    std::uint64_t span_cycles = 0;
    double utilisation =
        0;  ///< macs / (cycles * MACs all arrays can do per cycle in this precision), 0..1; 1 also
            ///< where it ran so far ahead of its neighbour's end that `cycles` are too few
    EventCounts counts;                   ///< charged to this operator, of all cores
    energy::EnergyBand energy;            ///< leakage and clock over `cycles` included
    GoldenCount golden;                   ///< over the tensors it makes
    std::vector<TensorFidelity> tensors;  ///< compared with FP64, in order of computation
    std::optional<double> sqnr_db;  ///< of the main output of its last operator that has one in
                                    ///< `tensors`: it holds the work of the whole group
    std::optional<double> cosine;   ///< likewise
    std::optional<double> bias;     ///< likewise
};

/// GradScale of one layer in this step, over all cores.
struct GradScaleRow {
    std::string layer;
    int log2_scale = 0;             ///< used in this step
    double max_abs = 0;             ///< largest |scaled gradient|
    int vote = 0;                   ///< -1, 0, +1: what it changes by
    int vote_sum = 0;               ///< of the cores' votes: decides
    double underflow_fraction = 0;  ///< of the gradients: not zero, but became 0
    double overflow_fraction = 0;   ///< of the gradients, that were clipped to the largest value
};

struct NumericFaults {
    std::uint64_t nan = 0, infinity = 0, saturated = 0;
};

/// What the simulator itself took.
struct SimulatorFigures {
    double wall_seconds = 0;        ///< compiling, simulating and checking
    double simulation_seconds = 0;  ///< the machine alone
    std::uint64_t peak_rss_bytes = 0;
    int threads = 1;
};

/// An instruction that was executed: one slice of its engine's track.
struct TimelineSlice {
    std::size_t engine = 0;          ///< into Timeline::engines
    std::size_t operator_index = 0;  ///< into Timeline::operators
    std::string text;                ///< for people, without its waits and signals
    std::uint64_t issue = 0;         ///< [cycles]
    std::uint64_t start = 0;  ///< first cycle that it takes: the one after its issue [cycles]
    std::uint64_t end = 0;    ///< first cycle in which its results are there [cycles]
    std::uint64_t bytes = 0;  ///< a transfer moved
    std::optional<std::size_t> buffer;  ///< of a transfer: into Timeline::buffers
    std::int64_t core = 0;
    isa::Space space = isa::Space::dram;  ///< of a transfer: what the buffer exchanges bytes with
};

/// Bytes of a buffer's regions that were taken (positive) or given back (negative) in a cycle.
struct OccupancyChange {
    std::size_t buffer = 0;   ///< into Timeline::buffers
    std::uint64_t cycle = 0;  ///< [cycles]
    std::int64_t bytes = 0;
    std::int64_t core = 0;
};

/// What every engine did when. Slices of one engine are in order of `end`; the array's may overlap.
struct Timeline {
    std::int64_t cores = 1;
    std::vector<std::string> engines, buffers;  ///< names of those of every core
    std::vector<std::string> operators;         ///< layer, kind and pass; all of the program
    std::int64_t clock_period_ps = 0;           ///< [ps]
    std::vector<TimelineSlice> slices;          ///< in order of end, core, engine, issue
    std::vector<OccupancyChange> occupancy;     ///< in no order
};

/// One DRAM channel over a run.
struct ChannelRow {
    dram::ChannelStatistics statistics;
    std::int64_t read_bytes = 0, write_bytes = 0;  ///< whole DRAM bursts
    double seconds = 0;                            ///< simulated, until the channel had finished
    double bytes_per_second = 0;
    double bus_utilisation = 0;              ///< cycles with data on the bus / all cycles
    double row_hit_rate = 0;                 ///< column commands without an activate of their own
    double read_queue = 0, write_queue = 0;  ///< mean requests in the queue
    double read_wait_seconds = 0, write_wait_seconds = 0;  ///< mean from entry to column command
    dram::DramEnergy energy;                               ///< [pJ]
};

/// Everything that a run found out. Integers are exact, energies among them; ratios are doubles.
struct RunResult {
    std::vector<OperatorRow> operators;
    std::uint64_t cycles = 0;                       ///< of the whole step; 0 without timing
    double seconds = 0;                             ///< simulated
    std::optional<std::uint64_t> predicted_cycles;  ///< the sum of the operators'
    std::uint64_t macs = 0;
    double utilisation =
        0;  ///< of all arrays over the whole step, each GEMM against its own precision's peak
    EventCounts counts;         ///< of the whole step and all cores
    energy::EnergyBand energy;  ///< the sum of the operators'
    /// What every figure does to the total of `energy`, alone; the widest first.
    std::vector<energy::Sensitivity> sensitivity;
    std::optional<config::Band> area_mm2;
    std::vector<ChannelRow> channels;  ///< of the DRAM; none without timing, or when it is ideal

    std::optional<double> loss;  ///< of the whole batch; without numerics: none
    GoldenCount golden;
    std::vector<Mismatch> first_mismatches;  ///< at most 10
    std::vector<GradScaleRow> gradscale;
    NumericFaults faults;
    std::optional<Timeline> timeline;  ///< where the options asked for it

    std::int64_t parameters = 0;      ///< trainable parameters of the network
    std::int64_t macs_forward = 0;    ///< for one image
    std::uint64_t program_bytes = 0;  ///< encoded program
    std::int64_t dram_bytes = 0;      ///< extent of the DRAM image, over all cores' shares
    std::int64_t dataset_images = 0;  ///< in an epoch; 0 of a topology, which has no data set
    bool complete = true;             ///< false: interrupted; the rows are those that were complete
    SimulatorFigures simulator;
};

}  // namespace quatrain::run
