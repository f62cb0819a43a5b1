// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/synthetic.hpp"

#include "workloads/datasets/counter_random.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>

namespace quatrain::datasets {
namespace {

/// Position in a figure's own frame; the shorter side of the image is 1 long.
struct Point {
    double x, y;
};

/// The next value of a generator, in [low, high).
class Dice {
public:
    explicit Dice(CounterRandom random) : random_(random) {}
    double between(double low, double high) {
        return low + (high - low) * random_.uniform(next_++);
    }
    bool coin() { return between(0, 1) < 0.5; }

private:
    CounterRandom random_;
    std::uint64_t next_ = 0;
};

double length(Point p) {
    return std::sqrt(p.x * p.x + p.y * p.y);
}
double box(Point p, double half_width, double half_height) {
    return std::max(std::abs(p.x) - half_width, std::abs(p.y) - half_height);
}

/// Distance of x from the nearest even multiple of `half`, minus half / 2: below 0 on every other
/// band.
double bands(double x, double half) {
    const double period = 2 * half;
    return std::abs(x - period * std::floor(x / period + 0.5)) - half / 2;
}

/// Distance to the figure's edge, negative inside; r is its radius, or half the period of a
/// texture. The table's order is that of the classes.
struct Figure {
    std::string_view name;
    bool texture;
    double (*distance)(Point p, double r);
};

constexpr std::array<Figure, synthetic_figures> figures{{
    {"disc", false, [](Point p, double r) { return length(p) - r; }},
    {"horizontal stripes", true, [](Point p, double r) { return bands(p.y, r); }},
    {"square", false, [](Point p, double r) { return box(p, 0.85 * r, 0.85 * r); }},
    {"vertical stripes", true, [](Point p, double r) { return bands(p.x, r); }},
    {"ring", false, [](Point p, double r) { return std::abs(length(p) - 0.8 * r) - 0.2 * r; }},
    {"checkerboard", true,
     [](Point p, double r) {
         const double a = bands(p.x, r), b = bands(p.y, r);
         return std::max(std::min(a, b), -std::max(a, b));
     }},
    {"triangle", false,
     [](Point p, double r) {
         constexpr double half_root_3 = 0.8660254037844386;
         return std::max(p.y, half_root_3 * std::abs(p.x) - 0.5 * p.y) - 0.6 * r;
     }},
    {"dots", true,
     [](Point p, double r) {
         const Point nearest{bands(p.x, r) + r / 2, bands(p.y, r) + r / 2};
         return length(nearest) - 0.5 * r;
     }},
    {"cross", false,
     [](Point p, double r) { return std::min(box(p, r, 0.28 * r), box(p, 0.28 * r, r)); }},
    {"crescent", false,
     [](Point p, double r) {
         return std::max(length(p) - r, 0.8 * r - length({p.x - 0.5 * r, p.y}));
     }},
}};

/// Where a figure lies: centre, direction of its x axis, radius.
struct Pose {
    Point centre{};
    double cosine = 1, sine = 0;
    double radius = 0;

    Point inside(Point p) const {
        const Point d{p.x - centre.x, p.y - centre.y};
        return {cosine * d.x + sine * d.y, cosine * d.y - sine * d.x};
    }
};

Pose throw_pose(Dice& dice, bool texture) {
    Pose pose;
    pose.centre = {dice.between(-0.2, 0.2), dice.between(-0.2, 0.2)};
    // The half-angle formulas turn by 2 atan(t) without a sine: up to 28 degrees, textures 17.
    const double t = dice.between(-1, 1) * (texture ? 0.15 : 0.25);
    pose.cosine = (1 - t * t) / (1 + t * t);
    pose.sine = 2 * t / (1 + t * t);
    pose.radius = texture ? dice.between(0.08, 0.16) : dice.between(0.17, 0.32);
    return pose;
}

/// Brightness of one channel: background, figure.
struct Colours {
    double ground, figure;
};

std::vector<Colours> throw_colours(Dice& dice, std::int64_t channels) {
    const double ground = dice.between(0.2, 0.8);
    const double contrast = dice.between(0.25, 0.5);
    const double figure = ground > 0.5 ? ground - contrast : ground + contrast;
    std::vector<Colours> colours;
    for (std::int64_t c = 0; c < channels; ++c)
        colours.push_back({ground + dice.between(-0.15, 0.15), figure + dice.between(-0.15, 0.15)});
    return colours;
}

/// Share of a pixel that lies inside an edge at this distance.
double coverage(double distance, double pixels) {
    return std::clamp(0.5 - distance * pixels, 0.0, 1.0);
}

/// All that decides one image but its noise.
struct Scene {
    const Figure& figure;
    Pose pose;
    double window;  ///< half side of the part of the image that a texture fills
    std::vector<Colours> colours;
    std::array<Pose, 2> blots;
    double blot_strength;
    Point slope;  ///< shading of the background
    double noise;
};

Scene throw_scene(Dice& dice, Dice& palette, const Figure& figure, std::int64_t channels) {
    const Pose pose = throw_pose(dice, figure.texture);
    const double window = dice.between(0.28, 0.42);
    std::array<Pose, 2> blots;
    for (Pose& blot : blots) {
        blot.centre = {dice.between(-0.5, 0.5), dice.between(-0.5, 0.5)};
        blot.radius = dice.between(0.03, 0.09);
    }
    const double strength = dice.between(-0.25, 0.25);
    const Point slope{dice.between(-0.25, 0.25), dice.between(-0.25, 0.25)};
    const double noise = dice.between(0.05, 0.25);
    return {figure, pose, window, throw_colours(palette, channels), blots, strength, slope, noise};
}

/// Share of the figure in the pixel at p.
double figure_at(const Scene& scene, Point p, double pixels) {
    const Point q = scene.pose.inside(p);
    const double inside = coverage(scene.figure.distance(q, scene.pose.radius), pixels);
    if (!scene.figure.texture) return inside;
    return inside * coverage(box(q, scene.window, scene.window), pixels);
}

double blots_at(const Scene& scene, Point p, double pixels) {
    double sum = 0;
    for (const Pose& blot : scene.blots)
        sum += coverage(length(blot.inside(p)) - blot.radius, pixels);
    return sum * scene.blot_strength;
}

class Synthetic final : public Dataset {
public:
    Synthetic(const Shape& shape, std::uint64_t seed, std::int64_t train_images)
        : Dataset(shape, seed),
          train_images_(train_images),
          train_(seed, "synthetic train"),
          test_(seed, "synthetic test"),
          palettes_(seed, "synthetic palette") {}

