// The time loops of the CPU, forward and backward. They know no neuron: a function does a chunk of steps of a block.
//
// Neurons are independent of each other, so each block runs through all of time by itself: the states of a strip of it
// stay in registers for a chunk of steps, those of the block in the second-level cache. In memory tensors are
// [outer, T, inner]; a block is a run of neurons of one outer index.
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/util/Exception.h>

#include <optional>
#include <string>
#include <tuple>

#include "blocks.h"
#include "convert.h"
#include "find.h"
#include "large.h"
#include "output.h"

namespace snn::cpu {
namespace {

template <class C>
void check_arguments(const Sizes& sizes, int64_t interval, const std::optional<Tensor>& states, const Values<C>& values,
                     const Counts& counts) {
  constexpr ScalarType compute = compute_type<C>();
  const std::vector<Tensor>& params = values.params;
  STD_TORCH_CHECK(interval == 0 || interval == kInterval, "the CPU library is compiled for a checkpoint every ",
                  kInterval, " steps, or none (0), got ", interval);
  STD_TORCH_CHECK(
      (params.empty() || static_cast<int64_t>(params.size()) == counts.params) &&
          static_cast<int64_t>(params.size() + values.numbers.size()) == counts.params + counts.constants + 1,
      "wrong number of parameters or constants for this neuron");
  STD_TORCH_CHECK(!states.has_value() || (states->scalar_type() == compute && states->is_contiguous() &&
                                          states->numel() == counts.states * sizes.neurons()),
                  "states must be contiguous, [S, outer, inner], float64 for a float64 x and else float32");
  for (const Tensor& param : params)
    STD_TORCH_CHECK(param.scalar_type() == compute && param.is_contiguous() &&
                        (param.numel() == 1 || param.numel() == sizes.neurons()),
                    "a parameter must be contiguous, [1] or [outer, inner], of the states' dtype");
}

template <class C>
std::tuple<Tensor, Tensor, Tensor> forward(const Tensor& x, const std::optional<Tensor>& states,
                                           const Values<C>& values, const std::string& neuron, bool strict,
                                           int64_t interval, const Shape& shape, OutputKind kind, bool with_state) {
  const Counts counts = find_counts(neuron);
  check_arguments(shape, interval, states, values, counts);
  const Step<C> step = find_step<C>(neuron);
  const int64_t first_kept = states.has_value() ? 0 : kInterval;  // the time step of the first checkpoint
  const int64_t chunks = interval > 0 ? shape.chunks(kInterval) - first_kept / kInterval : 0;
  Tensor result = empty(shape.output(kind), output_type(kind, x.scalar_type(), compute_type<C>()));
  Tensor final_states = empty({with_state ? counts.states : 0, shape.outer, shape.inner}, compute_type<C>());
  Tensor checkpoints = empty({chunks, counts.states, shape.outer, shape.inner}, compute_type<C>());
  const InputSequence input(x, shape);
  C* final_data = static_cast<C*>(final_states.mutable_data_ptr());
  C* checkpoint_data = static_cast<C*>(checkpoints.mutable_data_ptr());

  for_blocks(shape, false, [&](const auto& take) {
    Scratch<C> scratch(shape, counts.states + counts.params);
    C *state = scratch.take_rows(counts.states), *param = scratch.take_rows(counts.params);
    Buffer<C> x_buffer;
    Output<C> output(kind, result, shape);
    for (int64_t index = take(); index >= 0; index = take()) {
      const Block block(shape, index);
      values.fill(shape, block, counts.params, param);
      load_states(states, shape, block, counts.states, state);
      for (int64_t t = 0; t < shape.steps; t += kInterval) {
        const int64_t length = std::min(kInterval, shape.steps - t);
        if (interval > 0 && t >= first_kept)
          store_states(state, shape, block, counts.states,
                       checkpoint_data + (t - first_kept) / kInterval * counts.states * shape.neurons());
        for (int64_t i = 0; i < block.count; i += kStrip) {
          const Block strip = block.strip(i);
          const Rows x = input.read(strip, t, length, x_buffer.bytes);
          const WrittenRows spikes = output.target(strip, t);
          step({{length, shape.block, param + i, values.numbers.data(), strict}, x, state + i, spikes});
          output.written(strip, t, length, spikes);
        }
      }
      if (with_state) store_states(state, shape, block, counts.states, final_data);
    }
  });
  return {result, final_states, checkpoints};
}

// What backward is told besides its tensors.
struct Rule {
  const std::string& neuron;
  const std::string& surrogate;
  bool strict;
  int64_t interval;
  bool with_state, param_grads;
};

template <class C>
std::tuple<Tensor, Tensor, Tensor> backward(const Tensor& x, const Tensor& checkpoints, const Values<C>& values,
                                            const Rule& rule, const Shape& shape, const Tensor& grad,
                                            const std::optional<Tensor>& grad_final) {
  const Counts counts = find_counts(rule.neuron);
  check_arguments(shape, rule.interval, grad_final, values, counts);
  const Replay<C> replay = find_replay<C>(rule.neuron, rule.param_grads);
  const Adjoint<C> adjoint = find_adjoint<C>(rule.neuron, rule.surrogate, rule.param_grads);
  check_type(grad, "grad_spikes", x.scalar_type());
  check_param_grads(rule.param_grads, !values.params.empty() || counts.params == 0);
  check_type(checkpoints, "checkpoints", compute_type<C>());
  STD_TORCH_CHECK(checkpoints.is_contiguous() && checkpoints.dim() == 4 &&
                      checkpoints.numel() == checkpoints.size(0) * counts.states * shape.neurons(),
                  "checkpoints must be contiguous, [chunks, S, outer, inner]");
  const int64_t chunks = shape.chunks(kInterval), first_kept = (chunks - checkpoints.size(0)) * kInterval;
  STD_TORCH_CHECK(first_kept == 0 || first_kept == kInterval, "checkpoints must be of all ", chunks,
                  " chunks, or of all but the first, got ", checkpoints.size(0));
  const int64_t param_rows = rule.param_grads ? counts.params : 0;
  const int64_t kept_rows = counts.kept + (rule.param_grads ? counts.kept_for_params : 0);
  Tensor grad_x = empty(shape.x, x.scalar_type());
  Tensor grad_states = empty({rule.with_state ? counts.states : 0, shape.outer, shape.inner}, compute_type<C>());
  Tensor grad_params = empty({param_rows, shape.outer, shape.inner}, compute_type<C>());
  const InputSequence input(x, shape);
  const OutputSequence output(grad_x, shape);
  const Gradient grad_spikes(grad, shape);
  const C* checkpoint_data = static_cast<const C*>(checkpoints.const_data_ptr());
  C* grad_state_data = static_cast<C*>(grad_states.mutable_data_ptr());
  C* grad_param_data = static_cast<C*>(grad_params.mutable_data_ptr());

  // What forward read last is what the shared cache may still hold.
  for_blocks(shape, true, [&](const auto& take) {
    const int64_t sum_rows = shape.constant ? 1 : 0, kept_values = kInterval * kept_rows * kStrip;
    Scratch<C> scratch(shape, 2 * counts.states + 2 * counts.params + sum_rows, kept_values);
    C *state = scratch.take_rows(counts.states), *grad_state = scratch.take_rows(counts.states);
    C *param = scratch.take_rows(counts.params), *grad_param = scratch.take_rows(counts.params);
    C *grad_x_sum = scratch.take_rows(sum_rows), *kept = scratch.take(kept_values);
    Buffer<C> x_buffer, grad_buffer, grad_x_buffer;
    for (int64_t index = take(); index >= 0; index = take()) {
      const Block block(shape, index);
      values.fill(shape, block, counts.params, param);
      std::fill_n(grad_param, counts.params * shape.block, C(0));
      std::fill_n(grad_x_sum, sum_rows * shape.block, C(0));
      load_states(grad_final, shape, block, counts.states, grad_state);
      for (int64_t t = (shape.steps - 1) / kInterval * kInterval; t >= 0; t -= kInterval) {
        const int64_t length = std::min(kInterval, shape.steps - t);
        const int64_t place = (t - first_kept) / kInterval * counts.states * shape.neurons();
        load_states(t < first_kept ? nullptr : checkpoint_data + place, shape, block, counts.states, state);
        for (int64_t i = 0; i < block.count; i += kStrip) {
          const Block strip = block.strip(i);
          const Strip<C> shared{length, shape.block, param + i, values.numbers.data(), rule.strict};
          const WrittenRows grad_x_rows =
              shape.constant ? WrittenRows{reinterpret_cast<char*>(grad_x_sum + i), 0, element_type<C>(), Way::kAdded}
                             : output.target(strip, t, grad_x_buffer.bytes);
          replay({shared, input.read(strip, t, length, x_buffer.bytes), state + i, kept});
          adjoint({shared, kept, values.slope(), grad_spikes.read(strip, t, length, grad_buffer.bytes), grad_state + i,
                   grad_x_rows, grad_param + i});
          if (!shape.constant) output.written(strip, t, length, grad_x_rows);
        }
      }
      if (shape.constant)
        put_row(grad_x.scalar_type(), grad_x_sum, block.count, grad_x.mutable_data_ptr(), block.neuron(shape));
      if (rule.with_state) store_states(grad_state, shape, block, counts.states, grad_state_data);
      if (rule.param_grads) store_states(grad_param, shape, block, counts.params, grad_param_data);
    }
  });
  return {grad_x, grad_states, grad_params};
}

std::tuple<Tensor, Tensor, Tensor> native_forward(std::vector<Tensor> tensors, std::optional<Tensor> states,
                                                  std::optional<Tensor> values, std::vector<double> numbers,
                                                  std::string neuron, bool strict, int64_t interval, int64_t time_dim,
                                                  int64_t steps, std::string output, bool with_state) {
  const Tensor& x = x_of(tensors);
  const Shape shape(x, time_dim, steps);
  const OutputKind kind = find_output(output);
  if (x.scalar_type() == ScalarType::Double)
    return forward<double>(x, states, {tensors, values, numbers}, neuron, strict, interval, shape, kind, with_state);
  return forward<float>(x, states, {tensors, values, numbers}, neuron, strict, interval, shape, kind, with_state);
}

std::tuple<Tensor, Tensor, Tensor> native_backward(std::vector<Tensor> tensors, Tensor checkpoints,
                                                   std::optional<Tensor> values, std::vector<double> numbers,
                                                   std::string neuron, bool strict, int64_t interval, int64_t time_dim,
                                                   int64_t steps, std::string surrogate, Tensor grad_spikes,
                                                   std::optional<Tensor> grad_states, bool with_state,
                                                   bool param_grads) {
  const Tensor& x = x_of(tensors);
  const Shape shape(x, time_dim, steps);
  const Rule rule{neuron, surrogate, strict, interval, with_state, param_grads};
  if (x.scalar_type() == ScalarType::Double)
    return backward<double>(x, checkpoints, {tensors, values, numbers}, rule, shape, grad_spikes, grad_states);
  return backward<float>(x, checkpoints, {tensors, values, numbers}, rule, shape, grad_spikes, grad_states);
}

}  // namespace

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CPU, library) {
  library.impl("native_forward", TORCH_BOX(&native_forward));
  library.impl("native_backward", TORCH_BOX(&native_backward));
}

}  // namespace snn::cpu
