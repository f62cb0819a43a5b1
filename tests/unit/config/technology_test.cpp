// SPDX-License-Identifier: Apache-2.0
#include "sim/config/energy_events.hpp"
#include "sim/config/error.hpp"
#include "sim/config/reader.hpp"

#include <gtest/gtest.h>

namespace quatrain::config {
namespace {

std::string with(const std::string& from, const std::string& to) {
    std::string text = find_source("technologies", "technology", "7nm").text;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

std::string technology_error(const std::string& text) {
    try {
        read_technology({"tech.yaml", text});
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no error";
}

TEST(Technology, EveryFigureLiesInItsBandAndHasASource) {
    const Technology technology = load_technology("7nm");
    // Five accumulator formats share one event.
    EXPECT_EQ(technology.events.size(), charged_events().size() + 4);
    for (const EventEnergy& entry : technology.events) {
        EXPECT_LE(entry.low, entry.picojoules) << event_info(entry.event).name;
        EXPECT_GE(entry.high, entry.picojoules) << event_info(entry.event).name;
        EXPECT_FALSE(entry.source.empty()) << event_info(entry.event).name;
    }
    for (const MemoryEnergy& memory : technology.memories) EXPECT_FALSE(memory.source.empty());
}

TEST(Technology, FourBitMacsCostLessThanSixteenBitOnes) {
    const Technology technology = load_technology("7nm");
    double int4 = 0, fp4 = 0, fp16 = 0;
    for (const EventEnergy& entry : technology.events) {
        if (entry.event == Event::macs_uint4_int4) int4 = entry.picojoules;
        if (entry.event == Event::macs_int4_fp4) fp4 = entry.picojoules;
        if (entry.event == Event::macs_sixteen_bit) fp16 = entry.picojoules;
    }
    EXPECT_GT(fp4, 0);
    EXPECT_LT(fp4, int4);
    EXPECT_LT(int4, fp16);
}

TEST(Technology, AMissingEventIsAnError) {
    EXPECT_NE(technology_error(with("  dma_bits:", "  dma_bit:"))
                  .find("key 'events.dma_bits' is missing"),
              std::string::npos);
}

TEST(Technology, AnUnknownEventIsAnError) {
    EXPECT_NE(technology_error(with("  dma_bits:", "  magic: 1\n  dma_bits:"))
                  .find("key 'events.magic' = 1: unknown key"),
              std::string::npos);
}

TEST(Technology, AFigureOutsideItsBandIsAnError) {
    EXPECT_NE(technology_error(with("low: 0.032", "low: 0.5")).find("must be at most 0.0355"),
              std::string::npos);
    EXPECT_NE(technology_error(with("high: 0.039", "high: 0.01")).find("must be at least 0.0355"),
              std::string::npos);
}

TEST(Technology, EvidenceIsPublishedOrDerived) {
    EXPECT_NE(technology_error(with("evidence: derived", "evidence: guessed"))
                  .find("= guessed: must be one of published, derived"),
              std::string::npos);
}

TEST(Technology, MemoriesAscendInSize) {
    EXPECT_NE(technology_error(with("bytes: 8192", "bytes: 512"))
                  .find("key 'memories[1].bytes' = 512: must be larger than the entry before"),
              std::string::npos);
}

}  // namespace
}  // namespace quatrain::config
