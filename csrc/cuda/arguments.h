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

// As many parameters and constants as a neuron may have.
constexpr int kMaxParams = 8, kMaxConstants = 8;

enum class NeuronId {
#define SNN_ID(NEURON) NEURON,
  SNN_FOR_EACH_NEURON(SNN_ID)
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
template <class T>
using Compute = typename ComputeOf<T>::type;

template <class C>
struct Values {
  const C* param[kMaxParams];        // null where it is a number
  int64_t param_stride[kMaxParams];  // 1, or 0 where one value is for all neurons
  C number[kMaxParams], constant[kMaxConstants], slope;
  const C *constants, *slope_at;  // where they are in memory of the GPU; else null, and they are numbers
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
  void* output;
  C* final_states;  // null where they are not asked for
  C* checkpoints;   // null where none are kept
  bool from_zero;   // so that the first chunk has no checkpoint
};

template <class C>
struct BackwardArguments {
  Shape shape;
  Values<C> values;
  SurrogateId surrogate;
  Input x;
  const C* checkpoints;
  bool from_zero;  // as in forward
  Input grad_spikes;
  int64_t grad_inner_stride;  // 1 or 0
  const C* grad_final;        // null where it is zero
  void* grad_x;
  C* grad_states;  // null where they are not asked for
  C* grad_params;
};

// A draw of Poisson spikes: of time steps `first` to `first + steps`; `wide` as in Launch.
struct PoissonArguments {
  const void* images;
  const int64_t* seed;
  void* spikes;
  int64_t neurons, first, steps;
  bool wide;
};

// How to launch: `wide` takes 16 bytes of neighbouring neurons a thread, which the tensors' layout must allow.
struct Launch {
  NeuronId neuron;
  bool wide;
  int multiprocessors;  // of the device
  cudaStream_t stream;
};

// One definition for each type T in the source files of this folder.
template <class T>
cudaError_t forward(const Launch& launch, const ForwardArguments<Compute<T>>& arguments, OutputKind output);

template <class T>
cudaError_t backward(const Launch& launch, const BackwardArguments<Compute<T>>& arguments, bool param_grads);

template <class T>
cudaError_t poisson(const PoissonArguments& arguments, bool packed, cudaStream_t stream);

// Whether these kernels can run on the current GPU.
bool has_code_for_current();

}  // namespace snn::cuda
