// SPDX-License-Identifier: Apache-2.0
#include "sim/run/safetensors.hpp"

#include "sim/run/safetensors_header.hpp"
#include "tests/support/complaint.hpp"
#include "tests/support/folder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <limits>
#include <random>
#include <stdexcept>

namespace quatrain::run {
namespace {

using test::complaint;
using test::Folder;

std::vector<std::byte> random_bytes(std::int64_t size, std::mt19937& random) {
    std::vector<std::byte> data(static_cast<std::size_t>(size));
    for (std::byte& byte : data) byte = static_cast<std::byte>(random());
    return data;
}

constexpr std::array all_types{DType::boolean, DType::u8,  DType::i8,  DType::f8_e4m3,
                               DType::f8_e5m2, DType::u16, DType::i16, DType::f16,
                               DType::bf16,    DType::u32, DType::i32, DType::f32,
                               DType::u64,     DType::i64, DType::f64};

// Every type, in shapes with no, one and several sizes, among them 0.
SafeTensors of_every_kind() {
    std::mt19937 random(1);
    SafeTensors content;
    for (const DType type : all_types) {
        const std::vector<std::vector<std::int64_t>> shapes{{}, {3}, {0}, {2, 3, 1, 5}, {4, 0, 2}};
        for (const std::vector<std::int64_t>& shape : shapes)
            content.tensors.emplace(
                fmt::format("{}.{}", name(type), text_of(shape)),
                SafeTensor{.dtype = type,
                           .shape = shape,
                           .data = random_bytes(elements(shape) * bytes(type), random)});
    }
    content.metadata = {
        {"plain", "text"}, {"", ""}, {R"("quoted": \)", "line\nend, \xC3\xA9: \x01"}};
    return content;
}

std::string length_field(std::uint64_t length) {
    std::string field;
    for (int i = 0; i < 8; ++i) field += static_cast<char>(length >> (8 * i));
    return field;
}

std::string file_of(const std::string& header, const std::string& data) {
    return length_field(header.size()) + header + data;
}

TEST(SafeTensors, WhatIsWrittenIsReadBack) {
    const Folder folder;
    const SafeTensors content = of_every_kind();
    write_safetensors(folder / "file", content);
    EXPECT_EQ(read_safetensors(folder / "file"), content);
}

TEST(SafeTensors, AFileWithoutTensorsIsOne) {
    const Folder folder;
    write_safetensors(folder / "file", {});
    EXPECT_EQ(folder.read("file"), file_of("{}      ", ""));
    EXPECT_EQ(read_safetensors(folder / "file"), SafeTensors{});
}

TEST(SafeTensors, TheBytesAreThoseOfTheFormat) {
    const Folder folder;
    SafeTensors content;
    content.tensors["b"] = {.dtype = DType::f16, .shape = {1, 2}, .data = {}};
    for (const int byte : {1, 2, 3, 4}) content.tensors["b"].data.push_back(std::byte(byte));
    content.tensors["c"] = {.dtype = DType::i64, .shape = {}, .data = {}};
    content.tensors["c"].data.assign(8, std::byte{'x'});
    content.metadata["key"] = "value";
    write_safetensors(folder / "file", content);
    std::string header = R"({"__metadata__":{"key":"value"},)"
                         R"("c":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                         R"("b":{"dtype":"F16","shape":[1,2],"data_offsets":[8,12]}})";
    while (header.size() % 8 != 0) header += ' ';
    EXPECT_EQ(folder.read("file"), file_of(header, "xxxxxxxx\1\2\3\4"));
}

TEST(SafeTensors, EveryElementIsAligned) {
    const Folder folder;
    write_safetensors(folder / "file", of_every_kind());
    const std::string file = folder.read("file");
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 8; ++i)
        length |= std::uint64_t{static_cast<unsigned char>(file[i])} << (8 * i);
    ASSERT_EQ(length % 8, 0U);
    const SafeTensorsHeader header =
        parse_header(file.substr(8, length), file.size() - 8 - length, "file");
    ASSERT_EQ(header.tensors.size(), of_every_kind().tensors.size());
    for (const TensorEntry& entry : header.tensors)
        EXPECT_EQ(entry.begin % static_cast<std::uint64_t>(bytes(entry.dtype)), 0U) << entry.name;
}

TEST(SafeTensors, TheDataLieBySizeOfAnElementThenByName) {
    SafeTensors content;
    content.tensors["b"].dtype = DType::f32;
    content.tensors["c"].dtype = DType::i64;
    content.tensors["a"].dtype = DType::u8;
    content.tensors["d"].dtype = DType::i32;
    EXPECT_EQ(file_order(content), (std::vector<std::string>{"c", "b", "d", "a"}));
}

