// The backward row function of every neuron with every surrogate, for one compute type: each type has its own source
// file, so that they compile side by side.
#pragma once

#include <torch/headeronly/util/Exception.h>

#include "../generated/neurons.h"
#include "../generated/surrogates.h"
#include "rows.h"

namespace snn::cpu {

template <class Neuron, class Surrogate, bool kParamGrads, bool kStrict, class C>
SNN_INLINE void adjoint_loop(const AdjointRow<C>& row) {
  const int64_t count = row.count, stride = row.stride;
  const C *x = row.x, *state = row.state, *param = row.param, *grad_spike = row.grad_spike;
  C *grad_state = row.grad_state, *grad_x = row.grad_x, *grad_param = row.grad_param;
  const C slope = row.slope;
  C constant[Neuron::kConstants + 1];
  for (int k = 0; k < Neuron::kConstants; ++k) constant[k] = row.constant[k];
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    C state_in[Neuron::kStates], param_in[Neuron::kParams + 1], grad_next[Neuron::kStates];
    C grad_state_out[Neuron::kStates], grad_param_out[Neuron::kParams + 1], grad_x_out;
    for (int k = 0; k < Neuron::kStates; ++k) state_in[k] = state[k * stride + i];
    for (int k = 0; k < Neuron::kParams; ++k) param_in[k] = param[k * stride + i];
    for (int k = 0; k < Neuron::kStates; ++k) grad_next[k] = grad_state[k * stride + i];
    Neuron::template adjoint<Surrogate>(x[i], state_in, param_in, constant, kStrict, slope, grad_spike[i], grad_next,
                                        grad_x_out, grad_state_out, grad_param_out);
    grad_x[i] = grad_x_out;
    for (int k = 0; k < Neuron::kStates; ++k) grad_state[k * stride + i] = grad_state_out[k];
    if (kParamGrads)
      for (int k = 0; k < Neuron::kParams; ++k) grad_param[k * stride + i] += grad_param_out[k];
  }
}

// The comparison is decided outside the loop, which then compares once for each neuron.
template <class Neuron, class Surrogate, bool kParamGrads, class C>
SNN_CLONES void adjoint_row(const AdjointRow<C>& row) {
  row.strict ? adjoint_loop<Neuron, Surrogate, kParamGrads, true>(row)
             : adjoint_loop<Neuron, Surrogate, kParamGrads, false>(row);
}

template <class Surrogate, class C>
AdjointFunction<C> find_adjoint_with(const std::string& neuron, bool param_grads) {
#define SNN_FIND(NEURON) \
  if (neuron == #NEURON) \
    return param_grads ? adjoint_row<NEURON, Surrogate, true, C> : adjoint_row<NEURON, Surrogate, false, C>;
  SNN_FOR_EACH_NEURON(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no neuron called ", neuron);
}

template <class C>
AdjointFunction<C> find_adjoint(const std::string& neuron, const std::string& surrogate, bool param_grads) {
#define SNN_FIND(SURROGATE) \
  if (surrogate == #SURROGATE) return find_adjoint_with<SURROGATE, C>(neuron, param_grads);
  SNN_FOR_EACH_SURROGATE(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no surrogate called ", surrogate);
}

}  // namespace snn::cpu
