// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/codec.hpp"
#include "workloads/golden/ideal.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

namespace quatrain::golden {

Fidelity compare(std::span<const double> values, std::span<const double> ideal) {
    if (values.size() != ideal.size()) {
        throw std::invalid_argument("compare: " + std::to_string(values.size()) +
                                    " values, must be as many as the " +
                                    std::to_string(ideal.size()) + " ideal ones");
    }
    double signal = 0, noise = 0, energy = 0, product = 0, error = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double difference = values[i] - ideal[i];
        signal += ideal[i] * ideal[i];
        energy += values[i] * values[i];
        product += values[i] * ideal[i];
        noise += difference * difference;
        error += difference;
    }
    Fidelity fidelity;
    fidelity.sqnr_db =
        noise == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(signal / noise);
    fidelity.cosine =
        signal == 0 || energy == 0 ? 0 : product / std::sqrt(signal) / std::sqrt(energy);
    fidelity.bias = values.empty() ? 0 : error / static_cast<double>(values.size());
    return fidelity;
}

std::vector<double> values(const Tensor& tensor, double step, bool odd) {
    const std::string& format = tensor.format;
    std::vector<double> result;
    result.reserve(tensor.codes.size());
    if (format == "uint8" || format == "int32") {
        for (const std::uint32_t code : tensor.codes)
            result.push_back(static_cast<std::int32_t>(code));
    } else if (bits(format) == 4) {
        const double unit = format == "fp4_r4" ? std::ldexp(step, odd ? -7 : -6) : step;
        const std::vector<std::int32_t> integers = integer_values(format);
        for (const std::uint32_t code : tensor.codes) result.push_back(integers.at(code) * unit);
    } else {
        const FloatFormat layout = float_format(format);
        for (const std::uint32_t code : tensor.codes) result.push_back(decode(layout, code) * step);
    }
    return result;
}

}  // namespace quatrain::golden
