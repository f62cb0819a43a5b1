// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/house/arrows.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace quatrain::house {
namespace {

// What the pattern's groups match, joined by a dot, in order.
std::vector<std::string> matches(const std::string& text, const std::regex& pattern) {
    std::vector<std::string> found;
    for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
        found.push_back((*match)[1].str() + "." + (*match)[2].str());
    return found;
}

// "Suite.Name" of every test of the sources.
std::set<std::string> tests_of(const std::string& source) {
    static const std::regex macro(R"(TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\))");
    const std::vector<std::string> names = matches(source, macro);
    return {names.begin(), names.end()};
}

// `Suite.Name`, `Suite.*` or `Suite.First...last`, where "..." stands for any letters.
std::vector<std::string> tests_that_are_named_in(const std::string& page) {
    static const std::regex name(R"(`([A-Z]\w*)\.(\*|[A-Z]\w*(?:\.\.\.\w*)*)`)");
    return matches(page, name);
}

bool exists(const std::string& name, const std::set<std::string>& tests) {
    std::string pattern = std::regex_replace(name, std::regex(R"(\.\.\.)"), "\\w*");
    pattern = std::regex_replace(pattern, std::regex(R"(\.\*)"), R"(\..*)");
    const std::regex regex(pattern);
    return std::ranges::any_of(
        tests, [&](const std::string& test) { return std::regex_match(test, regex); });
}

TEST(Documents, EveryTestThatTheMicroarchitectureNamesExists) {
    const std::filesystem::path root = QUATRAIN_SOURCE_DIR;
    std::set<std::string> tests;
    for (const std::string& file : files_below(root, "tests", {".cpp", ".hpp"}))
        tests.merge(tests_of(text_of(root / file)));
    EXPECT_GT(tests.size(), 400U);
    const auto named = tests_that_are_named_in(text_of(root / "docs/microarchitecture.md"));
    EXPECT_GT(named.size(), 40U);
    for (const std::string& name : named)
        EXPECT_TRUE(exists(name, tests)) << name << " is the name of no test";
}

TEST(Documents, ATestThatDoesNotExistIsFound) {
    const std::set<std::string> tests = tests_of(
        "TEST(Suite, DoesThis) {}\nTEST_F(Other,\n       DoesThat) {}\nTEST_P(Third, Works) {}");
    EXPECT_EQ(tests, (std::set<std::string>{"Suite.DoesThis", "Other.DoesThat", "Third.Works"}));
    EXPECT_EQ(tests_that_are_named_in("`Suite.DoesThis`, `file.hpp`, `Other.*`, `Suite.Do...This`"),
              (std::vector<std::string>{"Suite.DoesThis", "Other.*", "Suite.Do...This"}));
    for (const char* name : {"Suite.DoesThis", "Other.*", "Suite.Do...", "Suite.Do...This"})
        EXPECT_TRUE(exists(name, tests)) << name;
    for (const char* name : {"Suite.DoesThat", "Fourth.*", "Suite.Undo...", "Suite.Do...That"})
        EXPECT_FALSE(exists(name, tests)) << name;
}

}  // namespace
}  // namespace quatrain::house
