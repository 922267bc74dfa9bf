// Several neurons as one value: the operators and functions of a CPU's vectors.
#pragma once

#include <limits>
#include <type_traits>
#include <utility>

namespace snn {

// A value C is a vector of the compiler's vector extension. Operators work lane by lane. A comparison gives integers of
// the same size, by which ?: chooses.
template <class C>
using Element = std::decay_t<decltype(std::declval<C&>()[0])>;

template <class C>
SNN_INLINE C splat(Element<C> number) {
  return number - C{};
}

// The same value, but the compiler cannot see how it was computed. GCC 12 would otherwise join comparisons of vectors
// before it knows which processor a function will be inlined for, and then compare one number after another.
template <class C>
SNN_INLINE C settled(C value) {
#if defined(__x86_64__) && !defined(__clang__)
  asm("" : "+v"(value));
#endif
  return value;
}

// The Heaviside function of the distance to threshold: at the threshold itself a neuron fires unless `strict`.
template <class C>
SNN_INLINE C fires(C distance, bool strict) {
  const C fired = splat<C>(1);
  return settled(strict ? (distance > C{} ? fired : C{}) : (distance >= C{} ? fired : C{}));
}

// Conditions: integers of the size of a number, with all bits set or none.
#define SNN_COMPARISON(NAME, OPERATOR)               \
  template <class C>                                 \
  SNN_INLINE auto NAME(C a, C b) {                   \
    using Bits = decltype(a < b);                    \
    return settled(a OPERATOR b ? ~Bits{} : Bits{}); \
  }
SNN_FOR_EACH_COMPARISON(SNN_COMPARISON)
#undef SNN_COMPARISON

template <class Condition, class C>
SNN_INLINE C choose(Condition condition, C a, C b) {
  return settled(condition != Condition{} ? a : b);
}

template <class C>
SNN_INLINE C absolute(C x) {
  using Bits = decltype(x < x);
  return (C)((Bits)x & ~(Bits)splat<C>(-0.0));
}

// The square root as IEEE rounds it. It is written number by number, and compilers make one instruction of that.
template <class C>
SNN_INLINE C square_root(C x) {
  C root;
  for (unsigned i = 0; i < sizeof(C) / sizeof(Element<C>); ++i)
    if constexpr (sizeof(Element<C>) == sizeof(float))
      root[i] = __builtin_sqrtf(x[i]);
    else
      root[i] = __builtin_sqrt(x[i]);
  return root;
}

// The largest integer that is not above x. A sum with `large` has no bits behind the point. Larger numbers have none
// either.
template <class C>
SNN_INLINE C round_down(C x) {
  using Bits = decltype(x < x);
  const C large = splat<C>(1 / std::numeric_limits<Element<C>>::epsilon()), size = absolute(x);
  const C rounded = (C)((Bits)((size + large) - large) | ((Bits)x & (Bits)splat<C>(-0.0)));
  return size < large ? rounded - (rounded > x ? splat<C>(1) : C{}) : x;
}

// The coefficients of e^r are 1 / k!.
constexpr double factorial(int k) { return k < 2 ? 1 : k * factorial(k - 1); }

// 1 / kFrom! + r * (1 / (kFrom + 1)! + r * ...), up to degree kDegree. No division is used, because it takes long.
template <int kFrom, int kDegree, class C>
SNN_INLINE C taylor(C r) {
  const C coefficient = splat<C>(static_cast<Element<C>>(1 / factorial(kFrom)));
  if constexpr (kFrom == kDegree)
    return coefficient;
  else
    return coefficient + r * taylor<kFrom + 1, kDegree>(r);
}

// e^x is 2^k * e^r with |r| <= ln(2) / 2, and e^r is its Taylor polynomial. Unlike a call to libm, this is code without
// branches. The error is at most 2 ulp. Results below the smallest normal number are 0.
template <int kMantissa, int kDegree, class C>
SNN_INLINE C exponential_by_taylor(C x, C log2_e, C ln2_high, C ln2_low, C smallest, C largest) {
  using Bits = decltype(x < x);
  using Number = Element<C>;
  using Limits = std::numeric_limits<Number>;
  constexpr Element<Bits> kBias = Limits::max_exponent - 1;
  // Adding it leaves an integer in the low mantissa bits.
  const C round = splat<C>(1.5 * (Element<Bits>(1) << kMantissa));
  const C bounded = x < smallest ? smallest : x > largest ? largest : x;
  const C shifted = bounded * log2_e + round;
  const C k = shifted - round;
  const C r = (bounded - k * ln2_high) - k * ln2_low;
  // 2^k is two factors, because 2^k alone may overflow where e^x is still finite.
  const Bits exponent = (Bits)shifted - (Bits)round, half = exponent >> 1;
  const C low = (C)((half + kBias) << kMantissa), high = (C)((exponent - half + kBias) << kMantissa);
  const C result = taylor<0, kDegree>(r) * low * high;
  return x < smallest ? C{} : x > largest ? splat<C>(Limits::infinity()) : result;
}

template <class C>
SNN_INLINE C exponential(C x) {
  if constexpr (sizeof(Element<C>) == sizeof(float))
    return exponential_by_taylor<23, 7>(x, splat<C>(1.44269504f), splat<C>(0.693359375f), splat<C>(-2.12194440e-4f),
                                        splat<C>(-87.336544f), splat<C>(88.722839f));
  else
    return exponential_by_taylor<52, 13>(x, splat<C>(1.4426950408889634), splat<C>(6.93147180369123816490e-01),
                                         splat<C>(1.90821492927058770002e-10), splat<C>(-708.39641853226408),
                                         splat<C>(709.78271289338397));
}

}  // namespace snn
