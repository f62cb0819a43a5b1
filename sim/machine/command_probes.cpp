// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/command_probes.hpp"

#include "rtl_models/base/clocked_register.hpp"

namespace quatrain::machine {
namespace {

using isa::OutputStationaryPass;
using isa::VectorInstruction;
using isa::WeightStationaryPass;
using sc_core::sc_signal_in_if;

constexpr std::size_t operation_characters = 32;
constexpr std::size_t format_characters = 10;
constexpr std::size_t buffer_characters = 12;
constexpr int operator_bits = 32;

struct Opcode {
    std::size_t number;
    std::string_view text;
};
Opcode opcode(const isa::Drain&) {
    return {3, "drain"};
}
Opcode opcode(const VectorInstruction& body) {
    return {4 + static_cast<std::size_t>(body.operation), isa::name(body.operation)};
}
static_assert(4 + isa::vector_operation_count <= 1U << opcode_bits);
Opcode opcode(const isa::DmaTransfer&) {
    return {0, "transfer"};
}
Opcode opcode(const WeightStationaryPass&) {
    return {1, "weight_stationary"};
}
Opcode opcode(const OutputStationaryPass&) {
    return {2, "output_stationary"};
}

/// Adds probes of one command's fields; each is read from the command by a function.
template <class Command>
class Fields {
public:
    Fields(Probes& probes, const std::string& name, const sc_signal_in_if<Command>& wire)
        : probes_(probes), name_(name), wire_(wire) {}

