#pragma once
#include "kernel.h"

namespace egolab {

/** Inputs q, k, v, mask, rules; outputs y, and of each query the largest score and one over the sum of e^(score - largest). */
void attention(Call& call, float);

/** Inputs dy, q, k, v, y, largest, inverse, mask, rules; outputs dq, dk, dv. */
void attentionGrad(Call& call, float);

}  // namespace egolab
