// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>

// Host threads of the blocks' function views. Pieces are numbered, and what they do must not depend
// on which thread does them or when, so that no result depends on the threads.
namespace quatrain {

/// Keeps what the pieces of one loop throw. The error of the first piece counts, whichever thread
/// met one first: it is the error of one thread, which does the pieces in order.
class FirstError {
public:
    /// Does something for the piece, unless one before it threw, or what was done for it before.
    template <class Body>
    void guard(std::int64_t piece, Body&& body) {
        if (piece >= first_.load(std::memory_order_relaxed)) return;
        try {
            body();
        } catch (...) {
            keep(piece, std::current_exception());
        }
    }
    /// Throws what was kept, if anything.
    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

private:
    void keep(std::int64_t piece, std::exception_ptr error) {
        const std::scoped_lock lock(mutex_);
        if (piece >= first_.load(std::memory_order_relaxed)) return;
        first_.store(piece, std::memory_order_relaxed);
        error_ = std::move(error);
    }

    std::atomic<std::int64_t> first_ = std::numeric_limits<std::int64_t>::max();
    std::mutex mutex_;
    std::exception_ptr error_;
};

/// Of `threads` threads, those that the host has: more would wait for each other.
inline int host_threads(int threads) {
    using oneapi::tbb::global_control;
    const std::size_t most = global_control::active_value(global_control::max_allowed_parallelism);
    return static_cast<int>(std::min(static_cast<std::size_t>(threads), most));
}

/// Calls body() in an arena of `threads` threads of the host: that of the caller, where it is of
/// that size. What else is done there is not begun by the calling thread until body() returns.
template <class Body>
void in_arena(int threads, const Body& body) {
    namespace tbb = oneapi::tbb;
    if (tbb::this_task_arena::max_concurrency() == host_threads(threads))
        return tbb::this_task_arena::isolate(body);
    tbb::task_arena arena(host_threads(threads));
    arena.execute(body);
}

/// Calls body(worker, piece) for the pieces [0, pieces), by `threads` threads of the host, in any
/// order; workers are numbered from 0 to threads - 1, and each does one piece at a time. With one
/// thread: in order, without the library. Throws what the first piece that throws does.
template <class Body>
void for_each_piece(std::int64_t pieces, int threads, Body&& body) {
    if (threads <= 1 || pieces <= 1) {
        for (std::int64_t piece = 0; piece < pieces; ++piece) body(std::size_t{0}, piece);
        return;
    }
    FirstError error;
    in_arena(threads, [&] {
        oneapi::tbb::parallel_for(std::int64_t{0}, pieces, [&](std::int64_t piece) {
            const int worker = oneapi::tbb::this_task_arena::current_thread_index();
            error.guard(piece, [&] { body(static_cast<std::size_t>(worker), piece); });
        });
    });
    error.rethrow();
}

/// Pieces that for_each_piece_in_order() has in flight at most.
inline std::int64_t pieces_in_flight(int threads) {
    return threads <= 1 ? 1 : 2 * std::int64_t{threads};
}

/// For sums that must be taken in order: calls prepare(place, piece) for the pieces [0, pieces) in
/// any order, and behind it fold(place, piece, part) for the parts [0, parts) of the piece, a part
/// of one piece behind the same part of the piece before it. `place` is the piece's own while it is
/// in flight: below pieces_in_flight(threads). Threads and errors as for_each_piece().
template <class Prepare, class Fold>
void for_each_piece_in_order(std::int64_t pieces, std::int64_t parts, int threads,
                             Prepare&& prepare, Fold&& fold) {
    if (threads <= 1 || pieces <= 1) {
        for (std::int64_t piece = 0; piece < pieces; ++piece) {
            prepare(std::size_t{0}, piece);
            for (std::int64_t part = 0; part < parts; ++part) fold(std::size_t{0}, piece, part);
        }
        return;
    }
    namespace tbb = oneapi::tbb;
    using Stage = tbb::filter<std::int64_t, std::int64_t>;
    FirstError error;
    // The last stage is in order too: the pieces in flight are consecutive ones.
    const std::int64_t places = pieces_in_flight(threads);
    const auto place = [places](std::int64_t piece) {
        return static_cast<std::size_t>(piece % places);
    };
    std::int64_t next = 0;
    tbb::filter<void, std::int64_t> stages =
        tbb::make_filter<void, std::int64_t>(tbb::filter_mode::serial_in_order,
                                             [&](tbb::flow_control& control) {
                                                 if (next == pieces) control.stop();
                                                 return next++;
                                             }) &
        Stage(tbb::filter_mode::parallel, [&](std::int64_t piece) {
            error.guard(piece, [&] { prepare(place(piece), piece); });
            return piece;
        });
    for (std::int64_t part = 0; part < parts; ++part) {
        stages = stages & Stage(tbb::filter_mode::serial_in_order, [&, part](std::int64_t piece) {
                     error.guard(piece, [&] { fold(place(piece), piece, part); });
                     return piece;
                 });
    }
    const auto done = tbb::make_filter<std::int64_t, void>(tbb::filter_mode::serial_in_order,
                                                           [](std::int64_t) {});
    in_arena(threads,
             [&] { tbb::parallel_pipeline(static_cast<std::size_t>(places), stages & done); });
    error.rethrow();
}

}  // namespace quatrain
