// SPDX-License-Identifier: Apache-2.0
#include "workloads/network/builder.hpp"
#include "workloads/network/reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <charconv>
#include <map>
#include <set>
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
         // "IFMAP Width" twice is what some files of SCALE-Sim have; it goes by the position.
         {"IFMAP height", "input_height", {"ifmapheight", "ifmapwidth"}},
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

/// Empty cells at the end of a line are decoration.
void strip_end(std::vector<std::string>& cells) {
    while (!cells.empty() && cells.back().empty()) cells.pop_back();
}

/// The cells of a line, up to one that starts a comment: '#'. Tabs separate them in a line without
/// commas.
std::vector<std::string> cells_of(std::string_view line) {
    const char separator = line.find(',') == std::string_view::npos ? '\t' : ',';
    std::vector<std::string> cells;
    for (std::size_t start = 0; start <= line.size();) {
        const std::size_t end = std::min(line.find(separator, start), line.size());
        const std::string_view cell = trimmed(line.substr(start, end - start));
        if (cell.starts_with('#')) break;
        cells.emplace_back(cell);
        start = end + 1;
    }
    strip_end(cells);
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

/// The columns of a file: first those of its form, then others that must be empty.
struct Header {
    const Form* form = nullptr;
    std::size_t known = 0;                    ///< columns of the form that a row can have
    std::vector<std::string> unknown;         ///< titles of those behind them
    std::size_t ignored = std::string::npos;  ///< whatever stands in this cell and further right
};

/// What the cells are a header of; without form, when of none.
Header header_of(const std::vector<std::string>& cells) {
    const auto blank = std::ranges::find(cells, std::string());
    const auto titled = static_cast<std::size_t>(blank - cells.begin());
    for (const Form* form : {&convolution_form(), &gemm_form()}) {
        const auto fits = [&](std::size_t i) {
            return std::ranges::count(form->columns[i].spellings, plain(cells[i])) > 0;
        };
        Header header;
        header.form = form;
        while (header.known < std::min(titled, form->columns.size()) && fits(header.known))
            ++header.known;
        if (header.known < form->required) continue;
        header.unknown.assign(cells.begin() + static_cast<std::ptrdiff_t>(header.known), blank);
        if (header.unknown.empty()) header.known = form->columns.size();
        if (blank != cells.end()) header.ignored = std::max(titled, header.known);
        return header;
    }
    return {};
}

/// The name with '_' for every character that a layer's name cannot have.
std::string usable_name(std::string name) {
    for (char& c : name) {
        const bool usable = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
        if (!usable) c = '_';
    }
    return name;
}

std::string titles(const Form& form) {
    std::vector<std::string_view> list;
    for (const Column& column : form.columns) list.push_back(column.title);
    return fmt::format("{}", fmt::join(list, ", "));
}

/// The rows of a product as a rectangle, where they are too many for one axis and have a divisor
/// that fits the other.
void fold_rows(Extent& input) {
    const std::int64_t rows = input.height;
    if (rows <= largest_size) return;
    for (std::int64_t width = 2; width <= largest_size; ++width)
        if (rows % width == 0 && rows / width <= largest_size) {
            input.height = rows / width, input.width = width;
            return;
        }
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
            if (header_.form)
                read_layer(cells);
            else
                read_header(cells);
        }
        if (!header_.form) read_header({});
        if (network_.nodes.empty())
            fail(fmt::format("layers = 0: a {} file has a line per layer after its header",
                             header_.form->name));
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
        header_ = header_of(cells);
        if (!header_.form)
            fail(fmt::format("header = {}: must be {} (or Strides for both), or {}",
                             fmt::join(cells, ", "), titles(convolution_form()),
                             titles(gemm_form())));
    }

    void read_layer(std::vector<std::string> cells) {
        const Form& form = *header_.form;
        cells.resize(std::min(cells.size(), header_.ignored));
        strip_end(cells);
        if (cells.empty()) return;
        const std::string name = cells.front();
        if (cells.size() < form.required)
            fail(fmt::format("layer {}, {}: missing; a line has {}", name,
                             form.columns[cells.size()].title, titles(form)));
        require_no_further(name, cells);
        cells.resize(std::min(cells.size(), header_.known));
        if (&form == &convolution_form() && name.find("DP") != std::string::npos)
            fail(name, form.columns.front().title, name,
                 "SCALE-Sim takes a name with DP for a depth-wise convolution, which is not "
                 "supported");
        append(name, cells);
    }

    void require_no_further(const std::string& name, const std::vector<std::string>& cells) const {
        for (std::size_t i = header_.known; i < cells.size(); ++i) {
            const std::size_t place = i - header_.known;
            if (place >= header_.unknown.size())
                fail(name, fmt::format("value {}", i + 1), cells[i],
                     fmt::format("a line has {}", titles(*header_.form)));
            if (!cells[i].empty())
                fail(name, header_.unknown[place], cells[i],
                     "this column is not supported and must be empty");
        }
    }

    /// A name that no earlier layer has: NAME, NAME.2, NAME.3, ...
    std::string free_name(const std::string& name) {
        const std::string usable = usable_name(name);
        int& uses = uses_[usable];
        std::string free;
        do {
            ++uses;
            free = uses == 1 ? usable : fmt::format("{}.{}", usable, uses);
        } while (!names_.insert(free).second);
        return free;
    }

    void append(const std::string& name, const std::vector<std::string>& cells) {
        Node node;
        node.name = name.empty() ? name : free_name(name);
        Extent input;
        for (std::size_t i = 1; i < cells.size(); ++i) {
            const Column& column = header_.form->columns[i];
            const std::int64_t value = number(name, column, cells[i]);
            if (column.key == "input_height") input.height = value;
            if (column.key == "input_width") input.width = value;
            if (column.key == "channels") input.channels = value;
            if (column.key == "kernel_height") node.kernel = value;
            if (column.key == "kernel_width") node.kernel_width = value;
            if (column.key == "filters") node.output.channels = value;
            if (column.key == "stride_height") node.stride = value;
            if (column.key == "stride_width") node.stride_width = value;
        }
        if (header_.form == &gemm_form()) fold_rows(input);
        try {
            append_topology_layer(network_, input, std::move(node));
        } catch (const RuleError& error) {
            fail(name, title(error.key), error.value, error.rule);
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
        const auto found = std::ranges::find(header_.form->columns, key, &Column::key);
        return found == header_.form->columns.end() ? key : found->title;
    }

    std::string source_;
    Network network_;
    Header header_;
    std::map<std::string, int> uses_;  ///< of a name, so far
    std::set<std::string> names_;
    int line_ = 0;
};

}  // namespace

Network read_topology(std::istream& stream, const std::string& source_name, std::string name) {
    return TopologyReader(source_name, std::move(name)).read(stream);
}

}  // namespace quatrain::network
