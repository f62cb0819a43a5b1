// SPDX-License-Identifier: Apache-2.0
#include "workloads/network/builder.hpp"
#include "workloads/network/reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <charconv>
#include <utility>

namespace quatrain::network {
namespace {

/// A column of a topology file.
struct Column {
    std::string_view title;                   ///< as messages and docs/networks.md spell it
    std::string_view key;                     ///< of the RuleErrors of append_topology_layer()
    std::vector<std::string_view> spellings;  ///< in lower case, letters only
};

/// One of the two kinds of files: its columns in order. The first is the name.
struct Form {
    std::string_view name;
    std::vector<Column> columns;
    std::size_t required = 0;  ///< columns that every file has
};

const Form& convolution_form() {
    static const Form form{
        "convolution",
        {{"Layer name", "name", {"layername", "layer", "name"}},
         {"IFMAP height", "input_height", {"ifmapheight"}},
         {"IFMAP width", "input_width", {"ifmapwidth"}},
         {"Filter height", "kernel_height", {"filterheight"}},
         {"Filter width", "kernel_width", {"filterwidth"}},
         {"Channels", "channels", {"channels"}},
         {"Num filter", "filters", {"numfilter", "numfilters"}},
         {"Stride height", "stride_height", {"strides", "stride", "strideheight"}},
         {"Stride width", "stride_width", {"stridewidth"}}},
        8};
    return form;
}

const Form& gemm_form() {
    static const Form form{"GEMM",
                           {{"Layer", "name", {"layername", "layer", "name"}},
                            {"M", "input_height", {"m"}},
                            {"N", "filters", {"n"}},
                            {"K", "channels", {"k"}}},
                           4};
    return form;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The cells of a line. Commas at its end are decoration.
std::vector<std::string> cells_of(std::string_view line) {
    std::vector<std::string> cells;
    for (std::size_t start = 0; start <= line.size();) {
        const std::size_t end = std::min(line.find(',', start), line.size());
        cells.emplace_back(trimmed(line.substr(start, end - start)));
        start = end + 1;
    }
    while (!cells.empty() && cells.back().empty()) cells.pop_back();
    return cells;
}

/// Lower case, letters only: "IFMAP Height" and "ifmap_height" are the same title.
std::string plain(std::string_view title) {
    std::string letters;
    for (const char c : title) {
        if (c >= 'A' && c <= 'Z') letters += static_cast<char>(c - 'A' + 'a');
        if (c >= 'a' && c <= 'z') letters += c;
    }
    return letters;
}

bool matches(const Form& form, const std::vector<std::string>& header) {
    if (header.size() < form.required || header.size() > form.columns.size()) return false;
    for (std::size_t i = 0; i < header.size(); ++i)
        if (std::ranges::count(form.columns[i].spellings, plain(header[i])) == 0) return false;
    return true;
}

std::string titles(const Form& form) {
    std::vector<std::string_view> list;
    for (const Column& column : form.columns) list.push_back(column.title);
    return fmt::format("{}", fmt::join(list, ", "));
}

class TopologyReader {
public:
    TopologyReader(std::string source, std::string name) : source_(std::move(source)) {
        network_.name = std::move(name);
        network_.topology = true;
    }

    Network read(std::istream& stream) {
        std::string line;
        while (std::getline(stream, line)) {
            ++line_;
            const std::vector<std::string> cells = cells_of(line);
            if (cells.empty()) continue;
            if (form_)
                read_layer(cells);
            else
                read_header(cells);
        }
        if (!form_) read_header({});
        if (network_.nodes.empty())
            fail(fmt::format("layers = 0: a {} file has a line per layer after its header",
                             form_->name));
        return std::move(network_);
    }

private:
    [[noreturn]] void fail(const std::string& message) const {
        throw ReadError(fmt::format("{}:{}: {}", source_, std::max(line_, 1), message));
    }
    [[noreturn]] void fail(const std::string& layer, std::string_view title, std::string_view value,
                           std::string_view rule) const {
        fail(fmt::format("layer {}, {} = {}: {}", layer, title, value, rule));
    }

    void read_header(const std::vector<std::string>& cells) {
        for (const Form* form : {&convolution_form(), &gemm_form()})
            if (matches(*form, cells)) form_ = form;
        if (!form_)
            fail(fmt::format("header = {}: must be {} (or Strides for both), or {}",
                             fmt::join(cells, ", "), titles(convolution_form()),
                             titles(gemm_form())));
    }

    void read_layer(const std::vector<std::string>& cells) {
        const std::string& name = cells.front();
        if (cells.size() < form_->required)
            fail(fmt::format("layer {}, {}: missing; a line has {}", name,
                             form_->columns[cells.size()].title, titles(*form_)));
        if (cells.size() > form_->columns.size())
            fail(name, fmt::format("value {}", form_->columns.size() + 1),
                 cells[form_->columns.size()], fmt::format("a line has {}", titles(*form_)));
        if (form_ == &convolution_form() && name.find("DP") != std::string::npos)
            fail(name, form_->columns.front().title, name,
                 "SCALE-Sim takes a name with DP for a depth-wise convolution, which is not "
                 "supported");
        Node node;
        node.name = name;
        append(std::move(node), cells);
    }

    void append(Node node, const std::vector<std::string>& cells) {
        Extent input;
        for (std::size_t i = 1; i < cells.size(); ++i) {
            const Column& column = form_->columns[i];
            const std::int64_t value = number(node.name, column, cells[i]);
            if (column.key == "input_height") input.height = value;
            if (column.key == "input_width") input.width = value;
            if (column.key == "channels") input.channels = value;
            if (column.key == "kernel_height") node.kernel = value;
            if (column.key == "kernel_width") node.kernel_width = value;
            if (column.key == "filters") node.output.channels = value;
            if (column.key == "stride_height") node.stride = value;
            if (column.key == "stride_width") node.stride_width = value;
        }
        try {
            append_topology_layer(network_, input, std::move(node));
        } catch (const RuleError& error) {
            fail(error.layer, title(error.key), error.value, error.rule);
        }
    }

    std::int64_t number(const std::string& layer, const Column& column,
                        const std::string& text) const {
        std::int64_t value = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (text.empty() || stop != end || error != std::errc())
            fail(layer, column.title, text, "must be an integer");
        return value;
    }

    std::string_view title(std::string_view key) const {
        const auto found = std::ranges::find(form_->columns, key, &Column::key);
        return found == form_->columns.end() ? key : found->title;
    }

    std::string source_;
    Network network_;
    const Form* form_ = nullptr;
    int line_ = 0;
};

}  // namespace

Network read_topology(std::istream& stream, const std::string& source_name, std::string name) {
    return TopologyReader(source_name, std::move(name)).read(stream);
}

}  // namespace quatrain::network
