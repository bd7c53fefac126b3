// The loops for x86-64 with AVX2 and FMA.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define FORM(name) avx2_##name
#include "token_loss.inc"
#pragma clang attribute pop
#endif
