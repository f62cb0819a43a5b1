// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/task_arena.h>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace quatrain::machine {

/// Tasks, numbered from 0, each of which waits for some before it; executed again and again by
/// threads of the host.
class TaskGraph {
public:
    /// `threads`: at least 1; more than the host has are not used.
    explicit TaskGraph(int threads);
    TaskGraph(const TaskGraph&) = delete;
    TaskGraph& operator=(const TaskGraph&) = delete;

    /// The next task, which is executed when the tasks `earlier` are done.
    void add(std::span<const std::size_t> earlier);

    /// Calls body(worker, task) for every task; workers are numbered from 0 to workers() - 1, and
    /// each does one task at a time. When tasks throw, none behind the first of them needs to be
    /// executed, all before it are, and what it threw is thrown.
    void run(const std::function<void(std::size_t worker, std::size_t task)>& body);

    std::size_t workers() const { return workers_; }

private:
    using Message = oneapi::tbb::flow::continue_msg;
    using Node = oneapi::tbb::flow::continue_node<Message>;

    std::size_t workers_;
    oneapi::tbb::task_arena arena_;
    std::unique_ptr<oneapi::tbb::flow::graph> graph_;  ///< of the arena
    std::deque<Node> nodes_;                           ///< in the order of the tasks
    std::vector<Node*> roots_;                         ///< those that wait for none
    std::function<void(std::size_t task)> execute_;    ///< in this run
};

}  // namespace quatrain::machine
