// The forward functions of every neuron.
#include <torch/headeronly/util/Exception.h>

#include "../generated/neurons.h"
#include "find.h"
#include "strip/loops.h"

namespace snn::cpu {

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
