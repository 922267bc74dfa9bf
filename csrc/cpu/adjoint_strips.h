// The backward function of every neuron with every surrogate, for one compute type: each type has its own source
// file, so that they compile side by side.
#pragma once

#include <torch/headeronly/util/Exception.h>

#include "../generated/neurons.h"
#include "../generated/surrogates.h"
#include "strips.h"

namespace snn::cpu {

template <class Neuron, class Surrogate, bool kParamGrads, bool kStrict, class C>
SNN_INLINE void adjoint_of(const AdjointStrip<C>& strip) {
  constexpr int kStates = Neuron::kStates, kParams = Neuron::kParams;
  const int64_t spread = strip.spread;
  const C slope = strip.slope;
  C constant[Neuron::kConstants + 1];
  get<Neuron::kConstants>(strip.constant, 1, constant);
  for (int64_t step = strip.steps - 1; step >= 0; --step) {
    const C *x = strip.x[step], *grad_spike = strip.grad_spike[step], *state = strip.states + step * kStates * kStrip;
    C* grad_x = strip.grad_x[step];
    prefetch_next(grad_spike);
    prefetch_next(grad_x);
#pragma GCC ivdep
    for (int64_t i = 0; i < kStrip; ++i) {
      C state_in[kStates + 1], param[kParams + 1], grad_next[kStates + 1], grad_state[kStates + 1];
      C grad_param[kParams + 1];
      get<kStates>(state + i, kStrip, state_in);
      get<kParams>(strip.param + i, spread, param);
      get<kStates>(strip.grad_state + i, spread, grad_next);
      Neuron::template adjoint<Surrogate>(x[i], state_in, param, constant, kStrict, slope, grad_spike[i], grad_next,
                                          grad_x[i], grad_state, grad_param);
      set<kStates>(strip.grad_state + i, spread, grad_state);
      if (kParamGrads)
        for (int k = 0; k < kParams; ++k) strip.grad_param[k * spread + i] += grad_param[k];
    }
  }
}

// The comparison is decided outside the loops, which then compare once for each neuron.
template <class Neuron, class Surrogate, bool kParamGrads, class C>
SNN_CLONES void adjoint_strip(const AdjointStrip<C>& strip) {
  strip.strict ? adjoint_of<Neuron, Surrogate, kParamGrads, true>(strip)
               : adjoint_of<Neuron, Surrogate, kParamGrads, false>(strip);
}

template <class Surrogate, class C>
Adjoint<C> find_adjoint_with(const std::string& neuron, bool param_grads) {
#define SNN_FIND(NEURON) \
  if (neuron == #NEURON) \
    return param_grads ? adjoint_strip<NEURON, Surrogate, true, C> : adjoint_strip<NEURON, Surrogate, false, C>;
  SNN_FOR_EACH_NEURON(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no neuron called ", neuron);
}

template <class C>
Adjoint<C> find_adjoint(const std::string& neuron, const std::string& surrogate, bool param_grads) {
#define SNN_FIND(SURROGATE) \
  if (surrogate == #SURROGATE) return find_adjoint_with<SURROGATE, C>(neuron, param_grads);
  SNN_FOR_EACH_SURROGATE(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no surrogate called ", surrogate);
}

}  // namespace snn::cpu
