// The forward functions of every neuron.
#include <torch/headeronly/util/Exception.h>

#include "../generated/neurons.h"
#include "strips.h"

namespace snn::cpu {
namespace {

// One step of a strip, from `state` to `next`, which may be the same.
template <class Neuron, bool kStrict, class C>
SNN_INLINE void step_neurons(const C* x, const C* state, int64_t state_spread, const Strip<C>& strip, C* spike, C* next,
                             int64_t next_spread) {
  C constant[Neuron::kConstants + 1];
  get<Neuron::kConstants>(strip.constant, 1, constant);
#pragma GCC ivdep
  for (int64_t i = 0; i < kStrip; ++i) {
    C state_in[Neuron::kStates + 1], param[Neuron::kParams + 1], state_out[Neuron::kStates + 1], fired;
    get<Neuron::kStates>(state + i, state_spread, state_in);
    get<Neuron::kParams>(strip.param + i, strip.spread, param);
    Neuron::step(x[i], state_in, param, constant, kStrict, fired, state_out);
    if (spike != nullptr) spike[i] = fired;
    set<Neuron::kStates>(next + i, next_spread, state_out);
  }
}

template <class Neuron, bool kStrict, class C>
SNN_INLINE void steps_of(const StepStrip<C>& strip) {
  for (int64_t step = 0; step < strip.steps; ++step) {
    prefetch_next(strip.x[step]);
    prefetch_next(strip.spike[step]);
    step_neurons<Neuron, kStrict>(strip.x[step], strip.state, strip.spread, strip, strip.spike[step], strip.state,
                                  strip.spread);
  }
}

template <class Neuron, bool kStrict, class C>
SNN_INLINE void replay_of(const ReplayStrip<C>& strip) {
  constexpr int64_t kSize = Neuron::kStates * kStrip;
  for (int k = 0; k < Neuron::kStates; ++k)
    for (int64_t i = 0; i < kStrip; ++i) strip.states[k * kStrip + i] = strip.state[k * strip.spread + i];
  C* state = strip.states;
  for (int64_t step = 0; step + 1 < strip.steps; ++step, state += kSize) {
    prefetch_next(strip.x[step]);
    step_neurons<Neuron, kStrict>(strip.x[step], state, kStrip, strip, static_cast<C*>(nullptr), state + kSize, kStrip);
  }
}

// The comparison is decided outside the loops, which then compare once for each neuron.
template <class Neuron, class C>
SNN_CLONES void step_strip(const StepStrip<C>& strip) {
  strip.strict ? steps_of<Neuron, true>(strip) : steps_of<Neuron, false>(strip);
}

template <class Neuron, class C>
SNN_CLONES void replay_strip(const ReplayStrip<C>& strip) {
  strip.strict ? replay_of<Neuron, true>(strip) : replay_of<Neuron, false>(strip);
}

}  // namespace

template <class C>
Steps<C> find_steps(const std::string& neuron) {
#define SNN_FIND(NEURON) \
  if (neuron == #NEURON) return {step_strip<NEURON, C>, replay_strip<NEURON, C>};
  SNN_FOR_EACH_NEURON(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no neuron called ", neuron);
}

template Steps<float> find_steps<float>(const std::string&);
template Steps<double> find_steps<double>(const std::string&);

Counts find_counts(const std::string& neuron) {
#define SNN_FIND(NEURON) \
  if (neuron == #NEURON) return {NEURON::kStates, NEURON::kParams, NEURON::kConstants};
  SNN_FOR_EACH_NEURON(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no neuron called ", neuron);
}

}  // namespace snn::cpu
