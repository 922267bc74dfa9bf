// The functions of a neuron, and its sizes, by its name; an unknown name throws.
#pragma once

#include <string>

#include "strip/strips.h"

namespace snn::cpu {

template <class C>
Step<C> find_step(const std::string& neuron);

template <class C>
Replay<C> find_replay(const std::string& neuron, bool param_grads);

template <class C>
Adjoint<C> find_adjoint(const std::string& neuron, const std::string& surrogate, bool param_grads);

// How many states, parameters and constants a neuron has, and values that replay keeps of a step, more of them for the
// gradients of parameters.
struct Counts {
  int64_t states, params, constants, kept, kept_for_params;
};
Counts find_counts(const std::string& neuron);

}  // namespace snn::cpu
