// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/operands.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

namespace quatrain::golden {

float Operands::scalar(const std::string& name) const {
    return decode_fp32(tensor(name).codes.at(0));
}

int Operands::integer(const std::string& name) const {
    return static_cast<std::int32_t>(tensor(name).codes.at(0));
}

Values Operands::values(const Source& source) const {
    const Tensor& operand = tensor(source.name);
    if (operand.format == "fp32") return {operand, nullptr};
    if (operand.format != "uint4") return {operand, table(operand.format)};
    const float step = scalar(source.step);
    std::vector<float> values;
    for (const std::int32_t code : integer_values("uint4")) {
        values.push_back(static_cast<float>(code) * step);
    }
    return {operand, std::make_shared<const std::vector<float>>(std::move(values))};
}

/// Throws std::invalid_argument when an int4 is -8.
void Operands::require_no_lowest(const Tensor& operand, const std::string& name) const {
    const auto& codes = operand.codes;
    if (operand.format == "int4" && std::find(codes.begin(), codes.end(), 8u) != codes.end()) {
        throw std::invalid_argument("tensor " + name +
                                    ": holds the int4 code 8 (-8), which is never produced");
    }
}

Reader<std::int32_t> Operands::integers(const std::string& name) const {
    const Tensor& operand = tensor(name);
    require_no_lowest(operand, name);
    return {operand,
            std::make_shared<const std::vector<std::int32_t>>(integer_values(operand.format))};
}

Reader<float> Operands::narrow(const std::string& name) const {
    const Tensor& operand = tensor(name);
    require_no_lowest(operand, name);
    return {operand, table(operand.format)};
}

Values Operands::wide(const std::string& name) const {
    const Tensor& operand = tensor(name);
    require_no_lowest(operand, name);
    return {operand, operand.format == "fp32" ? nullptr : table(operand.format)};
}

namespace {

std::vector<float> decoded_codes(const std::string& format) {
    const int width = bits(format);
    if (width > 16) {
        throw std::invalid_argument("format \"" + format + "\": expected one of at most 16 bits");
    }
    std::vector<float> values;
    if (format == "int4" || format == "uint4") {
        for (const std::int32_t value : integer_values(format))
            values.push_back(static_cast<float>(value));
    } else {
        const FloatFormat layout = float_format(format);
        for (std::uint32_t code = 0; code < 1u << width; ++code)
            values.push_back(static_cast<float>(decode(layout, code)));
    }
    return values;
}

}  // namespace

std::shared_ptr<const std::vector<float>> Operands::table(const std::string& format) {
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<const std::vector<float>>> tables;
    const std::scoped_lock lock(mutex);
    auto& entry = tables[format];
    if (!entry) entry = std::make_shared<const std::vector<float>>(decoded_codes(format));
    return entry;
}

}  // namespace quatrain::golden
