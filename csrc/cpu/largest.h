// The largest of some values over time, and the step at which it was.
#pragma once

#include <type_traits>

#include "strip/strips.h"

namespace snn::cpu {

// A whole number of a type's size.
template <class C>
using Whole = std::conditional_t<sizeof(C) == sizeof(double), int64_t, int32_t>;

// The values of a strip at some steps, the first of which is step `first`, and what was largest before.
template <class C>
struct Largest {
  const C* values;
  int64_t steps, first;
  C* best;
  Whole<C>* index;
};

// The first of several that are equal counts. A NaN is larger than any number.
template <class C>
void keep_largest(const Largest<C>& strip);

}  // namespace snn::cpu
