// The loops for x86-64 with AVX-512 as of Skylake's servers.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define FORM(name) avx512_##name
#include "token_loss.inc"
#pragma clang attribute pop
#endif
