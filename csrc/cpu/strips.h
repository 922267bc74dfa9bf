// Some time steps of a strip of neurons, forward and adjoint: the inner loops, in vectors of neurons.
//
// A strip goes through all steps of a chunk before the next strip does: what it needs stays in the first-level cache,
// and every row (the values of a block of neurons at one step) is read and written from its beginning to its end, a
// pattern that the hardware's prefetcher follows.
#pragma once

#include <string>

#include "../scan.h"

namespace snn::cpu {

// Steps of a chunk, and between two states that are kept for backward.
constexpr int64_t kInterval = 16;

// Neurons of a strip: whole lines of memory, and whole groups of vectors.
constexpr int64_t kStrip = 64;

// The rows of some time steps; the same row at all of them where the stride is 0.
template <class Value>
struct Rows {
  Value* data;
  int64_t stride;

  SNN_INLINE Value* operator[](int64_t step) const { return data + step * stride; }
};

// Rows to write, past the caches if they are `streamed`: then whole vectors, each once.
template <class C>
struct WrittenRows : Rows<C> {
  bool streamed;
};

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
  Rows<const C> x;
  C* state;  // replaced by that after the last step
  WrittenRows<C> spike;
};

// Several values of a step are kStrip values apart in what is kept.
template <class C>
struct ReplayStrip : Strip<C> {
  Rows<const C> x;
  const C* state;
  C* kept;
};

template <class C>
struct AdjointStrip : Strip<C> {
  const C* kept;
  C slope;
  Rows<const C> grad_spike;
  C* grad_state;  // of the state after the last step, replaced by that of the state before the first
  WrittenRows<C> grad_x;
  C* grad_param;  // added to
};

// The functions of a neuron; an unknown name throws.
template <class C>
using Step = void (*)(const StepStrip<C>&);

template <class C>
using Replay = void (*)(const ReplayStrip<C>&);

template <class C>
using Adjoint = void (*)(const AdjointStrip<C>&);

template <class C>
Step<C> find_step(const std::string& neuron);

template <class C>
Replay<C> find_replay(const std::string& neuron, bool param_grads);

template <class C>
Adjoint<C> find_adjoint(const std::string& neuron, const std::string& surrogate, bool param_grads);

// How many states, parameters and constants a neuron has, and values that replay keeps of a step, more of them for the
// gradients of parameters; an unknown name throws.
struct Counts {
  int64_t states, params, constants, kept, kept_for_params;
};
Counts find_counts(const std::string& neuron);

// Ask for memory that will be needed, in the second-level cache: rows are often a power of two apart, and then those of
// a chunk fall on few places of the first. Past the end of a tensor nothing is read: it is a hint.
SNN_INLINE void prefetch(const void* data, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(data) + i, 0, 2);
}

}  // namespace snn::cpu
