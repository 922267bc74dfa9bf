// Written by snnkernels/emit/cpp.py from snnkernels/surrogates.py: do not edit, run `make codegen`.
// clang-format off
#pragma once

#include "../cpu/strip/scan.h"

namespace snn {

#define SNN_FOR_EACH_SURROGATE(X) \
  X(fast_sigmoid) \
  X(arctan) \
  X(sigmoid) \
  X(triangle) \
  X(rectangle) \
  X(gaussian) \
  X(straight_through)

#define SNN_INLINED fast_sigmoid, arctan

struct fast_sigmoid {
  template <class C>
  SNN_INLINE static C derivative(C x, C k) {
    const C t0 = absolute(x);
    const C t1 = k * t0;
    const C t2 = splat<C>(1.0) + t1;
    const C t3 = t2 * t2;
    const C t4 = splat<C>(1.0) / t3;
    return t4;
  }
};

struct arctan {
  template <class C>
  SNN_INLINE static C derivative(C x, C k) {
    const C t0 = splat<C>(1.5707963267948966) * k;
    const C t1 = t0 * x;
    const C t2 = k / splat<C>(2.0);
    const C t3 = t1 * t1;
    const C t4 = splat<C>(1.0) + t3;
    const C t5 = t2 / t4;
    return t5;
  }
};

struct sigmoid {
  template <class C>
  SNN_INLINE static C derivative(C x, C k) {
    const C t0 = absolute(x);
    const C t1 = k * t0;
    const C t2 = -t1;
    const C t3 = exponential(t2);
    const C t4 = splat<C>(1.0) + t3;
    const C t5 = k * t3;
    const C t6 = t4 * t4;
    const C t7 = t5 / t6;
    return t7;
  }
};

struct triangle {
  template <class C>
  SNN_INLINE static C derivative(C x, C k) {
    const C t0 = absolute(x);
    const C t1 = k * t0;
    const C t2 = splat<C>(1.0) - t1;
    const auto t3 = greater(t2, splat<C>(0.0));
    const C t4 = choose(t3, t2, splat<C>(0.0));
    const C t5 = k * t4;
    return t5;
  }
};

struct rectangle {
  template <class C>
  SNN_INLINE static C derivative(C x, C k) {
    const C t0 = absolute(x);
    const C t1 = k * t0;
    const auto t2 = less(t1, splat<C>(0.5));
    const C t3 = choose(t2, k, splat<C>(0.0));
    return t3;
  }
};

struct gaussian {
  template <class C>
  SNN_INLINE static C derivative(C x, C k) {
    const C t0 = k * x;
    const C t1 = k / splat<C>(1.7724538509055159);
    const C t2 = t0 * t0;
    const C t3 = -t2;
    const C t4 = exponential(t3);
    const C t5 = t1 * t4;
    return t5;
  }
};

struct straight_through {
  template <class C>
  SNN_INLINE static C derivative(C x, C k) {
    return k;
  }
};

}  // namespace snn
