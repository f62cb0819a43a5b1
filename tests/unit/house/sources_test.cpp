// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/house/arrows.hpp"

#include <gtest/gtest.h>
#include <set>
#include <sstream>

namespace quatrain::house {
namespace {

// Test files that no executable compiles.
std::vector<std::string> forgotten(const std::vector<std::string>& files,
                                   const std::set<std::string>& compiled) {
    std::vector<std::string> missing;
    for (const std::string& file : files) {
        if (file.ends_with("_test.cpp") && !compiled.contains(file)) missing.push_back(file);
    }
    return missing;
}

std::set<std::string> lines_of(const std::string& text) {
    std::set<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        if (!line.empty()) lines.insert(line);
    }
    return lines;
}

TEST(Sources, EveryTestFileIsInATarget) {
    const std::set<std::string> compiled = lines_of(text_of(QUATRAIN_TEST_LIST));
    EXPECT_TRUE(compiled.contains("tests/unit/house/sources_test.cpp"));
    for (const std::string& file :
         forgotten(files_below(QUATRAIN_SOURCE_DIR, "tests", {".cpp"}), compiled)) {
        ADD_FAILURE() << file << " is compiled by no target: its folder needs a CMakeLists.txt";
    }
}

TEST(Sources, AForgottenTestFileIsFound) {
    EXPECT_EQ(
        forgotten({"tests/unit/a/a_test.cpp", "tests/unit/b/b_test.cpp", "tests/support/main.cpp"},
                  {"tests/unit/a/a_test.cpp"}),
        std::vector<std::string>{"tests/unit/b/b_test.cpp"});
}

TEST(Sources, EveryFileOpensWithItsLicence) {
    for (const char* folder : {"rtl_models", "workloads", "sim", "tests", "docs"}) {
        for (const std::string& file :
             files_below(QUATRAIN_SOURCE_DIR, folder, {".hpp", ".cpp", ".yaml", ".txt", ".md"})) {
            const std::string text = text_of(std::filesystem::path(QUATRAIN_SOURCE_DIR) / file);
            const std::string first = text.substr(0, text.find('\n'));
            EXPECT_NE(first.find("SPDX-License-Identifier: Apache-2.0"), std::string::npos) << file;
        }
    }
}

TEST(Sources, EveryScriptHasItsLicenceInTheSecondLine) {
    for (const std::string& file : files_below(QUATRAIN_SOURCE_DIR, "scripts", {""})) {
        std::istringstream text(text_of(std::filesystem::path(QUATRAIN_SOURCE_DIR) / file));
        std::string line;
        std::getline(text, line);
        std::getline(text, line);
        EXPECT_EQ(line, "# SPDX-License-Identifier: Apache-2.0") << file;
    }
}

TEST(Sources, EveryPythonFileHasItsLicenceInOneOfTheFirstTwoLines) {
    for (const std::string& file : files_below(QUATRAIN_SOURCE_DIR, "scripts", {".py"})) {
        std::istringstream text(text_of(std::filesystem::path(QUATRAIN_SOURCE_DIR) / file));
        std::string first, second;
        std::getline(text, first);
        std::getline(text, second);
        const std::string licence = "# SPDX-License-Identifier: Apache-2.0";
        EXPECT_TRUE(first == licence || second == licence) << file;
    }
}

TEST(Sources, EveryHeaderIsGuarded) {
    for (const char* folder : {"rtl_models", "workloads", "sim", "tests"}) {
        for (const std::string& file : files_below(QUATRAIN_SOURCE_DIR, folder, {".hpp"})) {
            const std::string text = text_of(std::filesystem::path(QUATRAIN_SOURCE_DIR) / file);
            // A kernel that Highway compiles once per instruction set is included many times, by
            // its own guard.
            const bool guarded = text.find("#pragma once") != std::string::npos ||
                                 text.find("HWY_TARGET_TOGGLE") != std::string::npos;
            EXPECT_TRUE(guarded) << file;
        }
    }
}

}  // namespace
}  // namespace quatrain::house
