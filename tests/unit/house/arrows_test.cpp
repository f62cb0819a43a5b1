// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/house/arrows.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string_view>

namespace quatrain::house {
namespace {

// Rooms that a room may include besides itself, written out: what is not here is forbidden.
// "blocks" stands for every block of rtl_models; "timing" for what tells_timing() names.
const std::map<std::string, std::set<std::string>>& allowed_rooms() {
    static const std::set<std::string> block{"rtl_models/base", "rtl_models/isa",
                                             "rtl_models/numerics"};
    static const std::map<std::string, std::set<std::string>> table{
        {"rtl_models/base", {}},
        {"rtl_models/numerics", {"rtl_models/base"}},
        {"rtl_models/isa", {"rtl_models/base", "rtl_models/numerics"}},
        {"blocks", block},
        {"workloads/network", {}},
        {"workloads/golden", {"workloads/network"}},
        {"workloads/datasets", {"rtl_models/base", "rtl_models/numerics", "workloads/network"}},
        {"workloads/training",
         {"rtl_models/base", "rtl_models/isa", "rtl_models/numerics", "workloads/network"}},
        {"workloads/compiler",
         {"rtl_models/base", "rtl_models/isa", "rtl_models/numerics", "timing", "workloads/network",
          "workloads/training"}},
        {"sim/config", {"rtl_models/base", "rtl_models/numerics", "timing", "workloads/training"}},
        {"sim/energy", {"rtl_models/base", "timing", "sim/config"}},
        {"sim/machine",
         {"rtl_models/base", "rtl_models/isa", "rtl_models/numerics", "blocks", "sim/config"}},
        {"sim/run",
         {"rtl_models/base", "rtl_models/isa", "rtl_models/numerics", "timing", "workloads/network",
          "workloads/training", "workloads/compiler", "workloads/datasets", "workloads/golden",
          "sim/config", "sim/energy", "sim/machine"}},
        {"sim/report",
         {"rtl_models/base", "rtl_models/isa", "rtl_models/numerics", "timing", "workloads/network",
          "workloads/training", "workloads/compiler", "sim/config", "sim/energy", "sim/run"}},
        {"sim/cli",
         {"rtl_models/base", "workloads/network", "workloads/compiler", "sim/config", "sim/run",
          "sim/report"}},
    };
    return table;
}

bool is_block(const std::string& room) {
    return room.starts_with("rtl_models/") && room != "rtl_models/base" &&
           room != "rtl_models/isa" && room != "rtl_models/numerics";
}

// What a block says of itself beside its function: timing.hpp, and for DRAM, whose timing is data,
// its standards, commands and counts.
bool tells_timing(const std::string& room, const std::string& included) {
    static const std::set<std::string> dram{
        "rtl_models/dram/command.hpp",           "rtl_models/dram/command_names.hpp",
        "rtl_models/dram/controller_params.hpp", "rtl_models/dram/energy.hpp",
        "rtl_models/dram/standard.hpp",          "rtl_models/dram/statistics.hpp"};
    return included == room + "/timing.hpp" || dram.contains(included);
}

// Headers of the SystemC kernel belong to clocked views, to the machine and to the program's entry.
bool may_include_systemc(const std::string& path) {
    const std::string room = room_of(path);
    if (room == "sim/machine" || room == "sim/run") return true;
    if (is_block(room) || room == "rtl_models/base")
        return path.find("clocked") != std::string::npos;
    return path == "sim/cli/main.cpp";
}

}  // namespace

std::string room_of(const std::string& path) {
    const std::size_t first = path.find('/');
    const std::size_t second = first == std::string::npos ? first : path.find('/', first + 1);
    return second == std::string::npos ? path : path.substr(0, second);
}

std::optional<std::string> broken_arrow(const std::string& path, const std::string& included) {
    if (included == "systemc" || included == "systemc.h") {
        if (may_include_systemc(path)) return std::nullopt;
        return path +
               " includes SystemC: only clocked views, sim/machine, sim/run and main.cpp may";
    }
    const std::string from = room_of(path);
    const std::string to = room_of(included);
    if (from == to) return std::nullopt;
    // The multiplier is a cell of the array's processing elements.
    if (from == "rtl_models/mac_array" && to == "rtl_models/fp4_multiplier") return std::nullopt;
    const auto allowed = allowed_rooms().find(is_block(from) ? "blocks" : from);
    if (allowed == allowed_rooms().end()) return path + ": room " + from + " is in no rule";
    const std::set<std::string>& rooms = allowed->second;
    const bool timing = tells_timing(to, included);
    if (rooms.contains(to)) return std::nullopt;
    if (is_block(to) && (rooms.contains("blocks") || (timing && rooms.contains("timing")))) {
        return std::nullopt;
    }
    return path + " includes " + included + ": " + from + " may not include " +
           (is_block(to) && rooms.contains("timing") ? "more of a block than its timing.hpp" : to);
}

Includes includes_of(const std::string& text) {
    constexpr std::string_view blank = " \t";
    Includes includes;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::erase_if(line, [&](char c) { return blank.find(c) != std::string_view::npos; });
        constexpr std::string_view directive = "#include";
        if (!line.starts_with(directive) || line.size() == directive.size()) continue;
        const char open = line[directive.size()];
        const std::size_t start = directive.size() + 1;
        const std::size_t end = line.find(open == '<' ? '>' : '"', start);
        if ((open != '<' && open != '"') || end == std::string::npos) continue;
        (open == '<' ? includes.system : includes.own).push_back(line.substr(start, end - start));
    }
    return includes;
}

