// The backward function of every neuron with every surrogate, for one compute type: each type has its own source
// file, so that they compile side by side.
#pragma once

#include <torch/headeronly/util/Exception.h>

#include "../generated/neurons.h"
#include "../generated/surrogates.h"
#include "find.h"
#include "strip/loops.h"

namespace snn::cpu {

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
