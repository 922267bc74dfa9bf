// The arithmetic that the generated steps are written in. A value C holds several neurons side by side.
#pragma once

// The comparisons of the step language: the function and the operator of each. Both lanes.h define them.
#define SNN_FOR_EACH_COMPARISON(X) \
  X(less, <)                       \
  X(less_equal, <=)                \
  X(greater, >)                    \
  X(greater_equal, >=)             \
  X(equal, ==)                     \
  X(not_equal, !=)

#if defined(__CUDACC__)
#define SNN_INLINE __device__ __forceinline__
#include "../../cuda/lanes.h"
#else
#define SNN_INLINE inline __attribute__((always_inline))
#include "lanes.h"
#endif

#undef SNN_FOR_EACH_COMPARISON

namespace snn {

// min and max return NaN if either argument is NaN, as torch's do.
template <class C>
SNN_INLINE C minimum(C a, C b) {
  const C number = settled(choose(b < a, b, a)), right = settled(choose(b != b, b, number));
  return choose(a != a, a, right);
}

template <class C>
SNN_INLINE C maximum(C a, C b) {
  const C number = settled(choose(b > a, b, a)), right = settled(choose(b != b, b, number));
  return choose(a != a, a, right);
}

// 1 / (1 + e^-x). It uses e^-|x|, which does not overflow.
template <class C>
SNN_INLINE C logistic(C x) {
  const C one = splat<C>(1), e = exponential(-absolute(x));
  return choose(x < splat<C>(0), e, one) / (one + e);
}

// The hyperbolic tangent. Near 0, a formula with e^x would cancel. There it is x + x^3 P(x^2) / Q(x^2), a rational
// function from Cephes (S. L. Moshier) that is accurate in float64. Elsewhere it is 1 - 2 e / (1 + e) with e = e^-2|x|.
// One division serves both.
template <class C>
SNN_INLINE C hyperbolic_tangent(C x) {
  const C one = splat<C>(1), size = absolute(x), e = exponential(splat<C>(-2) * size);
  const auto near = size < splat<C>(0.625);
  const C small = choose(near, size, splat<C>(0)), square = small * small;
  const C p = (splat<C>(0.964399179425052238628) * square + splat<C>(99.2877231001918586564)) * square +
              splat<C>(1614.68768441708447952);
  const C q = ((square + splat<C>(112.811678491632931402)) * square + splat<C>(2235.48839060100448583)) * square +
              splat<C>(4844.06305325125486048);
  const C y = choose(near, size, one) - choose(near, small * square * p, splat<C>(2) * e) / choose(near, q, one + e);
  return choose(x < splat<C>(0), -y, choose(x == splat<C>(0), x, y));
}

}  // namespace snn
