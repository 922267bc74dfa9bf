// One call of a neuron's operators: the options that come with the tensors, and the checks of both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "registry.h"
#include "values.h"

namespace snn::cpu {

struct Call {
  const NeuronTable& neuron;
  Shape shape;
  ScalarType type;  // of the inputs
  bool strict;
  OutputKind kind;
  int64_t record;  // a bit for each state that is recorded
  bool with_state;

  Call(const std::vector<Tensor>& tensors, const std::string& neuron_, bool strict_, int64_t interval, Shape shape_,
       const std::string& output, int64_t record_, bool with_state_)
      : neuron(find_neuron(neuron_)), shape(shape_), type(x_of(tensors).scalar_type()), strict(strict_),
        kind(find_output(output)), record(record_), with_state(with_state_) {
    STD_TORCH_CHECK(interval == 0 || interval == kInterval, "the CPU library is compiled for a checkpoint every ",
                    kInterval, " steps, or none (0), got ", interval);
    STD_TORCH_CHECK(static_cast<int64_t>(tensors.size()) >= neuron.inputs, neuron_, " needs ", neuron.inputs,
                    " inputs, got ", tensors.size(), " tensors");
    for (int64_t k = 1; k < neuron.inputs; ++k)
      STD_TORCH_CHECK(
          tensors[k].scalar_type() == type && tensors[k].is_contiguous() && tensors[k].numel() == tensors[0].numel(),
          "inputs must be contiguous, and of one shape and dtype");
    STD_TORCH_CHECK(kind != OutputKind::kPacked || neuron.gives_spikes, neuron_,
                    " has an output that is not one spike, which cannot be packed");
    STD_TORCH_CHECK(record >= 0 && record < int64_t(1) << neuron.states, "record must be bits of the states of ",
                    neuron_, ", got ", record);
  }

  int64_t recorded() const { return __builtin_popcountll(record); }
};

// Check initial states, or gradients of final states.
template <class C>
void check_states(const Call& call, const std::optional<Tensor>& states) {
  STD_TORCH_CHECK(!states.has_value() || (states->scalar_type() == compute_type<C>() && states->is_contiguous() &&
                                          states->numel() == call.neuron.states * call.shape.neurons()),
                  "states must be contiguous, [S, outer, inner], float64 for a float64 x and else float32");
}

}  // namespace snn::cpu
