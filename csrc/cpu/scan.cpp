// The time loops of the CPU, forward and backward. They know no neuron: a row function does one time step of a block.
//
// Neurons are independent of each other, so each block runs through all of time by itself, with its states in the
// first-level cache. Tensors are [outer, T, inner]; a block is a run of neurons of one outer index.
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/util/Exception.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "convert.h"
#include "rows.h"

namespace snn::cpu {
namespace {

using torch::stable::Tensor;

// Neurons in a block: the rows that one step touches stay in the first-level cache, and a chunk of steps in the second.
constexpr int64_t kBlock = 1024;

struct Shape {
  int64_t outer, steps, inner;

  explicit Shape(const Tensor& x) : outer(x.size(0)), steps(x.size(1)), inner(x.size(2)) {}

  int64_t neurons() const { return outer * inner; }
  int64_t blocks_per_outer() const { return (inner + kBlock - 1) / kBlock; }
  int64_t blocks() const { return outer * blocks_per_outer(); }
};

// A run of neurons that are neighbours in memory.
struct Block {
  int64_t outer, begin, count;

  Block(const Shape& shape, int64_t index)
      : outer(index / shape.blocks_per_outer()), begin(index % shape.blocks_per_outer() * kBlock),
        count(std::min(kBlock, shape.inner - begin)) {}

  // The place of this block's row in a [outer, T, inner] and in a [outer, inner] tensor.
  int64_t row(const Shape& shape, int64_t t) const { return (outer * shape.steps + t) * shape.inner + begin; }
  int64_t neuron(const Shape& shape) const { return outer * shape.inner + begin; }
};

// A neuron's parameters and constants, as the row functions take them.
template <class C>
struct Values {
  std::vector<Tensor> params;
  std::vector<C> constants;

  Values(const std::vector<Tensor>& params_, const std::vector<double>& constants_)
      : params(params_), constants(constants_.begin(), constants_.end()) {}

  // Copy this block's parameters to rows of kBlock; one number is spread over a row.
  void fill(const Shape& shape, const Block& block, C* rows) const {
    for (size_t k = 0; k < params.size(); ++k) {
      const C* data = static_cast<const C*>(params[k].const_data_ptr());
      C* row = rows + k * kBlock;
      if (params[k].numel() == 1)
        std::fill_n(row, block.count, *data);
      else
        std::copy_n(data + block.neuron(shape), block.count, row);
    }
  }
};

// The gradient of the spikes, which may be the same for all time steps or all neurons: a loss on spike counts or on
// their sum expands it, and to write that out would cost more than the neurons do.
struct Gradient {
  Tensor tensor;
  int64_t outer_stride, time_stride;
  bool one_per_row;

  explicit Gradient(const Tensor& grad)
      : tensor(grad), outer_stride(grad.stride(0)), time_stride(grad.stride(1)),
        one_per_row(grad.size(2) > 1 && grad.stride(2) == 0) {
    STD_TORCH_CHECK(grad.size(2) <= 1 || grad.stride(2) <= 1, "the gradient's neurons must be neighbours in memory");
  }

  template <class C>
  const C* row(const Block& block, int64_t t, C* buffer) const {
    const int64_t offset = block.outer * outer_stride + t * time_stride;
    if (!one_per_row)
      return load_row(tensor.scalar_type(), tensor.const_data_ptr(), offset + block.begin, block.count, buffer);
    C value;
    std::fill_n(buffer, block.count, *load_row(tensor.scalar_type(), tensor.const_data_ptr(), offset, 1, &value));
    return buffer;
  }
};

// Scratch memory of one thread: named runs of rows, kBlock values each.
template <class C>
class Scratch {
 public:
  explicit Scratch(int64_t rows) : memory_(rows * kBlock), next_(memory_.data()) {}

  C* take(int64_t rows) {
    C* taken = next_;
    next_ += rows * kBlock;
    return taken;
  }

