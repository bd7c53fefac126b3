// The loops for x86-64 with AVX-512 as of Skylake's servers.
#include "CKernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define FORM(name) avx512_##name
#define VECTOR_FLOATS 16
#define PRODUCT_ROWS 8
#include "kernels.inc"
#include "activations.inc"
#include "attention.inc"
#include "optimizer.inc"
#pragma clang attribute pop
#endif
