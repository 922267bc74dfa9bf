// What the CPU's and the CUDA time loop share: the arithmetic that the generated steps are written in.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#if defined(__CUDACC__)
#define SNN_INLINE __device__ __forceinline__
#else
#define SNN_INLINE inline __attribute__((always_inline))
#endif

namespace snn {

// The Heaviside function of the distance to threshold: at the threshold itself a neuron fires unless `strict`.
#if defined(__CUDACC__)

template <class C>
constexpr C kSmallest = std::numeric_limits<C>::denorm_min();

// A kernel learns only at run time whether it is strict. What is above 0 is at least the smallest number, so that one
// comparison does; a CPU may have been told to take that number for 0.
template <class C>
SNN_INLINE C fires(C distance, bool strict) {
  return distance >= (strict ? kSmallest<C> : C(0)) ? C(1) : C(0);
}

#else

template <class C>
SNN_INLINE C fires(C distance, bool strict) {
  return (strict ? distance > C(0) : distance >= C(0)) ? C(1) : C(0);
}

#endif

SNN_INLINE float absolute(float x) { return fabsf(x); }
SNN_INLINE double absolute(double x) { return fabs(x); }

// min and max hand on a NaN from either side, as torch's do.
template <class C>
SNN_INLINE C minimum(C a, C b) {
  return a != a ? a : (b < a || b != b) ? b : a;
}

template <class C>
SNN_INLINE C maximum(C a, C b) {
  return a != a ? a : (b > a || b != b) ? b : a;
}

#if defined(__CUDACC__)

SNN_INLINE float exponential(float x) { return expf(x); }
SNN_INLINE double exponential(double x) { return exp(x); }

#else

// e^x as 2^k * e^r with |r| <= ln(2) / 2, e^r by its Taylor polynomial: straight-line code that vectorises, which a
// call to libm does not. Within 2 ulp; results below the smallest normal number are 0.
template <class C, class Bits, int kMantissa, int kDegree>
SNN_INLINE C exponential_by_taylor(C x, C log2_e, C ln2_high, C ln2_low, C smallest, C largest) {
  constexpr Bits kBias = std::numeric_limits<C>::max_exponent - 1;
  constexpr C kRound = C(1.5) * C(Bits(1) << kMantissa);  // adding it leaves an integer in the low mantissa bits
  const C bounded = x < smallest ? smallest : x > largest ? largest : x;
  const C shifted = bounded * log2_e + kRound;
  const C k = shifted - kRound;
  const C r = (bounded - k * ln2_high) - k * ln2_low;
  C sum = C(1);
#pragma GCC unroll 16
  for (int degree = kDegree; degree > 0; --degree) sum = C(1) + r * sum / C(degree);
  Bits shifted_bits, round_bits;
  std::memcpy(&shifted_bits, &shifted, sizeof(C));
  std::memcpy(&round_bits, &kRound, sizeof(C));
  // In two factors, as 2^k alone overflows where e^x is still finite.
  const Bits exponent = shifted_bits - round_bits, half = exponent >> 1;
  const Bits low_bits = (half + kBias) << kMantissa, high_bits = (exponent - half + kBias) << kMantissa;
  C low, high;
  std::memcpy(&low, &low_bits, sizeof(C));
  std::memcpy(&high, &high_bits, sizeof(C));
  const C result = sum * low * high;
  return x < smallest ? C(0) : x > largest ? std::numeric_limits<C>::infinity() : result;
}

SNN_INLINE float exponential(float x) {
  return exponential_by_taylor<float, int32_t, 23, 7>(x, 1.44269504f, 0.693359375f, -2.12194440e-4f, -87.336544f,
                                                      88.722839f);
}

SNN_INLINE double exponential(double x) {
  return exponential_by_taylor<double, int64_t, 52, 13>(x, 1.4426950408889634, 6.93147180369123816490e-01,
                                                        1.90821492927058770002e-10, -708.39641853226408,
                                                        709.78271289338397);
}

#endif

}  // namespace snn
