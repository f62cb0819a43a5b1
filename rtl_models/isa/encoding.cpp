// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/isa/fields.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <fmt/format.h>
#include <limits>
#include <stdexcept>
#include <utility>

namespace quatrain::isa {
namespace {

template <class Body>
constexpr std::size_t body_words() {
    std::size_t count = 0;
    const Body body{};
    for_each_field(body, [&count](const auto&) { ++count; });
    return count;
}

template <class E>
constexpr std::int64_t enumerator_limit() {
    if constexpr (std::is_same_v<E, BufferId>) return buffer_count;
    if constexpr (std::is_same_v<E, Semaphore>) return semaphore_count;
    if constexpr (std::is_same_v<E, VectorOperation>) return vector_operation_count;
    if constexpr (std::is_same_v<E, numerics::Format>) {
        return static_cast<std::int64_t>(numerics::Format::int32) + 1;
    }
}

/// Largest word that field type T can hold; the smallest is 0 unless T is std::int64_t.
template <class T>
constexpr std::int64_t word_maximum() {
    if constexpr (std::is_enum_v<T>)
        return enumerator_limit<T>() - 1;
    else
        return static_cast<std::int64_t>(std::numeric_limits<T>::max());
}

class Reader {
public:
    explicit Reader(const std::vector<std::int64_t>& words) : words_(words) {}

    template <class T>
    void operator()(T& field) {
        if (position_ == words_.size()) fail("the words end before the instruction does");
        const std::int64_t word = words_[position_];
        if constexpr (!std::is_same_v<T, std::int64_t>) {
            if (word < 0 || word > word_maximum<T>()) {
                fail(fmt::format("{} is outside 0..{}", word, word_maximum<T>()));
            }
        }
        field = static_cast<T>(word);
        ++position_;
    }

    void finish() const {
        if (position_ != words_.size()) fail("the instruction ends before the words do");
    }

private:
    [[noreturn]] void fail(const std::string& rule) const {
        throw std::invalid_argument(
            fmt::format("instruction of {} words, word {}: {}", words_.size(), position_, rule));
    }

    const std::vector<std::int64_t>& words_;
    std::size_t position_ = 0;
};

template <std::size_t... I>
Body body_of_kind(std::size_t kind, std::index_sequence<I...>) {
    Body body;
    ((kind == I ? static_cast<void>(body.emplace<I>()) : void()), ...);
    return body;
}

}  // namespace

std::vector<std::int64_t> encode(const Instruction& instruction) {
    std::vector<std::int64_t> words;
    const auto append = [&words](const auto& field) {
        words.push_back(static_cast<std::int64_t>(field));
    };
    std::visit(
        [&]<class B>(const B&) {
            words.reserve(2 + body_words<SemaphoreUse>() * 8 + body_words<B>());
        },
        instruction.body);
    words.push_back(static_cast<std::int64_t>(instruction.body.index()));
    append(instruction.operator_index);
    for_each_field(instruction.waits, append);
    for_each_field(instruction.signals, append);
    std::visit([&](const auto& body) { for_each_field(body, append); }, instruction.body);
    return words;
}

Instruction decode(const std::vector<std::int64_t>& words) {
    constexpr std::size_t kinds = std::variant_size_v<Body>;
    if (words.empty() || words[0] < 0 || words[0] >= static_cast<std::int64_t>(kinds)) {
        throw std::invalid_argument(fmt::format("instruction of {} words: word 0 is no kind 0..{}",
                                                words.size(), kinds - 1));
    }
    Reader read(words);
    std::int64_t kind = 0;
    read(kind);
    Instruction instruction;
    instruction.body =
        body_of_kind(static_cast<std::size_t>(kind), std::make_index_sequence<kinds>());
    read(instruction.operator_index);
    for_each_field(instruction.waits, read);
    for_each_field(instruction.signals, read);
    std::visit([&](auto& body) { for_each_field(body, read); }, instruction.body);
    read.finish();
    return instruction;
}

}  // namespace quatrain::isa
