// SPDX-License-Identifier: Apache-2.0
#include "sim/report/layer_groups.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

namespace quatrain::report {
namespace {

using network::NodeKind;

bool is_gemm(NodeKind kind) {
    return kind == NodeKind::convolution || kind == NodeKind::fully_connected;
}

std::string_view kind_label(NodeKind kind) {
    switch (kind) {
        case NodeKind::input:
            return "input";
        case NodeKind::convolution:
            return "convolution";
        case NodeKind::batch_norm:
            return "batch norm";
        case NodeKind::activation:
            return "activation";
        case NodeKind::add:
            return "add";
        case NodeKind::max_pool:
            return "max pooling";
        case NodeKind::average_pool:
            return "average pooling";
        case NodeKind::fully_connected:
            return "fully connected";
    }
    return "?";
}

// Collects the rows of one line, and how many layers they come from.
struct Collector {
    explicit Collector(std::string label, bool has_gemm = false) {
        group.label = std::move(label);
        group.has_gemm = has_gemm;
    }
    LayerGroup group;
    std::set<std::string> layers;
};

GemmSummary* gemm_of(LayerGroup& group, const run::OperatorRow& row) {
    if (!group.has_gemm || row.macs == 0) return nullptr;
    if (row.pass == "forward") return &group.forward;
    if (row.pass == "backward_data") return &group.data;
    if (row.pass == "backward_weight") return &group.weight;
    return nullptr;
}

void collect(Collector& collector, const run::OperatorRow& row) {
    LayerGroup& group = collector.group;
    collector.layers.insert(row.name);
    group.energy_femtojoules += row.energy.value.total();
    GemmSummary* gemm = gemm_of(group, row);
    if (gemm == nullptr) {
        group.other_cycles += row.cycles;
        return;
    }
    gemm->cycles += row.cycles;
    gemm->full_cycles += row.utilisation * static_cast<double>(row.cycles);
    if (row.sqnr_db) gemm->sqnr_db = row.sqnr_db;
}

// "bn1" gives "batch norm", the fused operators "bn1+relu1" give "batch norm + activation"; what is
// no layer (the loss) keeps its name.
std::string kinds_label(const std::string& name, const std::map<std::string, NodeKind>& kinds) {
    std::string label;
    for (std::size_t start = 0; start <= name.size();) {
        const std::size_t end = std::min(name.find('+', start), name.size());
        const std::string part = name.substr(start, end - start);
        const auto kind = kinds.find(part);
        if (!label.empty()) label += " + ";
        label += kind == kinds.end() ? part : std::string(kind_label(kind->second));
        start = end + 1;
    }
    return label;
}

}  // namespace

double LayerGroup::utilisation() const {
    const std::uint64_t spent = forward.cycles + data.cycles + weight.cycles;
    const double full = forward.full_cycles + data.full_cycles + weight.full_cycles;
    return spent == 0 ? 0 : full / static_cast<double>(spent);
}

std::vector<LayerGroup> layer_groups(const network::Network& network,
                                     std::span<const run::OperatorRow> operators) {
    // The lines in order: GEMM layers as the network has them, then the other kinds as operators of
    // them come.
    std::vector<Collector> collectors;
    std::map<std::string, std::size_t> by_label;
    const auto line = [&](const std::string& label, bool has_gemm) -> Collector& {
        const auto [entry, inserted] = by_label.try_emplace(label, collectors.size());
        if (inserted) collectors.emplace_back(label, has_gemm);
        return collectors[entry->second];
    };
    std::map<std::string, NodeKind> kinds;
    for (const network::Node& node : network.nodes) {
        kinds[node.name] = node.kind;
        if (is_gemm(node.kind)) line(node.name, true);
    }
    for (const run::OperatorRow& row : operators) {
        const auto kind = kinds.find(row.name);
        if (kind != kinds.end() && is_gemm(kind->second)) {
            collect(line(row.name, true), row);
        } else {
            collect(line(kinds_label(row.name, kinds), false), row);
        }
    }
    std::vector<LayerGroup> groups;
    for (Collector& collector : collectors) {
        if (collector.layers.empty()) continue;
        if (collector.layers.size() > 1) {
            collector.group.label += fmt::format(" ({})", collector.layers.size());
        }
        groups.push_back(std::move(collector.group));
    }
    return groups;
}

}  // namespace quatrain::report
