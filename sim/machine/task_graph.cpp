// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/task_graph.hpp"

#include "rtl_models/base/parallel.hpp"

namespace quatrain::machine {

namespace tbb = oneapi::tbb;

TaskGraph::TaskGraph(int threads)
    : workers_(static_cast<std::size_t>(host_threads(threads))),
      arena_(static_cast<int>(workers_)) {
    arena_.execute([this] { graph_ = std::make_unique<tbb::flow::graph>(); });
}

void TaskGraph::add(std::span<const std::size_t> earlier) {
    const std::size_t task = nodes_.size();
    Node& node = nodes_.emplace_back(*graph_, [this, task](const Message& done) {
        execute_(task);
        return done;
    });
    for (const std::size_t before : earlier) tbb::flow::make_edge(nodes_[before], node);
    if (earlier.empty()) roots_.push_back(&node);
}

void TaskGraph::run(const std::function<void(std::size_t worker, std::size_t task)>& body) {
    FirstError error;
    execute_ = [&](std::size_t task) {
        const int worker = tbb::this_task_arena::current_thread_index();
        error.guard(static_cast<std::int64_t>(task),
                    [&] { body(static_cast<std::size_t>(worker), task); });
    };
    arena_.execute([this] {
        for (Node* root : roots_) root->try_put(Message());
        graph_->wait_for_all();
    });
    error.rethrow();
}

}  // namespace quatrain::machine