 private:
  std::vector<C> memory_;
  C* next_;
};

// Copy a block's states from, or to, a [S, outer, inner] tensor.
template <class C>
void load_states(const C* states, const Shape& shape, const Block& block, int64_t count, C* rows) {
  for (int64_t k = 0; k < count; ++k)
    std::copy_n(states + k * shape.neurons() + block.neuron(shape), block.count, rows + k * kBlock);
}

template <class C>
void store_states(const C* rows, const Shape& shape, const Block& block, int64_t count, C* states) {
  for (int64_t k = 0; k < count; ++k)
    std::copy_n(rows + k * kBlock, block.count, states + k * shape.neurons() + block.neuron(shape));
}

void check_arguments(const Tensor& x, const std::vector<Tensor>& params, const std::vector<double>& constants,
                     const Counts& counts) {
  STD_TORCH_CHECK(x.dim() == 3 && x.is_contiguous(), "x must be a contiguous [outer, T, inner] tensor");
  STD_TORCH_CHECK(static_cast<int64_t>(params.size()) == counts.params &&
                      static_cast<int64_t>(constants.size()) == counts.constants,
                  "wrong number of parameters or constants for this neuron");
}

template <class C>
std::tuple<Tensor, Tensor, Tensor> forward(const Tensor& x, const Tensor& states, const Values<C>& values,
                                           const std::string& neuron, bool strict, int64_t interval) {
  const Shape shape(x);
  const Counts counts = find_counts(neuron);
  const StepFunction<C> step = find_step<C>(neuron);
  const int64_t chunks = interval > 0 ? (shape.steps + interval - 1) / interval : 0;
  Tensor spikes = torch::stable::empty_like(x), final_states = torch::stable::empty_like(states);
  Tensor checkpoints = torch::stable::new_empty(states, {chunks, counts.states, shape.outer, shape.inner});
  const ScalarType type = x.scalar_type();
  const void* x_data = x.const_data_ptr();
  void* spike_data = spikes.mutable_data_ptr();
  const C* state_data = static_cast<const C*>(states.const_data_ptr());
  C* final_data = static_cast<C*>(final_states.mutable_data_ptr());
  C* checkpoint_data = static_cast<C*>(checkpoints.mutable_data_ptr());

  torch::stable::parallel_for(0, shape.blocks(), 1, [&](int64_t first, int64_t last) {
    Scratch<C> scratch(counts.states + counts.params + 2);
    C *state = scratch.take(counts.states), *param = scratch.take(counts.params);
    C *x_buffer = scratch.take(1), *spike_buffer = scratch.take(1);
    for (int64_t index = first; index < last; ++index) {
      const Block block(shape, index);
      values.fill(shape, block, param);
      load_states(state_data, shape, block, counts.states, state);
      for (int64_t t = 0; t < shape.steps; ++t) {
        if (interval > 0 && t % interval == 0)
          store_states(state, shape, block, counts.states,
                       checkpoint_data + t / interval * counts.states * shape.neurons());
        const int64_t row = block.row(shape, t);
        C* spike = row_target(type, spike_data, row, spike_buffer);
        step({block.count, kBlock, load_row(type, x_data, row, block.count, x_buffer), state, param,
              values.constants.data(), strict, spike, state});
        store_row(type, spike, block.count, spike_data, row);
      }
      store_states(state, shape, block, counts.states, final_data);
    }
  });
  return {spikes, final_states, checkpoints};
}

// What backward is told besides its tensors.
struct Rule {
  const std::string& neuron;
  const std::string& surrogate;
  bool strict;
  int64_t interval;
  double slope;
  bool param_grads;
};

template <class C>
std::tuple<Tensor, Tensor, Tensor> backward(const Tensor& x, const Tensor& checkpoints, const Values<C>& values,
                                            const Rule& rule, const Gradient& grad_spikes, const Tensor& grad_final) {
  const Shape shape(x);
  const Counts counts = find_counts(rule.neuron);
  const StepFunction<C> step = find_step<C>(rule.neuron);
  const AdjointFunction<C> adjoint = find_adjoint<C>(rule.neuron, rule.surrogate, rule.param_grads);
  const int64_t param_rows = rule.param_grads ? counts.params : 0;
  Tensor grad_x = torch::stable::empty_like(x), grad_states = torch::stable::empty_like(grad_final);
  Tensor grad_params = torch::stable::new_empty(grad_final, {param_rows, shape.outer, shape.inner});
  const ScalarType type = x.scalar_type();
  const void* x_data = x.const_data_ptr();
  void* grad_x_data = grad_x.mutable_data_ptr();
  const C* checkpoint_data = static_cast<const C*>(checkpoints.const_data_ptr());
  const C* grad_final_data = static_cast<const C*>(grad_final.const_data_ptr());
  C* grad_state_data = static_cast<C*>(grad_states.mutable_data_ptr());
  C* grad_param_data = static_cast<C*>(grad_params.mutable_data_ptr());
  const int64_t interval = std::min(rule.interval, shape.steps);
  const C slope = static_cast<C>(rule.slope);

  torch::stable::parallel_for(0, shape.blocks(), 1, [&](int64_t first, int64_t last) {
    const bool converts = type == ScalarType::BFloat16 || type == ScalarType::Half;
    Scratch<C> scratch(counts.states * (interval + 1) + 2 * counts.params + (converts ? interval : 0) + 3);
    C *chunk = scratch.take(counts.states * interval), *grad_state = scratch.take(counts.states);
    C *param = scratch.take(counts.params), *grad_param = scratch.take(counts.params);
    C *x_buffer = scratch.take(converts ? interval : 0), *grad_buffer = scratch.take(1);
    C *grad_x_buffer = scratch.take(1), *no_spike = scratch.take(1);
    std::vector<const C*> x_rows(interval);
    for (int64_t index = first; index < last; ++index) {
      const Block block(shape, index);
      values.fill(shape, block, param);
      std::fill_n(grad_param, counts.params * kBlock, C(0));
      load_states(grad_final_data, shape, block, counts.states, grad_state);
      for (int64_t begin = (shape.steps - 1) / rule.interval * rule.interval; begin >= 0; begin -= rule.interval) {
        const int64_t length = std::min(rule.interval, shape.steps - begin);
        load_states(checkpoint_data + begin / rule.interval * counts.states * shape.neurons(), shape, block,
                    counts.states, chunk);
        for (int64_t k = 0; k < length; ++k) {
          x_rows[k] = load_row(type, x_data, block.row(shape, begin + k), block.count, x_buffer + k * kBlock);
          C* state = chunk + k * counts.states * kBlock;
          if (k + 1 < length)
            step({block.count, kBlock, x_rows[k], state, param, values.constants.data(), rule.strict, no_spike,
                  state + counts.states * kBlock});
        }
        for (int64_t k = length - 1; k >= 0; --k) {
          const int64_t row = block.row(shape, begin + k);
          C* grad_x_row = row_target(type, grad_x_data, row, grad_x_buffer);
          adjoint({block.count, kBlock, x_rows[k], chunk + k * counts.states * kBlock, param, values.constants.data(),
                   rule.strict, slope, grad_spikes.row(block, begin + k, grad_buffer), grad_state, grad_x_row,
                   grad_param});
          store_row(type, grad_x_row, block.count, grad_x_data, row);
        }
      }
      store_states(grad_state, shape, block, counts.states, grad_state_data);
      if (rule.param_grads) store_states(grad_param, shape, block, counts.params, grad_param_data);
    }
  });
  return {grad_x, grad_states, grad_params};
}

std::tuple<Tensor, Tensor, Tensor> native_forward(Tensor x, Tensor states, std::vector<Tensor> params,
                                                  std::vector<double> constants, std::string neuron, bool strict,
                                                  int64_t interval) {
  check_arguments(x, params, constants, find_counts(neuron));
  if (x.scalar_type() == ScalarType::Double)
    return forward<double>(x, states, {params, constants}, neuron, strict, interval);
  return forward<float>(x, states, {params, constants}, neuron, strict, interval);
}

std::tuple<Tensor, Tensor, Tensor> native_backward(Tensor x, Tensor checkpoints, std::vector<Tensor> params,
                                                   std::vector<double> constants, std::string neuron, bool strict,
                                                   int64_t interval, std::string surrogate, double slope,
                                                   Tensor grad_spikes, Tensor grad_states, bool param_grads) {
  check_arguments(x, params, constants, find_counts(neuron));
  const Rule rule{neuron, surrogate, strict, interval, slope, param_grads};
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
