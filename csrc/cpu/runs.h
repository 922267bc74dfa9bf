// Converts rows from one form to another, a run of values at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "strip/scan.h"

namespace snn::cpu {

// How many values an element has: eight in a byte of bits, else one.
template <class T>
constexpr int64_t kValuesIn = std::is_same_v<T, char> ? 8 : 1;

// How many elements a number of values needs.
template <class T>
constexpr int64_t elements(int64_t values) {
  return (values + kValuesIn<T> - 1) / kValuesIn<T>;
}

// A row of `count` values, in one form and in another.
template <class C>
struct Conversion {
  const void* from;
  int64_t count;
  void* to;
};

// Call a function on each run of kRun values and on the place for its results. The values left over are copied to
// memory that has room for a whole run.
template <int64_t kRun, class From, class To, class C, class Function>
SNN_INLINE void for_runs(const Conversion<C>& row, const Function& function) {
  const From* from = static_cast<const From*>(row.from);
  To* to = static_cast<To*>(row.to);
  int64_t left = row.count;
  for (; left >= kRun; left -= kRun, from += elements<From>(kRun), to += elements<To>(kRun)) function(from, to);
  if (left == 0) return;
  From last[elements<From>(kRun)] = {};
  To converted[elements<To>(kRun)];
  std::copy_n(from, elements<From>(left), last);
  function(last, converted);
  std::copy_n(converted, elements<To>(left), to);
}

}  // namespace snn::cpu
