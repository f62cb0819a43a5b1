// SPDX-License-Identifier: Apache-2.0
#include "sim/config/energy_events.hpp"
#include "sim/config/error.hpp"
#include "sim/config/reader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <map>

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

void expect_error(const std::string& from, const std::string& to, const std::string& error) {
    const std::string text = technology_error(with(from, to));
    EXPECT_NE(text.find(error), std::string::npos) << text;
}

/// The bands of the events by name.
std::map<std::string, Band> bands(const Technology& technology) {
    std::map<std::string, Band> all;
    for (const EventEnergy& entry : technology.events) all[name(entry)] = entry.figure.band;
    return all;
}

void expect_in_band(const Figure& figure, const std::string& what) {
    EXPECT_LE(figure.band.low, figure.band.value) << what;
    EXPECT_LE(figure.band.value, figure.band.high) << what;
    EXPECT_FALSE(figure.source.empty()) << what;
    EXPECT_FALSE(figure.unit.empty()) << what;
}

void expect_near(const Band& actual, double low, double value, double high,
                 const std::string& what) {
    EXPECT_NEAR(actual.low, low, 2e-3 * low) << what;
    EXPECT_NEAR(actual.value, value, 2e-3 * value) << what;
    EXPECT_NEAR(actual.high, high, 2e-3 * high) << what;
}

class TechnologyFile : public testing::TestWithParam<const char*> {
protected:
    Technology technology = load_technology(GetParam());
};

TEST_P(TechnologyFile, EveryFigureLiesInItsBandAndHasASource) {
    // Five accumulator formats share one event.
    EXPECT_EQ(technology.events.size(), charged_events().size() + 4);
    for (const EventEnergy& entry : technology.events) expect_in_band(entry.figure, name(entry));
    for (const MemoryFigures& memory : technology.memories.rows)
        EXPECT_FALSE(memory.source.empty());
    expect_in_band(technology.memories.area, "area of memories");
    for (const Assumption& assumption : technology.assumptions) {
        expect_in_band(assumption.figure, assumption.name);
        EXPECT_LT(assumption.figure.band.low, assumption.figure.band.high)
            << assumption.name << ": what is not known has a band";
    }
}

TEST_P(TechnologyFile, NarrowerMacsCostLess) {
    const std::map<std::string, Band> cost = bands(technology);
    EXPECT_GT(cost.at("macs_int4_fp4").low, 0);
    EXPECT_LT(cost.at("macs_int4_fp4").value, cost.at("macs_uint4_int4").value);
    EXPECT_LT(cost.at("macs_uint4_int4").value, cost.at("macs_eight_bit").value);
    EXPECT_LT(cost.at("macs_eight_bit").value, cost.at("macs_sixteen_bit").value);
    EXPECT_LT(cost.at("macs_sixteen_bit").value, cost.at("macs_thirty_two_bit").value);
}

TEST_P(TechnologyFile, FiguresThatRestOnAnAssumptionMoveWithIt) {
    const std::map<std::string, Band> cost = bands(technology);
    const Band &wire = technology.assumption("wire_length").band,
               &hop = technology.assumption("hop_length").band;
    const Band &dma = cost.at("dma_bits"), &ring = cost.at("ring_bit_hops");
    // Picojoules per bit and millimetre are the same on both.
    expect_near(ring, dma.low / wire.low * hop.low, dma.value / wire.value * hop.value,
                dma.high / wire.high * hop.high, "ring_bit_hops");
    const Band& steps = technology.assumption("special_steps").band;
    const double step = cost.at("vector_unit_adds").value + cost.at("vector_unit_multiplies").value;
    // At 22 nm the step itself has a band.
    const double low = cost.at("vector_unit_adds").low + cost.at("vector_unit_multiplies").low,
                 high = cost.at("vector_unit_adds").high + cost.at("vector_unit_multiplies").high;
    expect_near(cost.at("vector_unit_special"), steps.low * low, steps.value * step,
                steps.high * high, "vector_unit_special");
}

