#include "../generated/neurons.h"
#include "built_in.h"

namespace snn::cpu {

template <>
std::vector<NeuronFunctions<double>> built_in_functions<double>() {
#define SNN_FUNCTIONS(NEURON) functions_of<NEURON, double, Inlined>(),
  return {SNN_FOR_EACH_NEURON(SNN_FUNCTIONS)};
#undef SNN_FUNCTIONS
}

}  // namespace snn::cpu
