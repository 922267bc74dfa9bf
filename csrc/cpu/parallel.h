// Work divided among torch's threads.
#pragma once

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <mutex>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace snn::cpu {

// The fewest rows for a thread: so many that they have `least` values. With fewer, a second thread costs more than it
// saves.
inline int64_t grain(int64_t least, int64_t row) { return std::max<int64_t>(1, least / std::max<int64_t>(1, row)); }

// How a thread rounds, and whether it treats subnormal numbers as zeros. torch.set_flush_denormal sets the latter only
// for the thread that calls it.
#if defined(__SSE2__)
using FloatMode = unsigned;
inline FloatMode float_mode() { return _mm_getcsr(); }
inline void set_float_mode(FloatMode mode) { _mm_setcsr(mode); }
#elif defined(__aarch64__)
using FloatMode = uint64_t;
inline FloatMode float_mode() {
  FloatMode mode;
  asm volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
inline void set_float_mode(FloatMode mode) { asm volatile("msr fpcr, %0" : : "r"(mode) : "memory"); }
#else
using FloatMode = int;
inline FloatMode float_mode() { return 0; }
inline void set_float_mode(FloatMode) {}
#endif

// Torch's threads see what their caller wrote before, and the caller sees what they wrote. ThreadSanitizer must be told
// of this order, because OpenMP's library is compiled without it.
#if defined(__SANITIZE_THREAD__)
#define SNN_UNWATCHED __attribute__((no_sanitize_thread))
inline void happens_before(char& place) { __tsan_release(&place); }
inline void happens_after(char& place) { __tsan_acquire(&place); }
#else
#define SNN_UNWATCHED
inline void happens_before(char&) {}
inline void happens_after(char&) {}
#endif

// Call function(first, last) for parts of [begin, end), each `least` long or longer. Every thread rounds as the caller
// does. An exception is thrown again here once all parts are done, because torch's function would hide its message.
template <class Function>
void parallel_for(int64_t begin, int64_t end, int64_t least, const Function& function) {
  std::exception_ptr error;
  std::mutex mutex;
  const FloatMode mode = float_mode();
  const auto part = [&](int64_t first, int64_t last) {
    const FloatMode own = float_mode();
    set_float_mode(mode);
    try {
      function(first, last);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (!error) error = std::current_exception();
    }
    set_float_mode(own);
  };
  char begun = 0, ended = 0;
  happens_before(begun);
  torch::stable::parallel_for(begin, end, least, [&](int64_t first, int64_t last) SNN_UNWATCHED {
    happens_after(begun);
    part(first, last);
    happens_before(ended);
  });
  happens_after(ended);
  if (error) std::rethrow_exception(error);
}

}  // namespace snn::cpu
