// The arguments of the inner loops, which compute some time steps of a strip of neurons, forward and backward.
//
// A strip goes through all steps of a chunk before the next strip begins. So its data stays in the first-level cache,
// and every row (the values of a block of neurons at one step) is read and written from beginning to end, a pattern
// that the hardware's prefetcher follows.
#pragma once

#include "rows.h"

namespace snn::cpu {

// The steps of a chunk. For backward, a state is kept at the beginning of each chunk.
constexpr int64_t kInterval = 16;

// What every function of a strip takes. Two states, or two parameters, are `spread` values apart in memory. A parameter
// that is a single number fills its whole row.
template <class C>
struct Strip {
  int64_t steps, spread;
  const C* param;
  bool strict;
};

template <class C>
struct StepStrip : Strip<C> {
  const Rows* input;  // of each input
  C* state;           // replaced by that after the last step
  WrittenRows output;
  const WrittenRows* record;  // of each state after every step, without data if it is not recorded; null for none
};

// `kept` and `distance` have rows of kStrip values: first the rows of one step, then those of the next.
template <class C>
struct ReplayStrip : Strip<C> {
  const Rows* input;
  const C* state;
  C* distance;
  C* kept;
};

template <class C>
struct AdjointStrip : Strip<C> {
  const C* distance;
  const C* derivative;  // the surrogate's, at each distance; null if the adjoint computes it
  int64_t surrogate;    // the surrogate's number, if the adjoint computes its derivative
  C slope;
  const C* kept;
  Rows grad_output;
  const Rows* grad_record;  // of each state, like StepStrip::record
  C* grad_state;            // the gradient of the state after the last step, replaced by that before the first
  const WrittenRows* grad_input;
  C* grad_param;   // added to
  int64_t wanted;  // a bit for each parameter of which there is to be a gradient
};

// Rows of kStrip distances, and the surrogate's derivatives at them. The function also prefetches the gradient of the
// output at `steps` steps, which the adjoint reads next, because memory is idle while it computes.
template <class C>
struct Distances {
  const C* distance;
  int64_t rows;
  C slope;
  C* derivative;
  Rows grad_output;
  int64_t steps;
};

// The functions of a neuron, and the function of a surrogate.
template <class C>
using Step = void (*)(const StepStrip<C>&);

template <class C>
using Replay = void (*)(const ReplayStrip<C>&);

template <class C>
using Adjoint = void (*)(const AdjointStrip<C>&);

template <class C>
using Derivative = void (*)(const Distances<C>&);

}  // namespace snn::cpu