std::vector<std::string> files_below(const std::filesystem::path& root, const std::string& folder,
                                     const std::vector<std::string>& extensions) {
    std::vector<std::string> files;
    using Walk = std::filesystem::recursive_directory_iterator;
    for (Walk at(root / folder); at != Walk(); ++at) {
        const auto& entry = *at;
        if (entry.is_directory() && entry.path().filename().string().starts_with('.'))
            at.disable_recursion_pending();  // caches of tools
        if (!entry.is_regular_file()) continue;
        const std::string extension = entry.path().extension().string();
        if (std::find(extensions.begin(), extensions.end(), extension) == extensions.end())
            continue;
        files.push_back(std::filesystem::relative(entry.path(), root).generic_string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

namespace {

// Of the headers in angle brackets, SystemC's and those of the project's own rooms have a rule.
bool has_rule(const std::string& name) {
    const auto begins = [&](const char* folder) { return name.starts_with(folder); };
    return name == "systemc" || name == "systemc.h" || begins("rtl_models/") ||
           begins("workloads/") || begins("sim/");
}

TEST(Arrows, OwnHeadersInAngleBracketsFollowTheArrowsToo) {
    EXPECT_TRUE(has_rule("rtl_models/numerics/fp4_r4.hpp"));
    EXPECT_TRUE(has_rule("systemc"));
    EXPECT_FALSE(has_rule("vector"));
}

TEST(Arrows, NoFileIncludesAgainstTheArrows) {
    const std::filesystem::path root = QUATRAIN_SOURCE_DIR;
    std::size_t lines = 0;
    for (const char* folder : {"rtl_models", "workloads", "sim"}) {
        for (const std::string& file : files_below(root, folder, {".hpp", ".cpp"})) {
            Includes includes = includes_of(text_of(root / file));
            for (const std::string& name : includes.system) {
                if (has_rule(name)) includes.own.push_back(name);
            }
            for (const std::string& included : includes.own) {
                ++lines;
                const std::optional<std::string> broken = broken_arrow(file, included);
                EXPECT_FALSE(broken.has_value()) << broken.value_or("");
            }
        }
    }
    EXPECT_GT(lines, 100U) << "the walk found too few includes to mean anything";
}

TEST(Arrows, NamesInQuotesArePathsFromTheRoot) {
    const std::filesystem::path root = QUATRAIN_SOURCE_DIR;
    for (const char* folder : {"rtl_models", "workloads", "sim"}) {
        for (const std::string& file : files_below(root, folder, {".hpp", ".cpp"})) {
            for (const std::string& included : includes_of(text_of(root / file)).own) {
                EXPECT_TRUE(std::filesystem::exists(root / included)) << file << ": " << included;
            }
        }
    }
}

TEST(Arrows, ForbiddenArrowsAreFound) {
    const std::vector<std::pair<std::string, std::string>> forbidden{
        {"rtl_models/dma/timing.cpp", "rtl_models/dram/timing.hpp"},
        {"rtl_models/mac_array/function.cpp", "workloads/network/network.hpp"},
        {"rtl_models/base/params.hpp", "rtl_models/isa/stream.hpp"},
        {"rtl_models/numerics/format.cpp", "sim/config/reader.hpp"},
        {"workloads/golden/step.cpp", "rtl_models/numerics/format.hpp"},
        {"workloads/golden/step.cpp", "workloads/training/graph.hpp"},
        {"workloads/compiler/mapper.cpp", "rtl_models/mac_array/function.hpp"},
        {"workloads/compiler/mapper.cpp", "sim/run/run.hpp"},
        {"sim/machine/core.cpp", "workloads/compiler/compiler.hpp"},
        {"sim/machine/core.cpp", "sim/run/run.hpp"},
        {"sim/run/run.cpp", "sim/report/table.hpp"},
        {"sim/run/run.cpp", "rtl_models/dma/clocked.hpp"},
        {"sim/report/dram_trace.cpp", "rtl_models/dram/checker.hpp"},
        {"rtl_models/dma/timing.cpp", "rtl_models/dram/command.hpp"},
        {"sim/cli/main.cpp", "sim/machine/machine.hpp"},
        {"sim/attic/attic.cpp", "sim/run/run.hpp"},
        {"rtl_models/dma/function.cpp", "systemc"},
        {"rtl_models/base/params.hpp", "systemc"},
        {"workloads/compiler/compiler.cpp", "systemc.h"},
    };
    for (const auto& [file, included] : forbidden) {
        EXPECT_TRUE(broken_arrow(file, included).has_value()) << file << " -> " << included;
    }
}

TEST(Arrows, ArrowsOfTheDiagramAreAllowed) {
    const std::vector<std::pair<std::string, std::string>> allowed{
        {"rtl_models/dma/timing.cpp", "rtl_models/isa/instruction.hpp"},
        {"rtl_models/dma/timing.cpp", "rtl_models/dma/timing.hpp"},
        {"rtl_models/dma/clocked.hpp", "systemc"},
        {"rtl_models/base/clocked_buses.hpp", "systemc"},
        {"rtl_models/mac_array/clocked.hpp", "rtl_models/fp4_multiplier/clocked.hpp"},
        {"workloads/compiler/mapper.cpp", "rtl_models/mac_array/timing.hpp"},
        {"workloads/golden/step.cpp", "workloads/network/network.hpp"},
        {"sim/machine/core.cpp", "rtl_models/mac_array/function.hpp"},
        {"sim/report/dram_trace.cpp", "rtl_models/dram/command.hpp"},
        {"sim/cli/run_command.cpp", "sim/run/run.hpp"},
        {"sim/cli/main.cpp", "systemc"},
    };
    for (const auto& [file, included] : allowed) {
        const std::optional<std::string> broken = broken_arrow(file, included);
        EXPECT_FALSE(broken.has_value()) << broken.value_or("");
    }
}

TEST(Arrows, IncludeLinesAreReadHoweverTheyAreSpaced) {
    const Includes includes = includes_of(
        "#include \"a/b.hpp\"\n  #  include <vector>\n// #include \"c.hpp\"\n#include\t<d>\n");
    EXPECT_EQ(includes.own, std::vector<std::string>{"a/b.hpp"});
    EXPECT_EQ(includes.system, (std::vector<std::string>{"vector", "d"}));
}

}  // namespace
}  // namespace quatrain::house
