#include "adjoint_strips.h"

namespace snn::cpu {
template Adjoint<float> find_adjoint<float>(const std::string&, const std::string&, bool);
}  // namespace snn::cpu
