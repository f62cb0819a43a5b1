// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/huge_pages.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace quatrain::dram {

/// An access outside the DRAM: one line with the range and the capacity.
struct DramError : std::out_of_range {
    using std::out_of_range::out_of_range;
};

/// The contents of the DRAM. Bytes that were never written are zero and take no host memory (in
/// huge pages). Several host threads may read and write at once, different bytes.
class DramImage {
public:
    /// Of what takes host memory as a whole.
    static constexpr std::int64_t page_bytes = huge_page_bytes;

    explicit DramImage(std::int64_t capacity_bytes);

    /// Fills `bytes` from `address` on. Throws DramError.
    void read(std::int64_t address, std::span<std::byte> bytes) const;
    /// Writes `bytes` to `address`. Throws DramError.
    void write(std::int64_t address, std::span<const std::byte> bytes);

    std::int64_t capacity_bytes() const { return capacity_bytes_; }
    std::int64_t allocated_bytes() const;  ///< host memory in use for contents [bytes]

private:
    using Allocator = HugePageAllocator<std::byte>;

    /// A page that comes into being, all zeros, when it is first written to.
    class Page {
    public:
        Page() = default;
        Page(const Page&) = delete;
        Page& operator=(const Page&) = delete;
        ~Page() {
            if (bytes_ != nullptr) Allocator().deallocate(bytes_, page_bytes);
        }
        const std::byte* bytes() const { return bytes_.load(std::memory_order_acquire); }
        std::byte* made();

    private:
        std::atomic<std::byte*> bytes_ = nullptr;  ///< null: never written
    };

    void check(std::int64_t address, std::size_t bytes) const;

    std::int64_t capacity_bytes_;
    std::vector<Page> pages_;
};

}  // namespace quatrain::dram
