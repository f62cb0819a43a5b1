// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/isa/fields.hpp"
#include "rtl_models/isa/program.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace quatrain::isa {
namespace {

constexpr std::size_t longest_period = 256;  ///< elements of a loop body that are looked for

/// A queue element while it is being folded: a leaf has words, a loop has a
/// body.
struct Node {
    std::uint64_t shape = 0;  ///< equal for elements that may become iterations of one loop
    std::vector<std::int64_t> words;
    std::vector<std::vector<FieldStride>> strides;
    std::uint64_t count = 0;
    std::vector<Node> body;
};

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
    hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
    return hash * 0xff51afd7ed558ccdULL;
}

/// Everything but the std::int64_t fields: addresses and sizes may change from
/// one iteration to the next, the operation, formats and semaphores may not.
std::uint64_t shape_of(const Instruction& instruction) {
    std::uint64_t hash = mix(instruction.body.index(), instruction.operator_index);
    const auto add = [&hash]<class T>(const T& field) {
        if constexpr (!std::is_same_v<T, std::int64_t>) {
            hash = mix(hash, static_cast<std::uint64_t>(field));
        }
    };
    for_each_field(instruction.waits, add);
    for_each_field(instruction.signals, add);
    std::visit([&](const auto& body) { for_each_field(body, add); }, instruction.body);
    return hash;
}

std::uint64_t shape_of_loop(const Node& loop) {
    std::uint64_t hash = mix(0x100f, loop.count);
    for (const Node& element : loop.body) {
        hash = mix(hash, element.shape);
        for (const auto& strides : element.strides) {
            hash = mix(hash, strides.size());
            for (const FieldStride& change : strides) {
                hash = mix(mix(hash, change.field), static_cast<std::uint64_t>(change.stride));
            }
        }
    }
    return hash;
}

/// True when b can be a later iteration of a: they differ in the values of
/// fields only.
bool same_structure(const Node& a, const Node& b) {
    return a.shape == b.shape && a.words.size() == b.words.size() && a.count == b.count &&
           a.strides == b.strides &&
           std::equal(a.body.begin(), a.body.end(), b.body.begin(), b.body.end(), same_structure);
}

/// True when every field grows by the same amount from a to b as from b to c.
/// The three have one structure.
bool evenly_spaced(const Node& a, const Node& b, const Node& c) {
    for (std::size_t i = 0; i < a.words.size(); ++i) {
        if (b.words[i] - a.words[i] != c.words[i] - b.words[i]) return false;
    }
    for (std::size_t i = 0; i < a.body.size(); ++i) {
        if (!evenly_spaced(a.body[i], b.body[i], c.body[i])) return false;
    }
    return true;
}

/// Gives every leaf of `first` the stride of a new enclosing loop: what it
/// takes to reach `second`.
void add_strides(Node& first, const Node& second) {
    for (std::size_t i = 0; i < first.body.size(); ++i) add_strides(first.body[i], second.body[i]);
    if (!first.body.empty()) return;
    auto& strides = first.strides.emplace_back();
    for (std::size_t i = 0; i < first.words.size(); ++i) {
        if (const std::int64_t stride = second.words[i] - first.words[i]; stride != 0) {
            strides.push_back({static_cast<std::uint32_t>(i), stride});
        }
    }
}

Node make_loop(std::vector<Node>& nodes, std::size_t start, std::size_t period, std::size_t count) {
    Node loop;
    loop.count = count;
    loop.body.reserve(period);
    for (std::size_t i = start; i < start + period; ++i) {
        add_strides(nodes[i], nodes[i + period]);
        loop.body.push_back(std::move(nodes[i]));
    }
    loop.shape = shape_of_loop(loop);
    return loop;
}

/// Folds every run of at least `least_count` iterations of a body of `period`
/// elements. True when it found one.
///
/// Iterations repeat from `start` exactly as long as element i + period (and,
/// from the third iteration on, the distance to it) continues element i, so the
/// length of the run of continuing elements gives the count.
bool fold(std::vector<Node>& nodes, std::size_t period, std::size_t least_count) {
    const std::size_t reach = period * (least_count - 1);
    if (nodes.size() < period + reach) return false;
    const auto continues = [&](std::size_t i) {
        if (nodes[i].shape != nodes[i + period].shape) return false;
        if (least_count == 2) return same_structure(nodes[i], nodes[i + period]);
        return nodes[i].shape == nodes[i + reach].shape &&
               same_structure(nodes[i], nodes[i + period]) &&
               same_structure(nodes[i], nodes[i + reach]) &&
               evenly_spaced(nodes[i], nodes[i + period], nodes[i + reach]);
    };
    std::vector<Node> folded;
    std::size_t taken = 0;  // nodes before this one are in `folded`, once there is a first fold
    std::size_t run = 0;
    for (std::size_t i = 0; i + reach < nodes.size(); ++i) {
        run = continues(i) ? run + 1 : 0;
        if (run < period) continue;
        const std::size_t start = i + 1 - run;
        std::size_t count = least_count;
        if (least_count > 2) {
            while (i + 1 + reach < nodes.size() && continues(i + 1)) ++i, ++run;
            count += run / period - 1;
        }
        folded.insert(folded.end(), std::make_move_iterator(nodes.begin() + taken),
                      std::make_move_iterator(nodes.begin() + start));
        folded.push_back(make_loop(nodes, start, period, count));
        taken = start + count * period;
        i = taken - 1;
        run = 0;
    }
    if (folded.empty()) return false;
    folded.insert(folded.end(), std::make_move_iterator(nodes.begin() + taken),
                  std::make_move_iterator(nodes.end()));
    nodes = std::move(folded);
    return true;
}

/// Always the shortest period that repeats, so that inner loops are found
/// before the loops around them and a loop before its multiples. Pairs come
/// last: two alike neighbours are more often two operands of one iteration than
/// two iterations.
void fold_all(std::vector<Node>& nodes) {
    std::size_t period = 1;
    while (period <= longest_period) {
        period = fold(nodes, period, 3) ? 1 : period + 1;
        if (period <= longest_period) continue;
        for (std::size_t pair = longest_period; pair > 0; --pair) {
            if (fold(nodes, pair, 2)) {
                period = 1;
                break;
            }
        }
    }
}

Queue to_queue(std::vector<Node> nodes) {
    Queue queue;
    queue.reserve(nodes.size());
    for (Node& node : nodes) {
        QueueElement& element = queue.emplace_back();
        if (node.body.empty()) {
            element.instruction = decode(node.words);
            element.strides = std::move(node.strides);
        } else {
            element.loop.push_back({node.count, to_queue(std::move(node.body))});
        }
    }
    return queue;
}

}  // namespace

Queue roll(const std::vector<Instruction>& flat) {
    std::vector<Node> nodes;
    nodes.reserve(flat.size());
    for (const Instruction& instruction : flat) {
        nodes.push_back({.shape = shape_of(instruction),
                         .words = encode(instruction),
                         .strides = {},
                         .count = 0,
                         .body = {}});
    }
    fold_all(nodes);
    return to_queue(std::move(nodes));
}

}  // namespace quatrain::isa
