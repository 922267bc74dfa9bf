// Neighbouring neurons that one thread computes: how their values lie in memory, and in registers.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstring>

#include "arguments.h"

#define SNN_DEVICE __device__ __forceinline__

namespace snn::cuda {

SNN_DEVICE float widen(__half value) { return __half2float(value); }
SNN_DEVICE float widen(__nv_bfloat16 value) { return __bfloat162float(value); }
SNN_DEVICE float widen(float value) { return value; }
SNN_DEVICE double widen(double value) { return value; }
SNN_DEVICE int32_t widen(int32_t value) { return value; }

// Round to nearest even.
SNN_DEVICE void narrow(float value, __half& to) { to = __float2half_rn(value); }
SNN_DEVICE void narrow(float value, __nv_bfloat16& to) { to = __float2bfloat16_rn(value); }
SNN_DEVICE void narrow(float value, float& to) { to = value; }
SNN_DEVICE void narrow(double value, double& to) { to = value; }
SNN_DEVICE void narrow(int32_t value, int32_t& to) { to = value; }

// What one access to memory moves.
template <int kBytes>
struct WordOf;
template <>
struct WordOf<2> {
  using type = unsigned short;
};
template <>
struct WordOf<4> {
  using type = unsigned int;
};
template <>
struct WordOf<8> {
  using type = unsigned long long;
};
template <>
struct WordOf<16> {
  using type = uint4;
};

template <class Word>
SNN_DEVICE void store_word(Word* to, Word word) {
  *to = word;
}

// In one piece: what a compiler may do with four stores in a row it does not always do.
SNN_DEVICE void store_word(uint4* to, uint4 word) {
  asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(word.x), "r"(word.y), "r"(word.z),
               "r"(word.w));
}

// N neighbouring values of type T as they lie in memory, in words of at most 16 bytes.
template <class T, int N>
struct Pack {
  using Values = Lanes<Compute<T>, N>;
  static constexpr int kBytes = N * sizeof(T), kWords = (kBytes + 15) / 16;
  using Word = typename WordOf<kBytes / kWords>::type;

  Word words[kWords];

  static SNN_DEVICE Pack load(const T* from) {
    Pack pack;
#pragma unroll
    for (int i = 0; i < kWords; ++i) pack.words[i] = __ldg(reinterpret_cast<const Word*>(from) + i);
    return pack;
  }

  // One value, N times.
  static SNN_DEVICE Pack load_spread(const T* from) {
    const auto word = __ldg(reinterpret_cast<const typename WordOf<sizeof(T)>::type*>(from));
    T values[N];
#pragma unroll
    for (int i = 0; i < N; ++i) memcpy(&values[i], &word, sizeof(T));
    Pack pack;
    memcpy(pack.words, values, kBytes);
    return pack;
  }

  static SNN_DEVICE Pack of(const Values& values) {
    T narrowed[N];
#pragma unroll
    for (int i = 0; i < N; ++i) narrow(values.lane[i], narrowed[i]);
    Pack pack;
    memcpy(pack.words, narrowed, kBytes);
    return pack;
  }

  SNN_DEVICE void store(T* to) const {
#pragma unroll
    for (int i = 0; i < kWords; ++i) store_word(reinterpret_cast<Word*>(to) + i, words[i]);
  }

  SNN_DEVICE Values values() const {
    T narrow_values[N];
    memcpy(narrow_values, words, kBytes);
    return lanes_of<N>([&](int i) { return widen(narrow_values[i]); });
  }
};

// Calls `step` with the numbers of the first `count` of kCount steps, at most. Where that is all of them, none is asked
// for: between conditions the compiler moves nothing, and a thread's instructions wait for each other.
template <int kCount, class Step>
SNN_DEVICE void for_steps(int64_t count, const Step& step) {
  if (count >= kCount) {
#pragma unroll
    for (int k = 0; k < kCount; ++k) step(k);
  } else {
    const int some = static_cast<int>(count);
#pragma unroll
    for (int k = 0; k < kCount; ++k)
      if (k < some) step(k);  // no break: threads that exchange bits would save where they meet again
  }
}

// Rows of a [count, outer, inner] tensor, such as states, which may be null and then stands for zeros. Each is loaded
// before it is assigned: into an object that is written in pieces, the compiler keeps the whole of it in memory.
template <int kRows, class C, int N>
SNN_DEVICE void load_rows_or_zeros(const C* data, int64_t neuron, int64_t stride, Lanes<C, N> (&rows)[kRows]) {
#pragma unroll
  for (int k = 0; k < kRows; ++k) {
    Lanes<C, N> row = splat<Lanes<C, N>>(0);
    if (data != nullptr) row = Pack<C, N>::load(data + neuron + k * stride).values();
    rows[k] = row;
  }
}

template <int kRows, class C, int N>
SNN_DEVICE void store_rows(const Lanes<C, N> (&rows)[kRows], C* data, int64_t stride) {
#pragma unroll
  for (int k = 0; k < kRows; ++k) Pack<C, N>::of(rows[k]).store(data + k * stride);
}

}  // namespace snn::cuda
