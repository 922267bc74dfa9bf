// The forward row function of every neuron.
#include <torch/headeronly/util/Exception.h>

#include "../generated/neurons.h"
#include "rows.h"

namespace snn::cpu {
namespace {

template <class Neuron, bool kStrict, class C>
SNN_INLINE void step_loop(const StepRow<C>& row) {
  const int64_t count = row.count, stride = row.stride;
  const C *x = row.x, *state = row.state, *param = row.param;
  C *spike = row.spike, *next_state = row.next_state;
  C constant[Neuron::kConstants + 1];
  for (int k = 0; k < Neuron::kConstants; ++k) constant[k] = row.constant[k];
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    C state_in[Neuron::kStates], param_in[Neuron::kParams + 1], state_out[Neuron::kStates], fired;
    for (int k = 0; k < Neuron::kStates; ++k) state_in[k] = state[k * stride + i];
    for (int k = 0; k < Neuron::kParams; ++k) param_in[k] = param[k * stride + i];
    Neuron::step(x[i], state_in, param_in, constant, kStrict, fired, state_out);
    spike[i] = fired;
    for (int k = 0; k < Neuron::kStates; ++k) next_state[k * stride + i] = state_out[k];
  }
}

// The comparison is decided outside the loop, which then compares once for each neuron.
template <class Neuron, class C>
SNN_CLONES void step_row(const StepRow<C>& row) {
  row.strict ? step_loop<Neuron, true>(row) : step_loop<Neuron, false>(row);
}

}  // namespace

template <class C>
StepFunction<C> find_step(const std::string& neuron) {
#define SNN_FIND(NEURON) \
  if (neuron == #NEURON) return step_row<NEURON, C>;
  SNN_FOR_EACH_NEURON(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no neuron called ", neuron);
}

template StepFunction<float> find_step<float>(const std::string&);
template StepFunction<double> find_step<double>(const std::string&);

Counts find_counts(const std::string& neuron) {
#define SNN_FIND(NEURON) \
  if (neuron == #NEURON) return {NEURON::kStates, NEURON::kParams, NEURON::kConstants};
  SNN_FOR_EACH_NEURON(SNN_FIND)
#undef SNN_FIND
  STD_TORCH_CHECK(false, "the native engine has no neuron called ", neuron);
}

}  // namespace snn::cpu
