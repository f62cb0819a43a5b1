// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/buffer/timing.hpp"
#include "rtl_models/dma/timing.hpp"
#include "rtl_models/dram/timing.hpp"
#include "rtl_models/isa/program.hpp"
#include "rtl_models/mac_array/timing.hpp"
#include "rtl_models/operand_streamer/timing.hpp"
#include "rtl_models/scaling_unit/timing.hpp"
#include "rtl_models/vector_unit/timing.hpp"
#include "workloads/compiler/mapping.hpp"
#include "workloads/training/graph.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace quatrain::compiler {

/// The machine that code is made for.
struct Target {
    std::int64_t cores = 1;  ///< on the ring
    mac_array::Params array;
    operand_streamer::Params streamer;
    buffer::Params buffers;
    scaling_unit::Params scaling_unit;
    vector_unit::Params vector_unit;
    dma::Params dma;
    dram::Capability dram;
    std::int64_t scratchpad_bytes = 0;  ///< of each core
    /// A pass covers a tile, however large, for a host that executes it in one go
    /// (machine::Settings::tile_passes): not for an array.
    bool tile_passes = false;
};

/// A layer cannot be mapped: one line that names the layer, the buffer, what it needs and what
/// there is.
struct CompileError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Where a tensor of the graph lives during the step.
struct Placement {
    /// As a DMA engine addresses it (isa::space_of: DRAM or scratchpad) [bytes]; scalars: of their
    /// copy in the scalar image.
    std::int64_t dram_address = 0;
    std::int64_t bytes = 0;                         ///< packed size
    std::int64_t scalar_address = isa::no_address;  ///< in the scalar buffer [bytes]
};

/// The code of one operator (or of a group of operators that share their tiles), and what the
/// mapper chose.
struct OperatorCode {
    std::vector<std::size_t> operators;  ///< indices into Graph::operators; one, or a group
    std::string name;                    ///< layer name
    std::string kind;                    ///< operator kinds joined by '+'
    training::Pass pass{};
    std::string format;  ///< "uint4 x int4 -> fp16"; for vector operators the output format
    std::int64_t m = 0, n = 0, k = 0;  ///< GEMM shape; vector operators: rows, columns, 0
    std::uint64_t macs =
        0;  ///< multiply-accumulates that the definition needs (no padding of tiles)
    Dataflow dataflow = Dataflow::none;
    std::string tile;               ///< for people: "pixels 448 x columns 64, weights outer"
    std::vector<Mapping> mappings;  ///< of its GEMMs, by phase
    isa::Queues queues;
    std::vector<isa::Queues> of_core;  ///< by core, where each has its own; else empty
};

/// A compiled training step.
struct Program {
    training::Graph graph;
    std::vector<Placement> placements;      ///< by TensorId
    std::vector<OperatorCode> code;         ///< in execution order
    std::int64_t dram_bytes = 0;            ///< extent of the DRAM image
    std::int64_t scratchpad_bytes = 0;      ///< of a core's share, in use
    std::int64_t scalar_image_address = 0;  ///< DRAM address of the scalar buffer's image
    std::int64_t scalar_bytes = 0;
    std::uint64_t encoded_bytes = 0;  ///< size of the first core's queues [bytes]
};

/// The program's GEMMs that are not in the usual dataflow of their pass.
OtherDataflow other_dataflow(const Program& program);

class Mapper;

/// Compiles the graph for the target, with the mappings that `mapper` chooses. Throws CompileError.
Program compile(training::Graph graph, const Target& target, Mapper& mapper);
/// With those of the HeuristicMapper.
Program compile(training::Graph graph, const Target& target);

}  // namespace quatrain::compiler
