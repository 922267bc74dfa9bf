// The neurons and surrogates that the engine knows, by their keys: the built-in ones, and those that were added.
#pragma once

#include <string>

#include "strip/neuron.h"

namespace snn::cpu {

// An unknown key throws. What was found stays.
const NeuronTable& find_neuron(const std::string& key);
const SurrogateTable& find_surrogate(const std::string& name);

template <class C>
const NeuronFunctions<C>& functions(const NeuronTable& table) {
  if constexpr (sizeof(C) == sizeof(double))
    return table.of_double;
  else
    return table.of_float;
}

template <class C>
Derivative<C> derivative(const SurrogateTable& table) {
  if constexpr (sizeof(C) == sizeof(double))
    return table.of_double;
  else
    return table.of_float;
}

}  // namespace snn::cpu
