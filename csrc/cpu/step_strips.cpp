// The forward functions of every neuron.
#include <torch/headeronly/util/Exception.h>

#include "../generated/neurons.h"
#include "group.h"
#include "strips.h"

namespace snn::cpu {
namespace {

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

}  // namespace

template <class C>
Step<C> find_step(const std::string& neuron) {
#define SNN_FIND(NEURON) \
  if (neuron == #NEURON) return widest<StepLoop<NEURON>, StepStrip, C>();
  SNN_FOR_EACH_NEURON(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no neuron called ", neuron);
}

template <class C>
Replay<C> find_replay(const std::string& neuron, bool param_grads) {
#define SNN_FIND(NEURON)                                                    \
  if (neuron == #NEURON)                                                    \
    return param_grads ? widest<ReplayLoop<NEURON, true>, ReplayStrip, C>() \
                       : widest<ReplayLoop<NEURON, false>, ReplayStrip, C>();
  SNN_FOR_EACH_NEURON(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no neuron called ", neuron);
}

template Step<float> find_step<float>(const std::string&);
template Step<double> find_step<double>(const std::string&);
template Replay<float> find_replay<float>(const std::string&, bool);
template Replay<double> find_replay<double>(const std::string&, bool);

Counts find_counts(const std::string& neuron) {
#define SNN_FIND(NEURON) \
  if (neuron == #NEURON) \
    return {NEURON::kStates, NEURON::kParams, NEURON::kConstants, NEURON::kKept, NEURON::kKeptForParams};
  SNN_FOR_EACH_NEURON(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no neuron called ", neuron);
}

}  // namespace snn::cpu
