#include "backward.h"

namespace snn::cuda {
template cudaError_t backward<__nv_bfloat16>(const Launch&, const BackwardArguments<Compute<__nv_bfloat16>>&);
}  // namespace snn::cuda
