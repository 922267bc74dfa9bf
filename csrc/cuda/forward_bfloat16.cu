#include "forward.h"

namespace snn::cuda {
template cudaError_t forward<__nv_bfloat16>(const Launch&, const ForwardArguments<Compute<__nv_bfloat16>>&);
}  // namespace snn::cuda
