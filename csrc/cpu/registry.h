// Finds neurons and surrogates by their keys: the built-in ones, and those that were added.
#pragma once

#include <string>

#include "strip/neuron.h"

namespace snn::cpu {

// Find a table. Throws if the key is unknown. The reference stays valid.
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
