// Some time steps of a strip of neurons, forward and adjoint: the inner loops, vectorised over neurons.
//
// A strip goes through all steps of a chunk before the next strip does: what it needs stays in the first-level cache,
// and every row (the values of a block of neurons at one step) is read and written from its beginning to its end, a
// pattern that the hardware's prefetcher follows.
#pragma once

#include <string>

#include "../scan.h"
#include "clones.h"

namespace snn::cpu {

// Steps of a chunk, and between two states that are kept for backward.
constexpr int64_t kInterval = 16;

// Neurons of a strip: enough that no step waits for the one before it.
constexpr int64_t kStrip = 64;

// The rows of some time steps; the same row at all of them where the stride is 0.
template <class Value>
struct Rows {
  Value* data;
  int64_t stride;

  SNN_INLINE Value* operator[](int64_t step) const { return data + step * stride; }
  Rows from(int64_t neuron) const { return {data + neuron, stride}; }
};

// What every function of a strip takes. Several states or parameters are `spread` values apart; a parameter that is one
// number has been spread over a row.
template <class C>
struct Strip {
  int64_t steps, spread;
  Rows<const C> x;
  const C* param;
  const C* constant;
  bool strict;
};

template <class C>
struct StepStrip : Strip<C> {
  C* state;  // replaced by that after the last step
  Rows<C> spike;
};

// Several states of a step are kStrip values apart in what is written here.
template <class C>
struct ReplayStrip : Strip<C> {
  const C* state;
  C* states;  // those that enter each step
};

template <class C>
struct AdjointStrip : Strip<C> {
  const C* states;  // as replay writes them
  C slope;
  Rows<const C> grad_spike;
  C* grad_state;  // of the state after the last step, replaced by that of the state before the first
  Rows<C> grad_x;
  C* grad_param;  // added to
};

// The functions of a neuron.
template <class C>
struct Steps {
  void (*step)(const StepStrip<C>&);
  void (*replay)(const ReplayStrip<C>&);
};

template <class C>
using Adjoint = void (*)(const AdjointStrip<C>&);

// An unknown name throws.
template <class C>
Steps<C> find_steps(const std::string& neuron);

template <class C>
Adjoint<C> find_adjoint(const std::string& neuron, const std::string& surrogate, bool param_grads);

// How many states, parameters and constants a neuron has; an unknown name throws.
struct Counts {
  int64_t states, params, constants;
};
Counts find_counts(const std::string& neuron);

// Ask for memory that will be needed. Past the end of a tensor nothing is read: it is a hint.
SNN_INLINE void prefetch(const void* data, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(data) + i);
}

// The next strip of a row, while this one is computed.
template <class C>
SNN_INLINE void prefetch_next(const C* row) {
  prefetch(row + kStrip, kStrip * sizeof(C));
}

// One neuron's values out of rows that are `spread` apart, and back.
template <int kCount, class C>
SNN_INLINE void get(const C* rows, int64_t spread, C (&values)[kCount + 1]) {
  for (int k = 0; k < kCount; ++k) values[k] = rows[k * spread];
}

template <int kCount, class C>
SNN_INLINE void set(C* rows, int64_t spread, const C (&values)[kCount + 1]) {
  for (int k = 0; k < kCount; ++k) rows[k * spread] = values[k];
}

}  // namespace snn::cpu
