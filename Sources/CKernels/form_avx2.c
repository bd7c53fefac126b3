// The loops for x86-64 with AVX2 and FMA.
#include "CKernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define FORM(name) avx2_##name
#define VECTOR_FLOATS 8
#define PRODUCT_ROWS 4
#include "kernels.inc"
#include "activations.inc"
#include "attention.inc"
#include "optimizer.inc"
#pragma clang attribute pop
#endif
