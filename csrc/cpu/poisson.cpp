// Poisson spikes from Philox4x32-10, the counter-based random numbers of Salmon et al. (2011),
// doi:10.1145/2063384.2063405: snnkernels/philox.py and encoding.py say the same in torch.
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/util/Exception.h>

#include <algorithm>

#include "../sizes.h"
#include "convert.h"
#include "large.h"
#include "pack.h"
#include "parallel.h"
#include "strip/vectors.h"

namespace snn::cpu {
namespace {

using torch::stable::Tensor;

constexpr int64_t kNumbers = 512;  // random numbers drawn at once: they stay in the first-level cache

template <class C>
struct Drawing {
  uint64_t seed, counter;
  C* numbers;
};

// The upper 24 bits of the words of blocks `counter`, `counter` + 1, ..., as whole numbers. A word of as many blocks is
// in the lower halves of a vector's lanes, the only ones that a product goes by.
struct DrawLoop {
  template <class V>
  SNN_INLINE static void run(Drawing<float> draw) {
    using Words = Vector<uint64_t, sizeof(V)>;
    using Numbers = Vector<int32_t, sizeof(V)>;
    constexpr int kBlocks = kLanes<Words>;
    Words block = Words{} + draw.counter;
    for (int lane = 0; lane < kBlocks; ++lane) block[lane] += lane;
    for (float* numbers = draw.numbers; numbers < draw.numbers + kNumbers; numbers += 4 * kBlocks, block += kBlocks) {
      Words word[4] = {block, block >> 32, {}, {}};
      uint32_t key[2] = {static_cast<uint32_t>(draw.seed), static_cast<uint32_t>(draw.seed >> 32)};
#pragma GCC unroll 10
      for (int round = 0; round < 10; ++round) {
        const Words first = multiply_lower(word[0], 0xD2511F53u), second = multiply_lower(word[2], 0xCD9E8D57u);
        word[0] = (second >> 32) ^ word[1] ^ uint64_t(key[0]);
        word[1] = second;
        word[2] = (first >> 32) ^ word[3] ^ uint64_t(key[1]);
        word[3] = first;
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
      }
      const Words even = (word[0] & 0xFFFFFFFFu) | word[1] << 32, odd = (word[2] & 0xFFFFFFFFu) | word[3] << 32;
      const auto put = [&](Words words, int place) __attribute__((always_inline)) {
        store(__builtin_convertvector((Numbers)((Vector<uint32_t, sizeof(V)>)words >> 8), V), numbers + place);
      };
      put(shuffle<Zip<kBlocks, 0>>(even, odd), 0);
      put(shuffle<Zip<kBlocks, kBlocks / 2>>(even, odd), 2 * kBlocks);
    }
  }

  // Lanes of two vectors of so many in turn, from one on.
  template <int kCount, int kFirst>
  struct Zip {
    static constexpr uint64_t at(size_t lane) { return kFirst + lane / 2 + lane % 2 * kCount; }
  };
};

template <class C>
SNN_INLINE void compare(const float* __restrict numbers, const C* __restrict intensities, int64_t count,
                        C* __restrict spikes) {
  for (int64_t i = 0; i < count; ++i) spikes[i] = C(numbers[i]) < intensities[i] * C(1 << 24) ? C(1) : C(0);
}

// One time step. `word` is the number of its first random word.
template <class C>
void encode(const Tensor& images, uint64_t seed, uint64_t word, bool packed, void* row) {
  const ScalarType type = images.scalar_type();
  const int64_t neurons = images.numel();
  alignas(64) float numbers[kNumbers];
  alignas(64) C intensities[kNumbers], spikes[kNumbers];
  for (int64_t begin = 0, count; begin < neurons; begin += count, word += static_cast<uint64_t>(count)) {
    const int64_t skip = static_cast<int64_t>(word % 4);
    count = std::min<int64_t>(neurons - begin, kNumbers - skip);
    if (begin + count < neurons) count -= count % 8;
    widest<DrawLoop, Drawing, float>()({seed, word / 4, numbers});
    fetch_row(type, images.const_data_ptr(), begin, count, intensities);
    call<compare<C>>(numbers + skip, intensities, count, spikes);
    if (packed)
      pack_row(spikes, count, static_cast<char*>(row) + begin / 8);
    else
      put_row(type, spikes, count, row, begin);
  }
}

Tensor native_poisson(Tensor images, int64_t first, int64_t steps, Tensor seed, bool packed) {
  check_floating(images.scalar_type(), "images");
  STD_TORCH_CHECK(images.dim() == 1, "images must be flat");
  images = in_order(images);
  STD_TORCH_CHECK(seed.scalar_type() == ScalarType::Long && seed.numel() == 1, "seed must be one int64");
  const int64_t neurons = images.numel(), row_size = packed ? packed_bytes(neurons) : neurons;
  Tensor spikes = empty({1, steps, row_size}, packed ? ScalarType::Byte : images.scalar_type());
  const int64_t row_bytes = row_size * static_cast<int64_t>(spikes.element_size());
  const uint64_t key = *static_cast<const uint64_t*>(seed.const_data_ptr());
  char* data = static_cast<char*>(spikes.mutable_data_ptr());
  constexpr int64_t kGrain = 1 << 14;  // neuron-steps below which a second thread costs more than it saves
  parallel_for(0, steps, grain(kGrain, neurons), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const uint64_t word = static_cast<uint64_t>(first + t) * neurons;
      char* row = data + t * row_bytes;
      if (images.scalar_type() == ScalarType::Double)
        encode<double>(images, key, word, packed, row);
      else
        encode<float>(images, key, word, packed, row);
    }
  });
  return spikes;
}

}  // namespace

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CPU, library) { library.impl("native_poisson", TORCH_BOX(&native_poisson)); }

}  // namespace snn::cpu
