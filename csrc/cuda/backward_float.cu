#include "backward.h"

namespace snn::cuda {
template cudaError_t backward<float>(const Launch&, const BackwardArguments<Compute<float>>&);
}  // namespace snn::cuda