// Ratios of the synthesis table to the published INT8 multiply (0.2 and 0.07 pJ) and INT8 MAC.
TEST_P(TechnologyFile, FourBitMacsAreAnchoredOnThePublishedEightBitOnes) {
    const std::map<std::string, Band> cost = bands(technology);
    const bool is_seven = technology.name == "7nm";
    const double mac = is_seven ? 0.070 + 0.030 : 0.2 + 0.1;
    const double low = technology.name == "22nm" ? 0.26 * mac : mac,
                 high = technology.name == "22nm" ? 0.668 * mac : mac;
    EXPECT_NEAR(cost.at("macs_uint4_int4").low, 0.317 * low, 1e-4);
    EXPECT_NEAR(cost.at("macs_uint4_int4").high, 0.385 * high, 1e-4);
    EXPECT_NEAR(cost.at("macs_int4_fp4").low, 0.173 * low, 1e-4);
    EXPECT_NEAR(cost.at("macs_int4_fp4").high, 0.245 * high, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(All, TechnologyFile, testing::Values("7nm", "22nm", "45nm"),
                         [](const auto& param) { return fmt::format("of_{}", param.param); });

// Stillmaker and Baas below, the published INT8 multiply on logarithmic scales above (0.35 to the
// power ln(45 / 22) / ln(45 / 7)), their geometric mean between. Wires, ring and instructions have
// figures of 22 nm.
TEST(Technology, At22NanometresLogicIsCarriedFrom45) {
    const std::map<std::string, Band> from = bands(load_technology("45nm")),
                                      to = bands(load_technology("22nm"));
    for (const auto& [event, band] : to) {
        if (event == "dma_bits" || event == "ring_bit_hops" || event == "instructions") continue;
        const Band& old = from.at(event);
        expect_near(band, 0.26 * old.low, 0.4167 * old.value, 0.668 * old.high, event);
    }
}

TEST(Technology, PublishedFiguresAreAsPublished) {
    const std::map<std::string, Band> seven = bands(load_technology("7nm")),
                                      forty_five = bands(load_technology("45nm"));
    EXPECT_EQ(seven.at("accumulator_adds.fp16").value, 0.16);
    EXPECT_EQ(seven.at("accumulator_adds.int32").value, 0.030);
    EXPECT_EQ(seven.at("vector_unit_adds").value, 0.38);
    EXPECT_EQ(seven.at("vector_unit_multiplies").value, 1.31);
    EXPECT_EQ(seven.at("macs_sixteen_bit").value, 0.34 + 0.38);
    EXPECT_EQ(seven.at("macs_thirty_two_bit").value, 1.31 + 0.38);
    EXPECT_EQ(forty_five.at("accumulator_adds.fp16").value, 0.4);
    EXPECT_EQ(forty_five.at("vector_unit_adds").value, 0.9);
    EXPECT_EQ(forty_five.at("vector_unit_multiplies").value, 3.7);
    EXPECT_DOUBLE_EQ(forty_five.at("macs_thirty_two_bit").value, 3.7 + 0.9);
}

TEST(Technology, AMissingEventIsAnError) {
    expect_error("  dma_bits:", "  dma_bit:", "key 'events.dma_bits' is missing");
}

TEST(Technology, UnknownKeysAreErrorsWithFileAndLine) {
    expect_error("  dma_bits:", "  magic: 1\n  dma_bits:", "key 'events.magic' = 1: unknown key");
    const std::string text = find_source("technologies", "technology", "7nm").text;
    const auto line =
        1 + std::count(text.begin(), text.begin() + text.find("value: 0.0351,"), '\n');
    expect_error("value: 0.0351,", "value: 0.0351, sigma: 1,",
                 fmt::format("tech.yaml:{}: key", line));
    expect_error("value: 0.0351,", "value: 0.0351, sigma: 1,",
                 "key 'events.macs_uint4_int4.sigma' = 1: unknown key");
    expect_error("areas:\n", "areas:\n  magic: 2\n", "key 'areas.magic' = 2: unknown key");
    expect_error("  rows:\n", "  magic: 3\n  rows:\n", "key 'memories.magic' = 3: unknown key");
}

TEST(Technology, AFigureOutsideItsBandIsAnError) {
    expect_error("low: 0.0317", "low: 0.5", "must be at most 0.0351");
    expect_error("high: 0.0385", "high: 0.01", "must be at least 0.0351");
}

TEST(Technology, UnitsAreGivenAndRight) {
    expect_error("unit: pJ", "unit: fJ", "= fJ: must be pJ");
    expect_error("unit: um2", "unit: mm2", "= mm2: must be um2");
    expect_error("unit: mW/mm2", "unit: W/mm2",
                 "key 'assumptions.logic_leakage.unit' = W/mm2: must be mW/mm2");
}

TEST(Technology, EvidenceIsOneOfThree) {
    expect_error("evidence: derived", "evidence: guessed",
                 "= guessed: must be one of published, derived, assumed");
}

TEST(Technology, WhatTheModelAssumesMustBeThereAndSayWhy) {
    expect_error("  clock_energy:", "  clock:", "key 'assumptions.clock_energy' is missing");
    expect_error("why: \"of a cycle", "because: \"of a cycle",
                 "key 'assumptions.clock_energy.why' is missing");
    EXPECT_THROW(load_technology("7nm").assumption("magic"), std::invalid_argument);
}

TEST(Technology, MemoriesAscendInWidthAndSize) {
    expect_error("bytes: 8192", "bytes: 512",
                 "key 'memories.rows[1].bytes' = 512: must be larger than the entry before");
    expect_error("port_bits: 64, bytes: 32768", "port_bits: 32, bytes: 32768",
                 "must be at least that of the entry before");
    expect_error("port_bits: 64, bytes: 1024", "port_bits: 32, bytes: 1024",
                 "the width before must have two sizes or more");
}

}  // namespace
}  // namespace quatrain::config
