// The time loops of the CPU, forward and backward. They know no neuron: a row function does one time step of a block.
//
// Neurons are independent of each other, so each block runs through all of time by itself, with its states in the
// first-level cache. Tensors are [outer, T, inner]; a block is a run of neurons of one outer index.
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/util/Exception.h>

#include <string>
#include <tuple>

#include "blocks.h"
#include "output.h"
#include "rows.h"

namespace snn::cpu {
namespace {

Tensor large(Tensor tensor) {
  advise_huge_pages(tensor.mutable_data_ptr(), tensor.numel() * static_cast<int64_t>(tensor.element_size()));
  return tensor;
}

Tensor empty_output(OutputKind kind, const Tensor& x, const Tensor& states, const Shape& shape) {
  switch (kind) {
    case OutputKind::kCount:
      return torch::stable::new_empty(states, {shape.outer, 1, shape.inner});
    case OutputKind::kPacked:
      return torch::stable::new_empty(x, {shape.outer, shape.steps, packed_bytes(shape.inner)}, ScalarType::Byte);
    default:
      return large(torch::stable::new_empty(x, {shape.outer, shape.steps, shape.inner}));
  }
}

void check_arguments(const Tensor& x, int64_t steps, const Tensor& states, const std::vector<Tensor>& params,
                     const std::vector<double>& constants, const Counts& counts) {
  STD_TORCH_CHECK(x.dim() == 3 && x.is_contiguous() && (x.size(1) == steps || x.size(1) == 1),
                  "x must be a contiguous [outer, T, inner] or [outer, 1, inner] tensor");
  STD_TORCH_CHECK(static_cast<int64_t>(params.size()) == counts.params &&
                      static_cast<int64_t>(constants.size()) == counts.constants,
                  "wrong number of parameters or constants for this neuron");
  const ScalarType compute = x.scalar_type() == ScalarType::Double ? ScalarType::Double : ScalarType::Float;
  const int64_t neurons = x.size(0) * x.size(2);
  STD_TORCH_CHECK(
      states.scalar_type() == compute && states.is_contiguous() && states.numel() == counts.states * neurons,
      "states must be contiguous, [S, outer, inner], float64 for a float64 x and else float32");
  for (const Tensor& param : params)
    STD_TORCH_CHECK(
        param.scalar_type() == compute && param.is_contiguous() && (param.numel() == 1 || param.numel() == neurons),
        "a parameter must be contiguous, [1] or [outer, inner], of the states' dtype");
}

template <class C>
std::tuple<Tensor, Tensor, Tensor> forward(const Tensor& x, const Tensor& states, const Values<C>& values,
                                           const std::string& neuron, bool strict, int64_t interval, int64_t steps,
                                           OutputKind kind) {
  const Shape shape(x, steps);
  const Counts counts = find_counts(neuron);
  const StepFunction<C> step = find_step<C>(neuron);
  const int64_t chunks = interval > 0 ? (shape.steps + interval - 1) / interval : 0;
  Tensor result = empty_output(kind, x, states, shape), final_states = torch::stable::empty_like(states);
  Tensor checkpoints = torch::stable::new_empty(states, {chunks, counts.states, shape.outer, shape.inner});
  const Sequence input(x, shape);
  const C* state_data = static_cast<const C*>(states.const_data_ptr());
  C* final_data = static_cast<C*>(final_states.mutable_data_ptr());
  C* checkpoint_data = static_cast<C*>(checkpoints.mutable_data_ptr());

  torch::stable::parallel_for(0, shape.blocks(), 1, [&](int64_t first, int64_t last) {
    Scratch<C> scratch(shape, counts.states + counts.params + 1 + Output<C>::kRows);
    C *state = scratch.take(counts.states), *param = scratch.take(counts.params), *x_buffer = scratch.take(1);
    Output<C> output(kind, result, shape, scratch);
    for (int64_t index = first; index < last; ++index) {
      const Block block(shape, index);
      values.fill(shape, block, param);
      load_states(state_data, shape, block, counts.states, state);
      output.begin(block);
      for (int64_t t = 0; t < shape.steps; ++t) {
        if (interval > 0 && t % interval == 0)
          store_states(state, shape, block, counts.states,
                       checkpoint_data + t / interval * counts.states * shape.neurons());
        input.prefetch(block, t + 1);
        C* spike = output.target(block, t);
        step({block.count, shape.block, input.read(block, t, x_buffer), state, param, values.constants.data(), strict,
              spike, state});
        output.written(block, t, spike);
      }
      store_states(state, shape, block, counts.states, final_data);
      output.end(block);
    }
  });
  return {result, final_states, checkpoints};
}

// What backward is told besides its tensors.
struct Rule {
  const std::string& neuron;
  const std::string& surrogate;
  bool strict;
  int64_t interval, steps;
  double slope;
  bool param_grads;
};

template <class C>
std::tuple<Tensor, Tensor, Tensor> backward(const Tensor& x, const Tensor& checkpoints, const Values<C>& values,
                                            const Rule& rule, const Gradient& grad_spikes, const Tensor& grad_final) {
  const Shape shape(x, rule.steps);
  const Counts counts = find_counts(rule.neuron);
  const StepFunction<C> step = find_step<C>(rule.neuron);
  const AdjointFunction<C> adjoint = find_adjoint<C>(rule.neuron, rule.surrogate, rule.param_grads);
  const int64_t param_rows = rule.param_grads ? counts.params : 0;
  Tensor grad_x = large(torch::stable::empty_like(x)), grad_states = torch::stable::empty_like(grad_final);
  Tensor grad_params = torch::stable::new_empty(grad_final, {param_rows, shape.outer, shape.inner});
  const Sequence input(x, shape), output(grad_x, shape);
  const C* checkpoint_data = static_cast<const C*>(checkpoints.const_data_ptr());
  const C* grad_final_data = static_cast<const C*>(grad_final.const_data_ptr());
  C* grad_state_data = static_cast<C*>(grad_states.mutable_data_ptr());
  C* grad_param_data = static_cast<C*>(grad_params.mutable_data_ptr());
  const int64_t interval = std::min(rule.interval, shape.steps);
  const C slope = static_cast<C>(rule.slope);

  torch::stable::parallel_for(0, shape.blocks(), 1, [&](int64_t first, int64_t last) {
    Scratch<C> scratch(shape, counts.states * (interval + 1) + 2 * counts.params + interval + 4);
    C *chunk = scratch.take(counts.states * interval), *grad_state = scratch.take(counts.states);
    C *param = scratch.take(counts.params), *grad_param = scratch.take(counts.params);
    C *x_buffer = scratch.take(interval), *grad_buffer = scratch.take(1);
    C *grad_x_buffer = scratch.take(1), *no_spike = scratch.take(1), *grad_x_sum = scratch.take(1);
    std::vector<const C*> x_rows(interval);
    for (int64_t index = first; index < last; ++index) {
      const Block block(shape, index);
      values.fill(shape, block, param);
      std::fill_n(grad_param, counts.params * shape.block, C(0));
      std::fill_n(grad_x_sum, block.count, C(0));
      load_states(grad_final_data, shape, block, counts.states, grad_state);
      for (int64_t begin = (shape.steps - 1) / rule.interval * rule.interval; begin >= 0; begin -= rule.interval) {
        const int64_t length = std::min(rule.interval, shape.steps - begin);
        load_states(checkpoint_data + begin / rule.interval * counts.states * shape.neurons(), shape, block,
                    counts.states, chunk);
        for (int64_t k = 0; k < length; ++k) {
          input.prefetch(block, k + 1 < length ? begin + k + 1 : begin - rule.interval);
          x_rows[k] = input.read(block, begin + k, x_buffer + k * shape.block);
          C* state = chunk + k * counts.states * shape.block;
          if (k + 1 < length)
            step({block.count, shape.block, x_rows[k], state, param, values.constants.data(), rule.strict, no_spike,
                  state + counts.states * shape.block});
        }
        for (int64_t k = length - 1; k >= 0; --k) {
          const int64_t t = begin + k;
          grad_spikes.prefetch(block, t - 1);
          C* grad_x_row = output.constant() ? grad_x_buffer : output.target(block, t, grad_x_buffer);
          adjoint({block.count, shape.block, x_rows[k], chunk + k * counts.states * shape.block, param,
                   values.constants.data(), rule.strict, slope, grad_spikes.read(block, t, grad_buffer), grad_state,
                   grad_x_row, grad_param});
          if (output.constant())
            add_row(grad_x_row, block.count, grad_x_sum);
          else
            output.written(block, t, grad_x_row);
        }
      }
      if (output.constant()) {
        C* target = output.target(block, 0, grad_x_buffer);
        std::copy_n(grad_x_sum, block.count, target);
        output.written(block, 0, target);
      }
      store_states(grad_state, shape, block, counts.states, grad_state_data);
      if (rule.param_grads) store_states(grad_param, shape, block, counts.params, grad_param_data);
    }
  });
  return {grad_x, grad_states, grad_params};
}

std::tuple<Tensor, Tensor, Tensor> native_forward(Tensor x, Tensor states, std::vector<Tensor> params,
                                                  std::vector<double> constants, std::string neuron, bool strict,
                                                  int64_t interval, int64_t steps, std::string output) {
  check_arguments(x, steps, states, params, constants, find_counts(neuron));
  const OutputKind kind = find_output(output);
  if (x.scalar_type() == ScalarType::Double)
    return forward<double>(x, states, {params, constants}, neuron, strict, interval, steps, kind);
  return forward<float>(x, states, {params, constants}, neuron, strict, interval, steps, kind);
}

std::tuple<Tensor, Tensor, Tensor> native_backward(Tensor x, Tensor checkpoints, std::vector<Tensor> params,
                                                   std::vector<double> constants, std::string neuron, bool strict,
                                                   int64_t interval, int64_t steps, std::string surrogate, double slope,
                                                   Tensor grad_spikes, Tensor grad_states, bool param_grads) {
  check_arguments(x, steps, grad_states, params, constants, find_counts(neuron));
  const Rule rule{neuron, surrogate, strict, interval, steps, slope, param_grads};
  if (x.scalar_type() == ScalarType::Double)
    return backward<double>(x, checkpoints, {params, constants}, rule, Gradient(grad_spikes), grad_states);
  return backward<float>(x, checkpoints, {params, constants}, rule, Gradient(grad_spikes), grad_states);
}

}  // namespace

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CPU, library) {
  library.impl("native_forward", TORCH_BOX(&native_forward));
  library.impl("native_backward", TORCH_BOX(&native_backward));
}

}  // namespace snn::cpu