    std::int64_t size(Split split) const override {
        return split == Split::train ? train_images_ : train_images_ / 5;
    }

    std::int32_t read(Split split, std::int64_t index,
                      std::span<std::uint8_t> image) const override {
        require(split, index, image);
        const std::int64_t label = index % shape().classes;
        const CounterRandom& all = split == Split::train ? train_ : test_;
        const CounterRandom random = all.split(static_cast<std::uint64_t>(index));
        Dice dice(random.split(0));
        Dice palette(shape().classes > synthetic_figures
                         ? palettes_.split(static_cast<std::uint64_t>(label / synthetic_figures))
                         : random.split(1));
        const Figure& figure = figures[static_cast<std::size_t>(label % synthetic_figures)];
        draw(throw_scene(dice, palette, figure, shape().channels), random.split(2), image);
        return static_cast<std::int32_t>(label);
    }

private:
    void draw(const Scene& scene, const CounterRandom& noise, std::span<std::uint8_t> image) const {
        const auto pixels = static_cast<double>(std::min(shape().height, shape().width));
        std::size_t element = 0;
        for (std::int64_t row = 0; row < shape().height; ++row)
            for (std::int64_t column = 0; column < shape().width; ++column) {
                const Point p{(static_cast<double>(2 * column - shape().width + 1)) / (2 * pixels),
                              (static_cast<double>(2 * row - shape().height + 1)) / (2 * pixels)};
                const double share = figure_at(scene, p, pixels);
                const double ground =
                    scene.slope.x * p.x + scene.slope.y * p.y + blots_at(scene, p, pixels);
                for (const Colours& colour : scene.colours) {
                    const double clean =
                        share * colour.figure + (1 - share) * (colour.ground + ground);
                    const double grain = scene.noise * (2 * noise.uniform(element) - 1);
                    image[element++] =
                        static_cast<std::uint8_t>(std::clamp((clean + grain) * 255, 0.0, 255.0));
                }
            }
    }

    std::int64_t train_images_;
    CounterRandom train_, test_, palettes_;
};

}  // namespace

std::string_view figure_name(std::int64_t label) {
    return figures[static_cast<std::size_t>(label % synthetic_figures)].name;
}

std::unique_ptr<Dataset> open_synthetic(const Shape& shape, std::uint64_t seed,
                                        std::int64_t train_images) {
    if (train_images < fewest_synthetic_images || train_images > most_synthetic_images)
        throw DatasetError(fmt::format("dataset = synthetic:{}: must be between {} and {} images",
                                       train_images, fewest_synthetic_images,
                                       most_synthetic_images));
    if (shape.height < 8 || shape.width < 8 || shape.channels < 1)
        throw DatasetError(
            fmt::format("dataset = synthetic: images of {} x {} x {}: must be at least 8 x 8 x 1",
                        shape.height, shape.width, shape.channels));
    if (shape.classes < 2)
        throw DatasetError(
            fmt::format("dataset = synthetic: {} classes: must be at least 2", shape.classes));
    return std::make_unique<Synthetic>(shape, seed, train_images);
}

}  // namespace quatrain::datasets
