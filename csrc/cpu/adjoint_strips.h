// The backward function of every neuron with every surrogate, for one compute type: each type has its own source
// file, so that they compile side by side.
#pragma once

#include <torch/headeronly/util/Exception.h>

#include "../generated/neurons.h"
#include "../generated/surrogates.h"
#include "group.h"
#include "strips.h"

namespace snn::cpu {

template <class Neuron, class Surrogate, bool kParamGrads>
struct AdjointLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void run(AdjointStrip<C> strip) {
    constexpr int kKept = Neuron::kKept + (kParamGrads ? Neuron::kKeptForParams : 0);
    constexpr int kGradParams = kParamGrads ? Neuron::kParams : 0;
    Constants<V, Neuron::kConstants> constant(strip.constant);
    Constants<V, 1> slope(&strip.slope);
    for (int64_t begin = 0; begin < kStrip; begin += kGroup<V>) {
      Group<V, Neuron::kParams> param(strip.param + begin, strip.spread);
      Group<V, Neuron::kStates> grad_state(strip.grad_state + begin, strip.spread);
      Group<V, kGradParams> grad_param(strip.grad_param + begin, strip.spread);
      for (int64_t step = strip.steps - 1; step >= 0; --step) {
        const C* from = strip.kept + step * kKept * kStrip + begin;
        V grad_spike[kVectors], grad_x[kVectors];
        V kept[kVectors][Neuron::kKept + Neuron::kKeptForParams + 1], added[kVectors][Neuron::kParams + 1];
        read(strip.grad_spike, step, begin, grad_spike);
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i) {
          for (int k = 0; k < kKept; ++k) kept[i][k] = load<V>(from + k * kStrip + i * kLanes<V>);
          Neuron::template adjoint<Surrogate>(kept[i], param.values[i], constant.values, strip.strict, slope.values[0],
                                              grad_spike[i], grad_state.values[i], grad_x[i], grad_state.values[i],
                                              added[i]);
          for (int k = 0; k < kGradParams; ++k) grad_param.values[i][k] += added[i][k];
        }
        write<false>(grad_x, strip.grad_x, step, begin);
      }
      grad_state.put(strip.grad_state + begin, strip.spread);
      grad_param.put(strip.grad_param + begin, strip.spread);
    }
  }
};

template <class Surrogate, class C>
Adjoint<C> find_adjoint_with(const std::string& neuron, bool param_grads) {
#define SNN_FIND(NEURON)                                                                 \
  if (neuron == #NEURON)                                                                 \
    return param_grads ? widest<AdjointLoop<NEURON, Surrogate, true>, AdjointStrip, C>() \
                       : widest<AdjointLoop<NEURON, Surrogate, false>, AdjointStrip, C>();
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
