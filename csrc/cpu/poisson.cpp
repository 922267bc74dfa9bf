// Poisson spikes from Philox4x32-10, the counter-based random numbers of Salmon et al. (2011),
// doi:10.1145/2063384.2063405: snnkernels/philox.py and encoding.py say the same in torch.
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/util/Exception.h>

#include <algorithm>

#include "convert.h"
#include "large.h"
#include "pack.h"
#include "processor.h"

namespace snn::cpu {
namespace {

using torch::stable::Tensor;

constexpr int64_t kNumbers = 512;  // random numbers drawn at once: they stay in the first-level cache

// The upper 24 bits of the words of blocks `counter`, `counter` + 1, ..., as whole numbers of type C.
template <class C>
SNN_INLINE void draw(uint64_t seed, uint64_t counter, C* numbers) {
  constexpr int kBlocks = kNumbers / 4;
  uint32_t words[4][kBlocks];
  for (int i = 0; i < kBlocks; ++i) {
    uint32_t word[4] = {static_cast<uint32_t>(counter + i), static_cast<uint32_t>((counter + i) >> 32), 0, 0};
    uint32_t key[2] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
      const uint64_t first = uint64_t(0xD2511F53u) * word[0], second = uint64_t(0xCD9E8D57u) * word[2];
      word[0] = static_cast<uint32_t>(second >> 32) ^ word[1] ^ key[0];
      word[1] = static_cast<uint32_t>(second);
      word[2] = static_cast<uint32_t>(first >> 32) ^ word[3] ^ key[1];
      word[3] = static_cast<uint32_t>(first);
      key[0] += 0x9E3779B9u;
      key[1] += 0xBB67AE85u;
    }
    for (int k = 0; k < 4; ++k) words[k][i] = word[k];
  }
  for (int i = 0; i < kBlocks; ++i)
    for (int k = 0; k < 4; ++k) numbers[4 * i + k] = static_cast<C>(static_cast<int32_t>(words[k][i] >> 8));
}

template <class C>
SNN_INLINE void compare(const C* __restrict numbers, const C* __restrict intensities, int64_t count,
                        C* __restrict spikes) {
  for (int64_t i = 0; i < count; ++i) spikes[i] = numbers[i] < intensities[i] * C(1 << 24) ? C(1) : C(0);
}

// One time step, from neuron `begin` on, which is a multiple of 8. `word` is the number of its first random word.
template <class C>
void encode(const Tensor& images, int64_t begin, int64_t end, uint64_t seed, uint64_t word, bool packed, void* row) {
  const ScalarType type = images.scalar_type();
  alignas(64) C numbers[kNumbers], intensities[kNumbers], spikes[kNumbers];
  while (begin < end) {
    const int64_t skip = static_cast<int64_t>(word % 4);
    int64_t count = std::min<int64_t>(end - begin, kNumbers - skip);
    if (begin + count < end) count -= count % 8;
    call<draw<C>>(seed, word / 4, +numbers);
    fetch_row(type, images.const_data_ptr(), begin, count, intensities);
    call<compare<C>>(numbers + skip, +intensities, count, +spikes);
    if (packed)
      pack_row(spikes, count, static_cast<char*>(row) + begin / 8);
    else
      put_row(type, spikes, count, row, begin);
    begin += count;
    word += static_cast<uint64_t>(count);
  }
}

Tensor native_poisson(Tensor images, int64_t first, int64_t steps, Tensor seed, bool packed) {
  STD_TORCH_CHECK(images.dim() == 1 && images.is_contiguous(), "images must be contiguous and flat");
  STD_TORCH_CHECK(seed.scalar_type() == ScalarType::Long && seed.numel() == 1, "seed must be one int64");
  const int64_t neurons = images.numel(), row_size = packed ? packed_bytes(neurons) : neurons;
  Tensor spikes = empty({1, steps, row_size}, packed ? ScalarType::Byte : images.scalar_type());
  const int64_t row_bytes = row_size * static_cast<int64_t>(spikes.element_size());
  const uint64_t key = *static_cast<const uint64_t*>(seed.const_data_ptr());
  char* data = static_cast<char*>(spikes.mutable_data_ptr());
  constexpr int64_t kGrain = 1 << 14;  // neuron-steps below which a second thread costs more than it saves
  torch::stable::parallel_for(0, steps, std::max<int64_t>(1, kGrain / std::max<int64_t>(neurons, 1)),
                              [&](int64_t begin, int64_t end) {
                                for (int64_t t = begin; t < end; ++t) {
                                  const uint64_t word = static_cast<uint64_t>(first + t) * neurons;
                                  char* row = data + t * row_bytes;
                                  if (images.scalar_type() == ScalarType::Double)
                                    encode<double>(images, 0, neurons, key, word, packed, row);
                                  else
                                    encode<float>(images, 0, neurons, key, word, packed, row);
                                }
                              });
  return spikes;
}

}  // namespace

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CPU, library) { library.impl("native_poisson", TORCH_BOX(&native_poisson)); }

}  // namespace snn::cpu