    /// A number without a sign, or all ones for isa::no_address.
    template <class Value>
    void number(const char* field, int bits, Value value) {
        probes_.number(name_ + field, bits, [&wire = wire_, value, bits] {
            const std::int64_t number = value(wire.read());
            return number < 0 ? two_s_complement(number, bits) : static_cast<std::uint64_t>(number);
        });
    }
    template <class Value>
    void flag(const char* field, Value value) {
        probes_.flag(name_ + field, [&wire = wire_, value] { return value(wire.read()); });
    }
    template <class Value>
    void text(const char* field, std::size_t characters, Value value) {
        probes_.text(name_ + field, characters,
                     [&wire = wire_, value] { return value(wire.read()); });
    }
    template <class Value>
    void format(const char* field, Value value) {
        text(field, format_characters,
             [value](const Command& command) { return numerics::name(value(command)); });
    }

private:
    Probes& probes_;
    const std::string& name_;
    const sc_signal_in_if<Command>& wire_;
};

/// `value` of a command's body, of whichever kind it is.
template <class Value>
auto of_body(Value value) {
    return [value](const auto& command) {
        return std::visit([&](const auto& body) { return value(body); }, command.body);
    };
}

template <class Command>
void probe_pass(Fields<Command> fields) {
    const auto of = [](auto weight_stationary, auto output_stationary) {
        return [=](const Command& command) -> std::int64_t {
            if (const auto* pass = std::get_if<WeightStationaryPass>(&command.body))
                return weight_stationary(*pass);
            return output_stationary(std::get<OutputStationaryPass>(command.body));
        };
    };
    const auto none = [](const auto&) { return std::int64_t{0}; };
    using mac_array::element_count_bits;
    using mac_array::position_bits;
    using mac_array::step_count_bits;
    fields.text(".opcode_text", operation_characters,
                of_body([](const auto& pass) { return opcode(pass).text; }));
    fields.format(".moving_format", of_body([](const auto& pass) { return pass.moving_format; }));
    fields.format(".stationary_format",
                  of_body([](const auto& pass) { return pass.stationary_format; }));
    fields.number(".vectors", step_count_bits, of([](const auto& ws) { return ws.vectors; }, none));
    fields.number(".k_count", element_count_bits,
                  of([](const auto& ws) { return ws.k_count; }, none));
    fields.number(".pixels", step_count_bits, of(none, [](const auto& os) { return os.pixels; }));
    fields.number(".outputs", position_bits, of(none, [](const auto& os) { return os.outputs; }));
    fields.number(".columns", position_bits,
                  of_body([](const auto& pass) { return pass.columns; }));
    fields.number(".k_offset", operand_streamer::address_bits,
                  of_body([](const auto& pass) { return pass.k_offset; }));
    fields.flag(".accumulate", of([](const auto& ws) { return ws.accumulate ? 1 : 0; },
                                  [](const auto& os) { return os.resume ? 1 : 0; }));
    fields.number(".moving_address", buffer_address_bits,
                  of_body([](const auto& pass) { return pass.moving.address; }));
    fields.number(".stationary_address", buffer_address_bits,
                  of_body([](const auto& pass) { return pass.stationary_address; }));
    fields.number(".accumulator_address", buffer_address_bits,
                  of_body([](const auto& pass) { return pass.accumulator_address; }));
}

// The operands of what goes through the vector queue.
std::int64_t first_in(const isa::Drain& body) {
    return body.accumulator_address;
}
std::int64_t first_in(const VectorInstruction& body) {
    return body.in[0].address;
}
std::int64_t first_out(const isa::Drain& body) {
    return body.destination;
}
std::int64_t first_out(const VectorInstruction& body) {
    return body.out[0].address;
}
numerics::Format format_out(const isa::Drain& body) {
    return body.format;
}
numerics::Format format_out(const VectorInstruction& body) {
    return body.out[0].format;
}

template <class Command, class OfBody>
void probe_operation(Fields<Command> fields, int counter_bits, OfBody of) {
    fields.number(".opcode", opcode_bits, of([](const auto& body) {
                      return static_cast<std::int64_t>(opcode(body).number);
                  }));
    fields.text(".opcode_text", operation_characters,
                of([](const auto& body) { return opcode(body).text; }));
    fields.number(".rows", counter_bits, of([](const auto& body) { return body.rows; }));
    fields.number(".columns", counter_bits, of([](const auto& body) { return body.columns; }));
    fields.number(".in_address", buffer_address_bits,
                  of([](const auto& body) { return first_in(body); }));
    fields.number(".out_address", buffer_address_bits,
                  of([](const auto& body) { return first_out(body); }));
    fields.format(".out_format", of([](const auto& body) { return format_out(body); }));
}

}  // namespace

void probe(Probes& probes, const std::string& name,
           const sc_signal_in_if<sequencer::Command>& wire) {
    Fields fields(probes, name, wire);
    const auto of = [](const sequencer::Command& command) {
        return std::visit([](const auto& body) { return opcode(body); }, command.instruction.body);
    };
    fields.number(".opcode", opcode_bits, [of](const sequencer::Command& command) {
        return static_cast<std::int64_t>(of(command).number);
    });
    fields.text(".opcode_text", operation_characters,
                [of](const sequencer::Command& command) { return of(command).text; });
    fields.number(".operator", operator_bits, [](const sequencer::Command& command) {
        return std::int64_t{command.instruction.operator_index};
    });
}

void probe(Probes& probes, const std::string& name, const sc_signal_in_if<dma::Command>& wire) {
    Fields fields(probes, name, wire);
    fields.text(".buffer", buffer_characters,
                [](const dma::Command& command) { return isa::name(command.transfer.buffer); });
    fields.number(".run_bytes", dma::extent_bits,
                  [](const dma::Command& command) { return command.transfer.extent[0]; });
    fields.number(".runs", dram_address_bits, [](const dma::Command& command) {
        const auto& extent = command.transfer.extent;
        return extent[1] * extent[2] * extent[3];
    });
}

void probe(Probes& probes, const std::string& name,
           const sc_signal_in_if<mac_array::Command>& wire) {
    probe_pass(Fields(probes, name, wire));
}
void probe(Probes& probes, const std::string& name,
           const sc_signal_in_if<operand_streamer::Command>& wire) {
    probe_pass(Fields(probes, name, wire));
}
void probe(Probes& probes, const std::string& name,
           const sc_signal_in_if<scaling_unit::Command>& wire) {
    probe_operation(Fields(probes, name, wire), scaling_unit::counter_bits,
                    [](auto value) { return of_body(value); });
}
void probe(Probes& probes, const std::string& name,
           const sc_signal_in_if<vector_unit::Command>& wire) {
    probe_operation(Fields(probes, name, wire), vector_unit::counter_bits, [](auto value) {
        return [value](const vector_unit::Command& command) { return value(command.body); };
    });
}

}  // namespace quatrain::machine
