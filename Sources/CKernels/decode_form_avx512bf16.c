// The decode loops for x86-64 with AVX-512 and its bfloat16 products.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define HAS_BFLOAT16_PRODUCTS 1
#define FORM(name) avx512bf16_##name
// Rows, and vectors of 16 columns, whose sums stay in registers.
#define TILE_ROWS 6
#define TILE_VECTORS 4
#include "panels.inc"
#include "pages.inc"
#include "selection.inc"
#pragma clang attribute pop
#endif
