// The functions of the built-in neurons, in the order of SNN_FOR_EACH_NEURON, for float or for double. Each type has a
// source file of its own, so that the two compile side by side.
#pragma once

#include <vector>

#include "../generated/surrogates.h"
#include "strip/neuron.h"

namespace snn::cpu {

using Inlined = Surrogates<SNN_INLINED>;

template <class C>
std::vector<NeuronFunctions<C>> built_in_functions();

}  // namespace snn::cpu
