#include <string.h>

#include "CWireColumns.h"
#include "half.h"

static void write_halves_plain(const float *restrict x, int64_t count, uint8_t *restrict halves) {
  for (int64_t i = 0; i < count; i++) {
    uint16_t half = rwc_half(x[i]);
    uint8_t bytes[2] = {(uint8_t)half, (uint8_t)(half >> 8)};
    memcpy(halves + 2 * i, bytes, 2);
  }
}

static void read_halves_plain(const uint8_t *restrict halves, int64_t count, float *restrict x) {
  for (int64_t i = 0; i < count; i++)
    x[i] = rwc_float((uint16_t)(halves[2 * i] | (uint16_t)halves[2 * i + 1] << 8));
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx,f16c"))) static void write_halves_f16c(const float *x, int64_t count, uint8_t *halves) {
  const __m256 largest = _mm256_set1_ps(65504.0f), infinity = _mm256_set1_ps(__builtin_inff());
  const __m256 sign = _mm256_set1_ps(-0.0f);
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256 v = _mm256_loadu_ps(x + i), magnitude = _mm256_andnot_ps(sign, v);
    // Finite and too large: an infinity is not less than itself, NaN compares with nothing.
    __m256 beyond =
        _mm256_and_ps(_mm256_cmp_ps(magnitude, largest, _CMP_GT_OQ), _mm256_cmp_ps(magnitude, infinity, _CMP_LT_OQ));
    __m256 clamped = _mm256_or_ps(largest, _mm256_and_ps(sign, v));
    __m128i half = _mm256_cvtps_ph(_mm256_blendv_ps(v, clamped, beyond), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128((__m128i *)(void *)(halves + 2 * i), half);
  }
  write_halves_plain(x + i, count - i, halves + 2 * i);
}

__attribute__((target("avx,f16c"))) static void read_halves_f16c(const uint8_t *halves, int64_t count, float *x) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(x + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(halves + 2 * i))));
  read_halves_plain(halves + 2 * i, count - i, x + i);
}

static int has_f16c(void) { return __builtin_cpu_supports("avx") && __builtin_cpu_supports("f16c"); }
#endif

void rwc_write_halves(const float *x, int64_t count, uint8_t *halves) {
#if defined(__x86_64__)
  if (has_f16c()) {
    write_halves_f16c(x, count, halves);
    return;
  }
#endif
  write_halves_plain(x, count, halves);
}

void rwc_read_halves(const uint8_t *halves, int64_t count, float *x) {
#if defined(__x86_64__)
  if (has_f16c()) {
    read_halves_f16c(halves, count, x);
    return;
  }
#endif
  read_halves_plain(halves, count, x);
}