TEST(SafeTensors, AHeaderOfAnotherWritersTasteIsRead) {
    const Folder folder;
    folder.write("file", file_of("\n{ \"late\" : {\"data_offsets\":[2, 4], \"shape\":[2 ],"
                                 "\"dtype\":\"U8\"},\t\"e\\u0061rly\":{\"dtype\":\"BF16\","
                                 R"("shape":[1],"data_offsets":[0,2]},"empty":{"dtype":)"
                                 R"("F64","shape":[0],"data_offsets":[2,2]}} )",
                                 "abcd"));
    const SafeTensors content = read_safetensors(folder / "file");
    ASSERT_EQ(content.tensors.size(), 3U);
    EXPECT_TRUE(content.metadata.empty());
    EXPECT_EQ(content.tensors.at("early"),
              (SafeTensor{DType::bf16, {1}, {std::byte{'a'}, std::byte{'b'}}}));
    EXPECT_EQ(content.tensors.at("late"),
              (SafeTensor{DType::u8, {2}, {std::byte{'c'}, std::byte{'d'}}}));
    EXPECT_EQ(content.tensors.at("empty"), (SafeTensor{DType::f64, {0}, {}}));
}

TEST(SafeTensors, AProductOfSizesThatNoIntegerHoldsIsRefused) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(elements({}), 1);
    EXPECT_EQ(elements({3, 5}), 15);
    EXPECT_EQ(elements({most, 1}), most);
    EXPECT_EQ(elements({most, most, 0}), 0);
    EXPECT_THROW(elements({most / 2 + 1, 2}), std::invalid_argument);
    EXPECT_THROW(elements({-1, -1}), std::invalid_argument);
}

TEST(SafeTensors, WhatCouldNotBeReadIsNotWritten) {
    const Folder folder;
    const auto refuses = [&](const SafeTensors& content) {
        EXPECT_THROW(write_safetensors(folder / "file", content), std::invalid_argument);
        EXPECT_TRUE(folder.files().empty());
    };
    const SafeTensor byte{.dtype = DType::u8, .shape = {1}, .data = {std::byte{1}}};
    refuses({.tensors = {{"__metadata__", byte}}, .metadata = {}});
    refuses({.tensors = {{"\xFF", byte}}, .metadata = {}});
    refuses({.tensors = {{"a", byte}}, .metadata = {{"key", "\xC3"}}});
    refuses({.tensors = {{"a", {DType::u8, {2}, byte.data}}}, .metadata = {}});
    refuses({.tensors = {{"a", {DType::u8, {-1}, {}}}}, .metadata = {}});
}

// What is said of a file; "NAME" stands for its name.
std::string complaint_of(const std::string& bytes) {
    const Folder folder;
    folder.write("file", bytes);
    std::string what = complaint<SafeTensorsError>([&] { read_safetensors(folder / "file"); });
    EXPECT_EQ(what.find('\n'), std::string::npos);
    const std::size_t position = what.find(folder / "file");
    if (position != std::string::npos) what.replace(position, (folder / "file").size(), "NAME");
    return what;
}

TEST(SafeTensors, WhatIsNoFileIsRefused) {
    const Folder folder;
    const auto complains = [&](const std::string& file, const std::string& what) {
        EXPECT_EQ(complaint<SafeTensorsError>([&] { read_safetensors(file); }), file + what);
    };
    ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
    complains(folder / "none", ": cannot be read: there is no such file");
    complains(folder.path(), ": is a folder: must be a regular file");
    complains(folder / "pipe", ": must be a regular file");
}

TEST(SafeTensors, ALengthBeyondTheFileOrTheLimitIsRefused) {
    EXPECT_EQ(complaint_of(""), "NAME: size = 0 bytes: the length of the header takes 8");
    EXPECT_EQ(complaint_of("1234567"), "NAME: size = 7 bytes: the length of the header takes 8");
    EXPECT_EQ(complaint_of(length_field(3) + "{}"),
              "NAME: header length = 3 bytes: the file has 2 bytes behind it");
    EXPECT_EQ(complaint_of(length_field(100'000'000) + "{}"),
              "NAME: header length = 100000000 bytes: the file has 2 bytes behind it");
    EXPECT_EQ(complaint_of(length_field(100'000'001) + "{}"),
              "NAME: header length = 100000001 bytes: must be at most 100000000");
    EXPECT_EQ(complaint_of(std::string(8, '\xFF') + "{}"),
              "NAME: header length = 18446744073709551615 bytes: must be at most 100000000");
}

