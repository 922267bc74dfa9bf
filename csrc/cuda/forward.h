// The forward time loop: it knows no neuron.
#pragma once

#include "output.h"

namespace snn::cuda {

// Threads of a block. Those of a layer that has less for each multiprocessor are spread over all of these.
constexpr int kForwardThreads = 128, kFewThreads = 32;

// Blocks that must fit on a multiprocessor at once. Told nothing, the compiler spills registers for more; or, with one
// neuron a thread, takes so many that a layer of 128 x 1024 neurons has to wait for room.
template <class T, int N, bool kPerNeuron, template <class, int> class Output>
constexpr int kForwardBlocks = Output<T, N>::kAny                       ? 2
                               : N == 1 && !kPerNeuron && sizeof(T) < 8 ? 8
                                                                        : 4;

// Each thread runs its N neurons through all of time, with their states in registers. The inputs of the next steps do
// not depend on the state: they are on their way while these steps are computed.
template <class Neuron, class T, int N, bool kPerNeuron, template <class, int> class Output>
__global__ void __launch_bounds__(kForwardThreads, kForwardBlocks<T, N, kPerNeuron, Output>)
    forward_kernel(const __grid_constant__ ForwardArguments<Compute<T>> arguments) {
  using C = Compute<T>;
  constexpr bool kExchanges = Output<T, N>::kRow > N;
  // Of float64, registers hold no more. With any output, the code of a step is long.
  constexpr int kAhead = N == 1 && sizeof(T) < 8 && !Output<T, N>::kAny ? 2 * kInterval : kInterval;
  const Shape& shape = arguments.shape;
  const int64_t neurons = shape.outer * shape.inner, steps = shape.steps, stride = arguments.x.time_stride;
  const int64_t index = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  const Place mine(shape, index, N, Output<T, N>::kRow);
  if (!mine.inside && !kExchanges) return;
  Output<T, N> output(arguments, mine);
  // A thread that is only here to exchange bits computes the first neurons too, and stores nothing.
  const Place place = mine.inside ? mine : Place(shape, 0, N, N);
  const Layer<Neuron, C, N, kPerNeuron> layer(arguments.values, place.neuron);
  const T* x = begin_of<T>(arguments.x, place);
  const bool keep = arguments.checkpoints != nullptr && mine.inside;
  C* checkpoint = arguments.checkpoints + place.neuron;
  Lanes<C, N> state[Neuron::kStates];
  load_rows_or_zeros(arguments.states, place.neuron, neurons, state);

  Pack<T, N> now[kAhead], next[kAhead];
  const auto request = [&](int64_t count) {
    for_steps<kAhead>(count, [&](int k) { next[k] = Pack<T, N>::load(x + k * stride); });
  };
  request(steps);
  for (int64_t begin = 0; begin < steps; begin += kAhead) {
#pragma unroll
    for (int k = 0; k < kAhead; ++k) now[k] = next[k];
    x += kAhead * stride;
    if (stride != 0) request(steps - begin - kAhead);  // what is the same at all steps is here already
    for_steps<kAhead>(steps - begin, [&](int k) {
      if (keep && k % kInterval == 0 && (begin + k > 0 || !arguments.from_zero)) {
        store_rows(state, checkpoint, neurons);
        checkpoint += Neuron::kStates * neurons;
      }
      Lanes<C, N> value;
      layer.step(now[k].values(), state, value);
      output.add(value, state);
    });
  }
  if (!mine.inside) return;
  output.finish();
  if (arguments.final_states != nullptr) store_rows(state, arguments.final_states + place.neuron, neurons);
}

template <class Neuron, class T, int N, bool kPerNeuron, template <class, int> class Output>
cudaError_t launch_forward(const Launch& launch, const ForwardArguments<Compute<T>>& arguments) {
  constexpr int kRow = Output<T, N>::kRow;
  const int64_t threads = arguments.shape.outer * ((arguments.shape.inner + kRow - 1) / kRow * kRow / N);
  const int block = threads < int64_t(kForwardThreads) * launch.multiprocessors ? kFewThreads : kForwardThreads;
  const unsigned blocks = static_cast<unsigned>((threads + block - 1) / block);
  forward_kernel<Neuron, T, N, kPerNeuron, Output><<<blocks, block, 0, launch.stream>>>(arguments);
  return cudaGetLastError();
}

// What few run has no kernel of its own, which would take half a minute to compile: records, the last output and the
// largest; sums and bits of neurons that each have parameters of their own, where a thread has several of them.
template <class Neuron, class T, int N, bool kPerNeuron>
cudaError_t forward_to(const Launch& launch, const ForwardArguments<Compute<T>>& arguments) {
  const OutputKind kind = arguments.record == 0 ? arguments.kind : OutputKind::kLast;
  if (kind == OutputKind::kAll) return launch_forward<Neuron, T, N, kPerNeuron, AllOutput>(launch, arguments);
  if constexpr (N == 1 || !kPerNeuron) {
    if (kind == OutputKind::kSum) return launch_forward<Neuron, T, N, kPerNeuron, SumOutput>(launch, arguments);
    if (kind == OutputKind::kPacked) return launch_forward<Neuron, T, N, kPerNeuron, PackedOutput>(launch, arguments);
  }
  return launch_forward<Neuron, T, N, true, AnyOutput>(launch, arguments);
}

template <class Neuron, class T>
cudaError_t forward_of(const Launch& launch, const ForwardArguments<Compute<T>>& arguments) {
  constexpr int kWide = 16 / sizeof(T);
  if (!launch.wide) return forward_to<Neuron, T, 1, true>(launch, arguments);
  return (launch.per_neuron ? forward_to<Neuron, T, kWide, true> : forward_to<Neuron, T, kWide, false>)(launch,
                                                                                                        arguments);
}

template <class T>
cudaError_t forward(const Launch& launch, const ForwardArguments<Compute<T>>& arguments) {
  switch (launch.neuron) {
#define SNN_CASE(NEURON) \
  case NeuronId::NEURON: \
    return forward_of<NEURON, T>(launch, arguments);
    SNN_FOR_EACH_LIF(SNN_CASE)
#undef SNN_CASE
  }
  return cudaErrorInvalidValue;
}

}  // namespace snn::cuda
