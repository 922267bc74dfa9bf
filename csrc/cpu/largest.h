// The largest of some values over time, and the step at which it was.
#pragma once

#include <type_traits>

#include "strip/strips.h"

namespace snn::cpu {

// The integer type of the same size as C.
template <class C>
using Whole = std::conditional_t<sizeof(C) == sizeof(double), int64_t, int32_t>;

// The values of a strip at some steps, from step `first` on, and the largest values before them.
template <class C>
struct Largest {
  const C* values;
  int64_t steps, first;
  C* best;
  Whole<C>* index;
};

// Of several equal values, the first is taken. A NaN is larger than any number.
template <class C>
void keep_largest(const Largest<C>& strip);

}  // namespace snn::cpu
