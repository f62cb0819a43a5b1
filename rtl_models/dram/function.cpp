// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/function.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::dram {
namespace {

/// Calls visit(page, offset in the page, offset in the range, bytes) for the part of a range in
/// every page.
template <class Visit>
void for_each_page(std::int64_t address, std::size_t bytes, std::int64_t page_bytes,
                   Visit&& visit) {
    std::size_t done = 0;
    while (done < bytes) {
        const std::int64_t at = address + static_cast<std::int64_t>(done);
        const auto offset = static_cast<std::size_t>(at % page_bytes);
        const std::size_t part =
            std::min(bytes - done, static_cast<std::size_t>(page_bytes) - offset);
        visit(static_cast<std::size_t>(at / page_bytes), offset, done, part);
        done += part;
    }
}

}  // namespace

std::byte* DramImage::Page::made() {
    std::byte* contents = bytes_.load(std::memory_order_acquire);
    if (contents != nullptr) return contents;
    std::byte* const fresh = Allocator().allocate(page_bytes);
    std::fill_n(fresh, page_bytes, std::byte{});
    if (bytes_.compare_exchange_strong(contents, fresh)) return fresh;
    // The page of the thread that comes first counts.
    Allocator().deallocate(fresh, page_bytes);
    return contents;
}

DramImage::DramImage(std::int64_t capacity_bytes)
    : capacity_bytes_(capacity_bytes),
      pages_(static_cast<std::size_t>((capacity_bytes + page_bytes - 1) / page_bytes)) {}

void DramImage::read(std::int64_t address, std::span<std::byte> bytes) const {
    check(address, bytes.size());
    for_each_page(address, bytes.size(), page_bytes,
                  [&](std::size_t page, std::size_t offset, std::size_t done, std::size_t part) {
                      const auto destination = bytes.begin() + static_cast<std::ptrdiff_t>(done);
                      if (const std::byte* contents = pages_[page].bytes())
                          std::copy_n(contents + offset, part, destination);
                      else
                          std::fill_n(destination, part, std::byte{});
                  });
}

void DramImage::write(std::int64_t address, std::span<const std::byte> bytes) {
    check(address, bytes.size());
    for_each_page(address, bytes.size(), page_bytes,
                  [&](std::size_t page, std::size_t offset, std::size_t done, std::size_t part) {
                      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(done), part,
                                  pages_[page].made() + offset);
                  });
}

std::int64_t DramImage::allocated_bytes() const {
    const auto count = std::count_if(pages_.begin(), pages_.end(),
                                     [](const Page& page) { return page.bytes() != nullptr; });
    return count * page_bytes;
}

void DramImage::check(std::int64_t address, std::size_t bytes) const {
    const auto count = static_cast<std::int64_t>(bytes);
    if (address >= 0 && count <= capacity_bytes_ && address <= capacity_bytes_ - count) return;
    throw DramError(fmt::format("dram: {} bytes at {} lie outside its {} bytes", count, address,
                                capacity_bytes_));
}

}  // namespace quatrain::dram
