// The loops over the steps and groups of a strip, for any neuron that is written as generated/neurons.h has them.
#pragma once

#include "group.h"
#include "strips.h"

namespace snn::cpu {

template <class Neuron>
struct StepLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void run(StepStrip<C> strip) {
    Constants<V, Neuron::kConstants> constant(strip.constant);
    for (int64_t begin = 0; begin < kStrip; begin += kGroup<V>) {
      Group<V, Neuron::kParams> param(strip.param + begin, strip.spread);
      Group<V, Neuron::kStates> state(strip.state + begin, strip.spread);
      for (int64_t step = 0; step < strip.steps; ++step) {
        V x[kVectors], fired[kVectors];
        read(strip.x, step, begin, x);
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i) {
          Neuron::step(x[i], state.values[i], param.values[i], constant.values, strip.strict, fired[i],
                       state.values[i]);
        }
        write<true>(fired, strip.spike, step, begin);
      }
      state.put(strip.state + begin, strip.spread);
    }
  }
};

template <class Neuron, bool kParamGrads>
struct ReplayLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void run(ReplayStrip<C> strip) {
    constexpr int kKeptInAll = Neuron::kKept + Neuron::kKeptForParams;
    constexpr int kKept = kParamGrads ? kKeptInAll : Neuron::kKept;
    Constants<V, Neuron::kConstants> constant(strip.constant);
    for (int64_t begin = 0; begin < kStrip; begin += kGroup<V>) {
      Group<V, Neuron::kParams> param(strip.param + begin, strip.spread);
      Group<V, Neuron::kStates> state(strip.state + begin, strip.spread);
      C* to = strip.kept + begin;
      for (int64_t step = 0; step < strip.steps; ++step, to += kKept * kStrip) {
        V x[kVectors], kept[kVectors][kKeptInAll + 1], fired;
        read(strip.x, step, begin, x);
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i) {
          Neuron::keep(x[i], state.values[i], param.values[i], constant.values, strip.strict, kept[i]);
          for (int k = 0; k < kKept; ++k) store(kept[i][k], to + k * kStrip + i * kLanes<V>);
          Neuron::step(x[i], state.values[i], param.values[i], constant.values, strip.strict, fired, state.values[i]);
        }
      }
    }
  }
};

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

}  // namespace snn::cpu
