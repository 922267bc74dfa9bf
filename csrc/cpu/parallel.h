// Work divided among torch's threads.
#pragma once

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <mutex>

namespace snn::cpu {

// Rows of so many values for a thread at least: `least` values, below which a second thread costs more than it saves.
inline int64_t grain(int64_t least, int64_t row) { return std::max<int64_t>(1, least / std::max<int64_t>(1, row)); }

// Call function(first, last) for parts of [begin, end) that are `least` long or more. An exception is thrown here once
// all are done: out of torch's function it would come as one that does not say what happened.
template <class Function>
void parallel_for(int64_t begin, int64_t end, int64_t least, const Function& function) {
  std::exception_ptr error;
  std::mutex mutex;
  torch::stable::parallel_for(begin, end, least, [&](int64_t first, int64_t last) {
    try {
      function(first, last);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (!error) error = std::current_exception();
    }
  });
  if (error) std::rethrow_exception(error);
}

}  // namespace snn::cpu
