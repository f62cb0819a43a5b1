// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace quatrain::golden {
namespace {

/// Shared by the threads of one loop.
struct Loop {
    std::int64_t block = 1;  ///< indices a thread takes at a time
    std::atomic<std::int64_t> next{0};
    std::mutex mutex;
    std::exception_ptr error = nullptr;

    void work(std::int64_t count, const std::function<void(std::int64_t)>& body) {
        try {
            for (std::int64_t first = next.fetch_add(block); first < count;
                 first = next.fetch_add(block)) {
                for (std::int64_t i = first; i < std::min(first + block, count); ++i) body(i);
            }
        } catch (...) {
            next = count;
            const std::lock_guard lock(mutex);
            if (!error) error = std::current_exception();
        }
    }
};

}  // namespace

void for_each_index(std::int64_t count, int threads,
                    const std::function<void(std::int64_t)>& body) {
    // A few blocks for each thread, so that slow elements do not leave one thread working alone.
    Loop loop;
    loop.block = std::clamp<std::int64_t>(count / (std::int64_t{8} * threads), 1, 4096);
    {
        std::vector<std::jthread> others;
        for (int i = 1; i < threads && i * loop.block < count; ++i) {
            others.emplace_back([&] { loop.work(count, body); });
        }
        loop.work(count, body);
    }
    if (loop.error) std::rethrow_exception(loop.error);
}

}  // namespace quatrain::golden
