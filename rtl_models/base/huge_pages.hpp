// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace quatrain {

/// Of x86-64 and of AArch64 with pages of 4 KiB.
inline constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

/// For containers of many MiB that are streamed through: blocks of huge_page_bytes and more begin
/// at a multiple of it, and the kernel is asked for huge pages, which it need not give. What
/// streams through them spends less time on looking addresses up (docs/benchmarks.md).
template <class T>
struct HugePageAllocator {
    using value_type = T;

    HugePageAllocator() = default;
    template <class U>
    explicit(false) HugePageAllocator(const HugePageAllocator<U>&) {}

    T* allocate(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        if (bytes < huge_page_bytes) return std::allocator<T>().allocate(count);
        const std::size_t pages = (bytes + huge_page_bytes - 1) / huge_page_bytes;
        void* const memory = std::aligned_alloc(huge_page_bytes, pages * huge_page_bytes);
        if (memory == nullptr) throw std::bad_alloc();
        madvise(memory, pages * huge_page_bytes, MADV_HUGEPAGE);
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t count) {
        if (count * sizeof(T) < huge_page_bytes)
            std::allocator<T>().deallocate(memory, count);
        else
            std::free(memory);
    }
    bool operator==(const HugePageAllocator&) const = default;
};

}  // namespace quatrain
