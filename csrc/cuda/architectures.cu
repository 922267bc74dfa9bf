// Which GPUs the kernels are compiled for.
#include <algorithm>
#include <iterator>

#include "arguments.h"

namespace snn::cuda {

// A GPU runs code for its major compute capability, of its minor one or an older; and, translated by its driver, code
// for a whole generation before. That of the newest architecture alone can be translated: 12.0+PTX.
bool has_code_for(int64_t major, int64_t minor) {
  constexpr int64_t kArchitectures[] = {__CUDA_ARCH_LIST__};  // 900 for 9.0
  const int64_t own = major * 100 + minor * 10;
  const auto serves = [=](int64_t compiled) { return compiled / 100 == major && compiled <= own; };
  return own > *std::max_element(std::begin(kArchitectures), std::end(kArchitectures)) ||
         std::any_of(std::begin(kArchitectures), std::end(kArchitectures), serves);
}

}  // namespace snn::cuda
