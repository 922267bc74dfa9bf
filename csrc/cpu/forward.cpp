// The time loop of the CPU, forward. It knows no neuron: a function does a chunk of steps of a strip.
//
// Neurons are independent of each other, so each block runs through all of time by itself: the states of a strip of it
// stay in registers for a chunk of steps, those of the block in the second-level cache. In memory tensors are
// [outer, T, inner]; a block is a run of neurons of one outer index.
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>

#include <tuple>

#include "call.h"
#include "large.h"
#include "output.h"

namespace snn::cpu {
namespace {

using Made = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor>;

// Where the checkpoints of a scan go.
struct Checkpoints {
  Tensor tensor;
  int64_t interval, first;  // the time step of the first

  Checkpoints(const Call& call, int64_t interval_, bool from_zero, ScalarType type)
      : tensor(empty({interval_ > 0 ? call.shape.chunks(kInterval) - from_zero : 0, call.neuron.states,
                      call.shape.outer, call.shape.inner},
                     type)),
        interval(interval_), first(from_zero ? kInterval : 0) {}

  template <class C>
  void store(const C* state, const Call& call, const Block& block, int64_t t) const {
    if (interval == 0 || t < first) return;
    const int64_t states = call.neuron.states, place = (t - first) / kInterval * states * call.shape.neurons();
    store_states(state, call.shape, block, states, static_cast<C*>(tensor.mutable_data_ptr()) + place);
  }
};

template <class C>
Made forward(const Call& call, const std::vector<Tensor>& tensors, const std::optional<Tensor>& states,
             const Values<C>& values, int64_t interval) {
  const Shape& shape = call.shape;
  const NeuronTable& neuron = call.neuron;
  check_states<C>(call, states);
  const Step<C> step = functions<C>(neuron).step;
  const ScalarType type = compute_type<C>();
  const bool indexed = call.kind == OutputKind::kMax && interval > 0;
  Tensor result = empty(shape.output(call.kind), output_type(call.kind, call.type, type));
  Tensor index = empty(indexed ? shape.output(call.kind) : std::vector<int64_t>{0}, ScalarType::Int);
  Tensor records = empty({call.recorded(), shape.outer, shape.steps, shape.inner}, type);
  Tensor final_states = empty({call.with_state ? neuron.states : 0, shape.outer, shape.inner}, type);
  const Checkpoints checkpoints(call, interval, !states.has_value(), type);

  for_blocks(shape, false, [&](const auto& take) {
    Scratch<C> scratch(shape, neuron.states + neuron.params + Output<C>::rows(call.kind),
                       neuron.inputs + call.recorded() + Output<C>::kChunks);
    C *state = scratch.take_rows(neuron.states), *param = scratch.take_rows(neuron.params);
    values.spread(shape, param);
    Output<C> output(call.kind, result, index, shape, scratch);
    ReadSequences<C> inputs(neuron.inputs);
    for (int64_t k = 0; k < neuron.inputs; ++k) inputs.add(k, {tensors[k], shape, shape.constant}, scratch);
    WrittenSequences<C> recorded(neuron.states);
    for (int64_t k = 0, number = 0; k < neuron.states; ++k)
      if (call.record >> k & 1) recorded.add(k, {records, shape, number++}, scratch);
    for (int64_t number = take(); number >= 0; number = take()) {
      const Block block(shape, number);
      values.fill(shape, block, param);
      load_states(states, shape, block, neuron.states, state);
      output.begin(block);
      for (int64_t t = 0; t < shape.steps; t += kInterval) {
        const int64_t length = std::min(kInterval, shape.steps - t);
        checkpoints.store(state, call, block, t);
        for (int64_t i = 0; i < block.count; i += kStrip) {
          const Block strip = block.strip(i);
          const WrittenRows target = output.target(strip, t);
          step({{length, shape.block, param + i, call.strict},
                inputs.read(strip, t, length),
                state + i,
                target,
                recorded.target(strip, t)});
          output.written(strip, t, length, target);
          recorded.written(strip, t, length);
        }
      }
      output.end(block);
      if (call.with_state)
        store_states(state, shape, block, neuron.states, static_cast<C*>(final_states.mutable_data_ptr()));
    }
  });
  return {result, index, records, final_states, checkpoints.tensor};
}

Made native_forward(std::vector<Tensor> tensors, std::optional<Tensor> states, std::optional<Tensor> values,
                    std::vector<double> numbers, int64_t given, std::string neuron, bool strict, int64_t interval,
                    int64_t time_dim, int64_t steps, std::string output, int64_t record, bool with_state) {
  put_in_order(tensors, states);
  const Shape shape(x_of(tensors), time_dim, steps);
  const Call call(tensors, neuron, strict, interval, shape, output, record, with_state);
  if (call.type == ScalarType::Double)
    return forward<double>(call, tensors, states, {call.neuron, shape, tensors, given, values, numbers}, interval);
  return forward<float>(call, tensors, states, {call.neuron, shape, tensors, given, values, numbers}, interval);
}

}  // namespace

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CPU, library) { library.impl("native_forward", TORCH_BOX(&native_forward)); }

}  // namespace snn::cpu
