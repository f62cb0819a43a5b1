// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/compiler.hpp"

#include <fmt/format.h>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace quatrain::compiler::testing {

/// What a check found wrong.
struct Violation : std::runtime_error {
    using std::runtime_error::runtime_error;
};
template <class... Args>
void require(bool holds, fmt::format_string<Args...> text, Args&&... args) {
    if (!holds) throw Violation(fmt::format(text, std::forward<Args>(args)...));
}

/// What a byte holds: byte `index` of `tensor`, or something without an identity in DRAM.
struct Tag {
    static constexpr std::uint32_t nothing = ~0U;
    static constexpr std::uint32_t zero = nothing - 1;  ///< written by fill_zero
    static constexpr std::uint32_t sum =
        nothing - 2;  ///< partial sums, index = operator's result number
    static constexpr std::uint32_t scalars = nothing - 3;  ///< the scalar image
    std::uint32_t tensor = nothing;
    std::int64_t index = 0;
    bool updated = false;  ///< the value after the step of a tensor that is updated in place
    bool operator==(const Tag&) const = default;
};

/// A memory whose bytes carry tags, and which knows which engines are reading and writing them now.
class TaggedMemory {
public:
    TaggedMemory(std::string name, std::int64_t bytes)
        : name_(std::move(name)), tags_(static_cast<std::size_t>(bytes)), users_(tags_.size()) {}

    std::int64_t size() const { return static_cast<std::int64_t>(tags_.size()); }
    const Tag& tag(std::int64_t address) const {
        require(address >= 0 && address < size(), "{}: address {} is outside", name_, address);
        return tags_[static_cast<std::size_t>(address)];
    }
    void set(std::int64_t address, const Tag& tag) {
        require(address >= 0 && address < size(), "{}: address {} is outside", name_, address);
        tags_[static_cast<std::size_t>(address)] = tag;
    }

    /// An engine begins to use bytes; throws when another engine's use conflicts.
    void claim(int engine, std::int64_t address, std::int64_t bytes, bool write) {
        require(address >= 0 && bytes >= 0 && address + bytes <= size(),
                "{}: [{}, {}) is outside of {}", name_, address, address + bytes, size());
        const unsigned own = 0x11U << static_cast<unsigned>(engine);
        for (std::int64_t i = address; i < address + bytes; ++i) {
            auto& users = users_[static_cast<std::size_t>(i)];
            const unsigned others = users & ~own;
            require((others & 0xf0U) == 0 && (!write || others == 0),
                    "{}: engines meet at address {}", name_, i);
            users |= (write ? 0x10U : 0x01U) << static_cast<unsigned>(engine);
        }
    }
    /// ... and ends.
    void release(int engine, std::int64_t address, std::int64_t bytes) {
        const unsigned own = 0x11U << static_cast<unsigned>(engine);
        for (std::int64_t i = address; i < address + bytes; ++i)
            users_[static_cast<std::size_t>(i)] &= ~own;
    }

private:
    std::string name_;
    std::vector<Tag> tags_;
    std::vector<unsigned> users_;
};

}  // namespace quatrain::compiler::testing
