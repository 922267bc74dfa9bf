// Poisson spikes from Philox4x32-10, the counter-based random numbers of Salmon et al. (2011),
// doi:10.1145/2063384.2063405: snnkernels/philox.py and encoding.py say the same in torch.
#include "pack.h"

namespace snn::cuda {
namespace {

constexpr int kPoissonThreads = 256;
constexpr int kNeurons = 8;    // of a thread: a byte of packed spikes
constexpr int kStepsEach = 4;  // for which a thread reads their intensities once

SNN_DEVICE void philox(uint64_t key, uint64_t counter, uint32_t* word) {
  uint32_t a = static_cast<uint32_t>(counter), b = static_cast<uint32_t>(counter >> 32), c = 0, d = 0;
  uint32_t low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const uint64_t first = uint64_t(0xD2511F53u) * a, second = uint64_t(0xCD9E8D57u) * c;
    a = static_cast<uint32_t>(second >> 32) ^ b ^ low;
    b = static_cast<uint32_t>(second);
    c = static_cast<uint32_t>(first >> 32) ^ d ^ high;
    d = static_cast<uint32_t>(first);
    low += 0x9E3779B9u;
    high += 0xBB67AE85u;
  }
  word[0] = a, word[1] = b, word[2] = c, word[3] = d;
}

// The random words from number `first` on, of a stream whose blocks have four.
SNN_DEVICE void draw(uint64_t key, uint64_t first, uint32_t (&words)[kNeurons]) {
  uint32_t drawn[kNeurons + 4] = {};
  const int skip = static_cast<int>(first % 4);
  philox(key, first / 4, drawn);
  philox(key, first / 4 + 1, drawn + 4);
  if (skip != 0) philox(key, first / 4 + 2, drawn + 8);
#pragma unroll
  for (int i = 0; i < kNeurons; ++i)  // without an index that is known only at run time, which registers cannot have
    words[i] = skip < 2 ? (skip == 0 ? drawn[i] : drawn[i + 1]) : (skip == 2 ? drawn[i + 2] : drawn[i + 3]);
}

template <class T, bool kPacked>
__global__ void __launch_bounds__(kPoissonThreads) poisson_kernel(const __grid_constant__ PoissonArguments arguments) {
  using C = Compute<T>;
  const int64_t neurons = arguments.neurons, row = (neurons + kNeurons - 1) / kNeurons;
  const int64_t index = int64_t(blockIdx.x) * kPoissonThreads + threadIdx.x, part = index / row;
  const int64_t begin = (index - part * row) * kNeurons;
  const int64_t end = min((part + 1) * kStepsEach, arguments.steps);
  Lanes<C, kNeurons> level = {};
  if (arguments.wide) {
    level = Pack<T, kNeurons>::load(static_cast<const T*>(arguments.images) + begin).values();
  } else {
#pragma unroll
    for (int i = 0; i < kNeurons; ++i)
      if (begin + i < neurons) level.lane[i] = widen(static_cast<const T*>(arguments.images)[begin + i]);
  }
  level = level * splat<Lanes<C, kNeurons>>(1 << 24);
  const uint64_t key = static_cast<uint64_t>(*arguments.seed);
  for (int64_t step = part * kStepsEach; step < end; ++step) {
    uint32_t words[kNeurons];
    draw(key, static_cast<uint64_t>(arguments.first + step) * neurons + begin, words);
    const auto spike =
        lanes_of<kNeurons>([&](int i) { return static_cast<C>(words[i] >> 8) < level.lane[i] ? C(1) : C(0); });
    if (kPacked) {
      unsigned byte = 0;
#pragma unroll
      for (int i = 0; i < kNeurons; ++i) byte |= unsigned(spike.lane[i] != C(0)) << i;
      static_cast<uint8_t*>(arguments.spikes)[step * row + begin / kNeurons] = static_cast<uint8_t>(byte);
      continue;
    }
    T* to = static_cast<T*>(arguments.spikes) + step * neurons + begin;
    if (arguments.wide) {
      Pack<T, kNeurons>::of(spike).store(to);
      continue;
    }
#pragma unroll
    for (int i = 0; i < kNeurons; ++i)
      if (begin + i < neurons) narrow(spike.lane[i], to[i]);
  }
}

}  // namespace

template <class T>
cudaError_t poisson(const PoissonArguments& arguments, bool packed, cudaStream_t stream) {
  const int64_t row = (arguments.neurons + kNeurons - 1) / kNeurons;
  const int64_t threads = row * ((arguments.steps + kStepsEach - 1) / kStepsEach);
  const unsigned blocks = static_cast<unsigned>((threads + kPoissonThreads - 1) / kPoissonThreads);
  (packed ? poisson_kernel<T, true> : poisson_kernel<T, false>)<<<blocks, kPoissonThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

template cudaError_t poisson<double>(const PoissonArguments&, bool, cudaStream_t);
template cudaError_t poisson<float>(const PoissonArguments&, bool, cudaStream_t);
template cudaError_t poisson<__nv_bfloat16>(const PoissonArguments&, bool, cudaStream_t);
template cudaError_t poisson<__half>(const PoissonArguments&, bool, cudaStream_t);

}  // namespace snn::cuda