TEST(SafeTensors, AHeaderThatIsNoneIsRefused) {
    const auto complains = [](const std::string& header, const std::string& what) {
        const std::string said = complaint_of(file_of(header, "1234"));
        EXPECT_TRUE(said.starts_with("NAME: " + what)) << said;
    };
    complains("", "header: must be JSON: ");
    complains("{} x", "header: must be JSON: ");
    complains(R"({"a":)", "header: must be JSON: ");
    complains(std::string(1000, '[') + std::string(1000, ']'), "header: must be JSON: ");
    complains("{\"\xFF\":{}}", "header: must be JSON: ");
    complains("[]", "header = []: must be a JSON object");
    complains(R"({"a":1})", "header, a = 1: must be a JSON object");
    complains(R"({"__metadata__":[]})", "header, __metadata__ = []: must be a JSON object");
    complains(R"({"__metadata__":{"k":1}})", "metadata k = 1: must be a string");
}

// The header of one tensor "a" with these values.
std::string one(const std::string& type, const std::string& shape, const std::string& offsets) {
    return fmt::format(R"({{"a":{{"dtype":{},"shape":{},"data_offsets":{}}}}})", type, shape,
                       offsets);
}

TEST(SafeTensors, ATensorsValueOfTheWrongKindIsRefused) {
    const auto complains = [](const std::string& header, const std::string& what) {
        EXPECT_EQ(complaint_of(file_of(header, "1234")), "NAME: tensor a, " + what);
    };
    const std::string shape_rule = ": must be an array of sizes from 0 to 2^63 - 1";
    const std::string offset_rule = ": must be the first byte and the byte behind the last";
    EXPECT_EQ(complaint_of(file_of(one(R"("F32")", "[1]", "[0,4]"), "1234")), "");
    complains(one(R"("F33")", "[1]", "[0,4]"), R"(dtype = "F33": is no type of Quatrain's)");
    complains(one(R"("f32")", "[1]", "[0,4]"), R"(dtype = "f32": is no type of Quatrain's)");
    complains(one("7", "[1]", "[0,4]"), "dtype = 7: is no type of Quatrain's");
    complains(one(R"("F32")", "1", "[0,4]"), "shape = 1" + shape_rule);
    complains(one(R"("F32")", "[-1]", "[0,4]"), "shape = [-1]" + shape_rule);
    complains(one(R"("F32")", "[1.5]", "[0,4]"), "shape = [1.5E0]" + shape_rule);
    complains(one(R"("F32")", R"(["1"])", "[0,4]"), R"(shape = ["1"])" + shape_rule);
    complains(one(R"("F32")", "[9223372036854775808]", "[0,4]"),
              "shape = [9223372036854775808]" + shape_rule);
    complains(one(R"("F32")", R"([{"a":[{}]}])", "[0,4]"), R"(shape = [{"a":[{}]}])" + shape_rule);
    complains(one(R"("F32")", "[1]", "[4]"), "data_offsets = [4]" + offset_rule);
    complains(one(R"("F32")", "[1]", "[0,4,4]"), "data_offsets = [0,4,4]" + offset_rule);
    complains(one(R"("F32")", "[1]", "[-4,0]"), "data_offsets = [-4,0]" + offset_rule);
    complains(R"({"a":{}})", "dtype = nothing: is no type of Quatrain's");
    complains(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", "shape = nothing" + shape_rule);
    complains(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"more":1}})",
              "keys: must be dtype, shape and data_offsets, and nothing else");
}

TEST(SafeTensors, TwoKeysAlikeAreRefused) {
    const std::string entry = R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
    const std::string what = "NAME: header: no object may have two keys alike";
    EXPECT_EQ(complaint_of(file_of("{" + entry + "}", "1234")), "");
    EXPECT_EQ(complaint_of(file_of("{" + entry + "," + entry + "}", "1234")), what);
    EXPECT_EQ(complaint_of(file_of(
                  R"({"a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "1234")),
              what);
    EXPECT_EQ(complaint_of(file_of(R"({"__metadata__":{"k":"1","k":"2"}})", "")), what);
    // Colons and quotes in a string are none of the object's.
    EXPECT_EQ(complaint_of(file_of(R"({"__metadata__":{"\\\":":":\\"}})", "")), "");
}

