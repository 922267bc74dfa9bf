// One time step of a block of neurons, forward and adjoint: the inner loops, vectorised over neurons.
//
// A row is the values of a block of neurons at one time step. Everything that varies by neuron comes as rows of the
// compute type C (float or double): a parameter that is one number has been spread over a row. Several states or
// parameters are rows `stride` apart.
#pragma once

#include <string>

#include "../scan.h"

// Compile a row function for AVX-512, AVX2 and the baseline, and pick one when the library is loaded.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SNN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SNN_CLONES
#endif

namespace snn::cpu {

template <class C>
struct StepRow {
  int64_t count, stride;
  const C* x;
  const C* state;
  const C* param;
  const C* constant;
  bool strict;
  C* spike;
  C* next_state;  // may be `state`
};

template <class C>
struct AdjointRow {
  int64_t count, stride;
  const C* x;
  const C* state;
  const C* param;
  const C* constant;
  bool strict;
  C slope;
  const C* grad_spike;
  C* grad_state;  // of the state after this step, replaced by that of the state before it
  C* grad_x;
  C* grad_param;  // added to
};

template <class C>
using StepFunction = void (*)(const StepRow<C>&);

template <class C>
using AdjointFunction = void (*)(const AdjointRow<C>&);

// The row functions of a neuron; an unknown name throws.
template <class C>
StepFunction<C> find_step(const std::string& neuron);

template <class C>
AdjointFunction<C> find_adjoint(const std::string& neuron, const std::string& surrogate, bool param_grads);

// How many states, parameters and constants a neuron has; an unknown name throws.
struct Counts {
  int64_t states, params, constants;
};
Counts find_counts(const std::string& neuron);

}  // namespace snn::cpu
