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
  const C* constant;
  bool strict;
};

template <class C>
struct StepStrip : Strip<C> {
  Rows x;
  C* state;  // replaced by that after the last step
  WrittenRows spike;
};

// Several values of a step are kStrip values apart in what is kept.
template <class C>
struct ReplayStrip : Strip<C> {
  Rows x;
  const C* state;
  C* kept;
};

template <class C>
struct AdjointStrip : Strip<C> {
  const C* kept;
  C slope;
  Rows grad_spike;
  C* grad_state;  // of the state after the last step, replaced by that of the state before the first
  WrittenRows grad_x;
  C* grad_param;  // added to
};

// The functions of a neuron.
template <class C>
using Step = void (*)(const StepStrip<C>&);

template <class C>
using Replay = void (*)(const ReplayStrip<C>&);

template <class C>
using Adjoint = void (*)(const AdjointStrip<C>&);

}  // namespace snn::cpu
