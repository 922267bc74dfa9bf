// What the host tells the kernels.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "../generated/neurons.h"
#include "../generated/surrogates.h"
#include "../output_kind.h"

namespace snn::cuda {

// Steps between two states that are kept for backward, which has room for the states of so many; their inputs are asked
// for together.
constexpr int kInterval = 8;

// As many parameters as a neuron may have.
constexpr int kMaxParams = 4;

// This library is compiled for the LIF family alone: on a GPU, Triton runs all other neurons.
enum class NeuronId {
#define SNN_ID(NEURON) NEURON,
  SNN_FOR_EACH_LIF(SNN_ID)
#undef SNN_ID
};

enum class SurrogateId {
#define SNN_ID(SURROGATE) SURROGATE,
  SNN_FOR_EACH_SURROGATE(SNN_ID)
#undef SNN_ID
};

// The type of all arithmetic on values of type T.
template <class T>
struct ComputeOf {
  using type = float;
};
template <>
struct ComputeOf<double> {
  using type = double;
};
template <>
struct ComputeOf<int32_t> {  // of time steps, with which nothing is computed
  using type = int32_t;
};
template <class T>
using Compute = typename ComputeOf<T>::type;

template <class C>
struct Values {
  const C* param[kMaxParams];   // in memory of the GPU; null where it is a number
  bool per_neuron[kMaxParams];  // or one value for all of them
  C number[kMaxParams], slope;
  const C* slope_at;  // likewise
  bool strict;
};

struct Shape {
  int64_t outer, steps, inner;
};

// [outer, T, inner], or [outer, 1, inner] where it is the same at all steps, with a time stride of 0.
struct Input {
  const void* data;
  int64_t outer_stride, time_stride;
};

template <class C>
struct ForwardArguments {
  Shape shape;
  Values<C> values;
  Input x;
  const C* states;  // null where they are zero
  OutputKind kind;
  void* output;
  int64_t packed_row;  // bytes of a row of packed spikes
  int32_t* index;      // of the largest output; null where it is not asked for
  int record;          // a bit for each state
  C* records;          // of these, [R, outer, T, inner]
  C* final_states;     // null where they are not asked for
  C* checkpoints;      // null where none are kept
  bool from_zero;      // so that the first chunk has no checkpoint
};

template <class C>
struct BackwardArguments {
  Shape shape;
  Values<C> values;
  SurrogateId surrogate;
  Input x;
  const C* checkpoints;
  bool from_zero;  // as in forward
  Input grad_output;
  int64_t grad_inner_stride;  // 1 or 0
  bool at_one_step;           // the gradient of the output is that of one step alone:
  const int32_t* index;       // of this one for each neuron, or of the last where it is null
  int record;                 // as in forward
  const C* grad_records;      // null where they are zero
  const C* grad_final;        // likewise
  void* grad_x;
  C* grad_states;  // null where they are not asked for
  int wanted;      // a bit for each parameter whose gradient is asked for
  C* grad_params;  // of these
};

// A draw of Poisson spikes: of time steps `first` to `first + steps`; `wide` as in Launch.
struct PoissonArguments {
  const void* images;
  const int64_t* seed;
  void* spikes;
  int64_t neurons, first, steps;
  bool wide;
};

// How to launch: `wide` takes 16 bytes of neighbouring neurons a thread, which the tensors' layout must allow. That is
// compiled for parameters of one value for all neurons, which then take a register each, and for any others.
struct Launch {
  NeuronId neuron;
  bool wide, per_neuron;
  int multiprocessors;  // of the device
  cudaStream_t stream;
};

// One definition for each type T in the source files of this folder.
template <class T>
cudaError_t forward(const Launch& launch, const ForwardArguments<Compute<T>>& arguments);

template <class T>
cudaError_t backward(const Launch& launch, const BackwardArguments<Compute<T>>& arguments);

template <class T>
cudaError_t poisson(const PoissonArguments& arguments, bool packed, cudaStream_t stream);

// Whether these kernels can run on the current GPU.
bool has_code_for_current();

}  // namespace snn::cuda
