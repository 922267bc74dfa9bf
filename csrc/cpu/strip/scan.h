// The arithmetic that the generated steps are written in, of values C: several neurons side by side.
#pragma once

#if defined(__CUDACC__)
#define SNN_INLINE __device__ __forceinline__
#include "../../cuda/lanes.h"
#else
#define SNN_INLINE inline __attribute__((always_inline))
#include "lanes.h"
#endif

namespace snn {

// min and max hand on a NaN from either side, as torch's do.
template <class C>
SNN_INLINE C minimum(C a, C b) {
  return choose(a != a, a, choose((b < a) | (b != b), b, a));
}

template <class C>
SNN_INLINE C maximum(C a, C b) {
  return choose(a != a, a, choose((b > a) | (b != b), b, a));
}

}  // namespace snn
