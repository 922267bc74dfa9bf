#include "../generated/neurons.h"
#include "built_in.h"

namespace snn::cpu {

template <>
std::vector<NeuronFunctions<float>> built_in_functions<float>() {
#define SNN_FUNCTIONS(NEURON) functions_of<NEURON, float, Inlined>(),
  return {SNN_FOR_EACH_NEURON(SNN_FUNCTIONS)};
#undef SNN_FUNCTIONS
}

}  // namespace snn::cpu
