// The types that values have in memory.
#pragma once

#include <cstdint>

namespace snn::cpu {

// Arithmetic is done in the first two alone. kBits has one bit for each spike.
enum class ElementType : int32_t { kFloat, kDouble, kBFloat16, kHalf, kBits };

// A type of 16 bits in memory: no arithmetic is done in it.
struct BFloat16 {
  uint16_t bits;
};

struct Half {
  uint16_t bits;
};

// The element type of float or double, the types that arithmetic is done in.
template <class C>
constexpr ElementType element_type() {
  return sizeof(C) == sizeof(double) ? ElementType::kDouble : ElementType::kFloat;
}

}  // namespace snn::cpu
