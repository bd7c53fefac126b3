// IEEE 754 binary16 in integer arithmetic: the same on every processor.
#ifndef RETORT_HALF_H
#define RETORT_HALF_H

#include <stdint.h>

// Bits of the nearest binary16, ties to even; finite numbers beyond 65504 become 65504 with their sign.
static inline uint16_t rwc_half(float x) {
  union { float f; uint32_t u; } v = {x};
  uint32_t sign = v.u >> 16 & 0x8000u, a = v.u & 0x7fffffffu;
  if (a > 0x7f800000u) return (uint16_t)(sign | 0x7e00u | (a >> 13 & 0x3ffu));  // NaN
  if (a == 0x7f800000u) return (uint16_t)(sign | 0x7c00u);
  if (a >= 0x477fe000u) return (uint16_t)(sign | 0x7bffu);  // 65504 and above
  if (a < 0x38800000u) {
    // Below 2^-14: the sum with 0.5 has its last bit at 2^-24, as subnormal halves have.
    union { uint32_t u; float f; } small = {a};
    small.f += 0.5f;
    return (uint16_t)(sign | (small.u - 0x3f000000u));
  }
  return (uint16_t)(sign | ((a + 0xfffu + (a >> 13 & 1u) - 0x38000000u) >> 13));
}

// The number of these bits.
static inline float rwc_float(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = (uint32_t)(half & 0x7fffu) << 13;
  union { uint32_t u; float f; } v = {magnitude};
  v.f *= 0x1p112f;
  v.u = magnitude >= 0x0f800000u ? magnitude | 0x7f800000u : v.u;  // infinity and NaN
  v.u |= sign;
  return v.f;
}

#endif
