// Some time steps of a strip of neurons, forward and adjoint: the inner loops, in vectors of neurons.
//
// A strip goes through all steps of a chunk before the next strip does: what it needs stays in the first-level cache,
// and every row (the values of a block of neurons at one step) is read and written from its beginning to its end, a
// pattern that the hardware's prefetcher follows.
#pragma once

#include "rows.h"

namespace snn::cpu {

// Steps of a chunk, and between two states that are kept for backward.
constexpr int64_t kInterval = 16;

// What every function of a strip takes. Several states or parameters are `spread` values apart; a parameter that is one
// number has been spread over a row.
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

// The values of a step, and after them those of the next, are kStrip values apart in what is kept, and so are
// distances.
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
  int64_t surrogate;    // which it then is
  C slope;
  const C* kept;
  Rows grad_output;
  const Rows* grad_record;  // as StepStrip's
  C* grad_state;            // of the state after the last step, replaced by that of the state before the first
  const WrittenRows* grad_input;
  C* grad_param;   // added to
  int64_t wanted;  // a bit for each parameter of which there is to be a gradient
};

// Rows of kStrip distances, and the surrogate's derivatives there. The gradient of the output at `steps` steps, which
// the adjoint reads next, is asked for meanwhile: memory has nothing else to do then.
template <class C>
struct Distances {
  const C* distance;
  int64_t rows;
  C slope;
  C* derivative;
  Rows grad_output;
  int64_t steps;
};

// The functions of a neuron, and that of a surrogate.
template <class C>
using Step = void (*)(const StepStrip<C>&);

template <class C>
using Replay = void (*)(const ReplayStrip<C>&);

template <class C>
using Adjoint = void (*)(const AdjointStrip<C>&);

template <class C>
using Derivative = void (*)(const Distances<C>&);

}  // namespace snn::cpu
