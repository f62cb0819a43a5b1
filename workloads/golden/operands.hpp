// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/codec.hpp"
#include "workloads/golden/tensor.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace quatrain::golden {

/// Elements of a tensor as numbers, decoded when they are read. Refers to the tensor, which must
/// outlive it and hold only codes of its format.
template <class Number>
class Reader {
public:
    Reader(const Tensor& tensor, std::shared_ptr<const std::vector<Number>> table)
        : codes_(tensor.codes.data()), table_(std::move(table)), numbers_(table_->data()) {}

    Number operator[](std::int64_t index) const { return numbers_[codes_[index]]; }

private:
    const std::uint32_t* codes_;
    std::shared_ptr<const std::vector<Number>> table_;
    const Number* numbers_;
};

/// The same for FP32 values of any format that has some: FP32 codes need no table.
class Values {
public:
    Values(const Tensor& tensor, std::shared_ptr<const std::vector<float>> table)
        : codes_(tensor.codes.data()),
          table_(std::move(table)),
          size_(static_cast<std::int64_t>(tensor.codes.size())) {}

    float operator[](std::int64_t index) const {
        return table_ ? (*table_)[codes_[index]] : decode_fp32(codes_[index]);
    }
    std::int64_t size() const { return size_; }

private:
    const std::uint32_t* codes_;
    std::shared_ptr<const std::vector<float>> table_;
    std::int64_t size_;
};

/// A tensor and, when it holds uint4 codes, the scalar that turns a code into a value (else empty).
struct Source {
    std::string name, step = {};
};

/// Gives the operands of one tensor's definition, by name: those of the core that the tensor is on,
/// and for sums over the cores those of the others.
class Operands {
public:
    using Lookup = std::function<const Tensor&(std::int64_t core, const std::string& name)>;
    Operands(std::int64_t core, Lookup lookup) : core_(core), lookup_(std::move(lookup)) {}

    const Tensor& tensor(const std::string& name) const { return lookup_(core_, name); }
    const Tensor& tensor_of(std::int64_t core, const std::string& name) const {
        return lookup_(core, name);
    }
    /// An FP32 scalar.
    float scalar(const std::string& name) const;
    /// An int32 scalar.
    int integer(const std::string& name) const;
    /// Values: of uint4 codes, float(code) * step in FP32.
    Values values(const Source& source) const;
    /// Integers of a 4-bit tensor; fp4_r4 in units of 2^-6. Throws std::invalid_argument when an
    /// int4 is -8.
    Reader<std::int32_t> integers(const std::string& name) const;
    /// Operands of a GEMM in a mode of 8 or 16 bits: values of a float format, or the integers of
    /// int4 and uint4 codes.
    Reader<float> narrow(const std::string& name) const;
    /// The same in the 32-bit mode.
    Values wide(const std::string& name) const;

private:
    void require_no_lowest(const Tensor& operand, const std::string& name) const;
    /// Values of all codes of the format: the same for all operands, made once.
    static std::shared_ptr<const std::vector<float>> table(const std::string& format);

    std::int64_t core_;
    Lookup lookup_;
};

}  // namespace quatrain::golden