TEST(SafeTensors, OffsetsThatDoNotTileTheDataAreRefused) {
    const auto entry = [](const char* name, const std::string& shape, int begin, int end) {
        return fmt::format(R"("{}":{{"dtype":"U16","shape":{},"data_offsets":[{},{}]}})", name,
                           shape, begin, end);
    };
    const auto said = [](const std::string& entries) {
        return complaint_of(file_of("{" + entries + "}", "12345678"));
    };
    const std::string a = entry("a", "[2]", 0, 4);
    EXPECT_EQ(said(a + "," + entry("b", "[2]", 4, 8)), "");
    EXPECT_EQ(said(a + "," + entry("b", "[3]", 2, 8)),
              "NAME: tensor b, data_offsets = [2, 8]: must begin at 4, where the tensor before "
              "ends");
    EXPECT_EQ(said(a + "," + entry("b", "[1]", 6, 8)),
              "NAME: tensor b, data_offsets = [6, 8]: must begin at 4, where the tensor before "
              "ends");
    EXPECT_EQ(said(a + "," + entry("b", "[2]", 0, 4)),
              "NAME: tensor b, data_offsets = [0, 4]: must begin at 4, where the tensor before "
              "ends");
    EXPECT_EQ(said(entry("a", "[3]", 2, 8)),
              "NAME: tensor a, data_offsets = [2, 8]: must begin at 0, where the tensor before "
              "ends");
    EXPECT_EQ(said(a + "," + entry("b", "[3]", 4, 10)),
              "NAME: tensor b, data_offsets = [4, 10]: the file has 8 bytes behind its header");
    EXPECT_EQ(said(a + "," + entry("b", "[2]", 8, 4)),
              "NAME: tensor b, data_offsets = [8, 4]: must not end before they begin");
    EXPECT_EQ(said(a + "," + entry("b", "[1, 3]", 4, 8)),
              "NAME: tensor b, data_offsets = [4, 8]: must be as long as shape [1, 3] of U16 "
              "takes");
    EXPECT_EQ(said(entry("a", "[3]", 0, 7)),
              "NAME: tensor a, data_offsets = [0, 7]: must be as long as shape [3] of U16 takes");
    EXPECT_EQ(said(entry("a", "[4294967296, 4294967296]", 0, 0)),
              "NAME: tensor a, data_offsets = [0, 0]: must be as long as shape [4294967296, "
              "4294967296] of U16 takes");
    EXPECT_EQ(said(entry("a", "[9223372036854775807]", 0, 8)),
              "NAME: tensor a, data_offsets = [0, 8]: must be as long as shape "
              "[9223372036854775807] of U16 takes");
    EXPECT_EQ(said(a), "NAME: data = 8 bytes: the tensors of the header take 4");
    EXPECT_EQ(said(""), "NAME: data = 8 bytes: the tensors of the header take 0");
}

TEST(SafeTensors, AMessageIsALineHoweverLongAndStrangeTheFilesTextIs) {
    const std::string said = complaint_of(
        file_of(R"({"a\nb)" + std::string(5000, 'c') + R"(":{"dtype":"\u001b[2J"}})", ""));
    EXPECT_TRUE(said.starts_with("NAME: tensor a?bccc")) << said;
    EXPECT_LT(said.size(), 300U);
}

TEST(SafeTensors, ATruncatedFileIsRefusedWhereverItEnds) {
    const Folder folder;
    write_safetensors(folder / "file", of_every_kind());
    const std::string whole = folder.read("file");
    EXPECT_NE(complaint_of(whole + '\0'), "");
    for (std::size_t size = whole.size(); size-- > 0;) {
        std::filesystem::resize_file(folder / "file", size);
        ASSERT_THROW(read_safetensors(folder / "file"), SafeTensorsError) << size << " bytes";
    }
}

TEST(SafeTensors, AMutilatedHeaderIsReadOrRefusedAndNothingElse) {
    const Folder folder;
    SafeTensors content;
    content.tensors["a"] = {DType::f32, {1, 2}, std::vector<std::byte>(8)};
    content.tensors["b"] = {DType::u8, {3}, std::vector<std::byte>(3)};
    content.metadata["key"] = "value";
    write_safetensors(folder / "file", content);
    const std::string whole = folder.read("file");
    const std::string letters = "{}[]\",:0123456789-+.eE\\ abdhtFU_\n\xFF";
    std::mt19937 random(1);
    int refused = 0;
    constexpr int cases = 20'000;
    for (int i = 0; i < cases; ++i) {
        std::string header = whole.substr(8, whole.size() - 8 - 11);
        for (int change = 0; change < 1 + i % 3; ++change) {
            const std::size_t at = random() % header.size();
            const std::size_t kind = random() % 3;
            if (kind == 0) header[at] = letters[random() % letters.size()];
            if (kind == 1) header.erase(at, 1 + random() % 3);
            if (kind == 2) header.insert(at, 1, letters[random() % letters.size()]);
        }
        try {
            const SafeTensorsHeader read = parse_header(header, 11, "file");
            std::uint64_t position = 0;
            for (const TensorEntry& entry : read.tensors) {
                ASSERT_EQ(entry.begin, position) << header;
                ASSERT_EQ(elements(entry.shape) * bytes(entry.dtype),
                          static_cast<std::int64_t>(entry.end - entry.begin))
                    << header;
                position = entry.end;
            }
            ASSERT_EQ(position, 11U) << header;
        } catch (const SafeTensorsError&) {
            ++refused;
        }
    }
    EXPECT_GT(refused, cases / 2);
    EXPECT_LT(refused, cases);
}

}  // namespace
}  // namespace quatrain::run
