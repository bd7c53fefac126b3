#include <string.h>

#include "CWireColumns.h"
#include "half.h"

enum { logprob_bits = 14, one = 15360, not_a_number = 16382, negative_infinity = 16383 };

int64_t rwc_bit_column_bytes(int64_t count, int32_t bits) { return (count * bits + 7) / 8; }

// Numbers go into a window of 64 bits; whole words of 32 leave it.
struct writer {
  uint64_t window;
  int32_t filled;
  uint8_t *out;
};

static inline void put(struct writer *writer, uint32_t number, int32_t bits) {
  writer->window |= (uint64_t)number << writer->filled;
  writer->filled += bits;
  if (writer->filled >= 32) {
    uint32_t word = (uint32_t)writer->window;
    uint8_t bytes[4] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)};
    memcpy(writer->out, bytes, 4);
    writer->out += 4;
    writer->window >>= 32;
    writer->filled -= 32;
  }
}

static inline void finish(struct writer *writer) {
  for (; writer->filled > 0; writer->filled -= 8, writer->window >>= 8) *writer->out++ = (uint8_t)writer->window;
}

// Bits [bit, bit + bits) of `bytes` bytes.
static inline uint32_t get(const uint8_t *packed, int64_t bytes, int64_t bit, int32_t bits) {
  int64_t byte = bit / 8;
  uint64_t window = 0;
  if (byte + 8 <= bytes) {
    const uint8_t *p = packed + byte;
    window = (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
             (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
  } else {
    for (int64_t i = 0; byte + i < bytes; i++) window |= (uint64_t)packed[byte + i] << (8 * i);
  }
  return (uint32_t)(window >> (bit % 8) & ((UINT64_C(1) << bits) - 1));
}

void rwc_write_bits(const uint32_t *x, int64_t count, int32_t bits, uint8_t *packed) {
  struct writer writer = {0, 0, packed};
  uint32_t mask = (uint32_t)((UINT64_C(1) << bits) - 1);
  for (int64_t i = 0; i < count; i++) put(&writer, x[i] & mask, bits);
  finish(&writer);
}

void rwc_read_bits(const uint8_t *packed, int64_t count, int32_t bits, uint32_t *x) {
  int64_t bytes = rwc_bit_column_bytes(count, bits);
  for (int64_t i = 0; i < count; i++) x[i] = get(packed, bytes, i * bits, bits);
}

static inline uint32_t code(float logprob) {
  if (logprob != logprob) return not_a_number;
  if (logprob == -__builtin_inff()) return negative_infinity;
  float scaled = logprob < 0 ? logprob * -0x1p-8f : 0;
  return rwc_half(scaled < 1 ? scaled : 1);
}

static inline float logprob(uint32_t code) {
  if (code <= one) return 0 - 256 * rwc_float((uint16_t)code);
  return code == negative_infinity ? -__builtin_inff() : __builtin_nanf("");
}

void rwc_write_logprobs(const float *x, int64_t count, uint8_t *packed) {
  struct writer writer = {0, 0, packed};
  for (int64_t i = 0; i < count; i++) put(&writer, code(x[i]), logprob_bits);
  finish(&writer);
}

void rwc_read_logprobs(const uint8_t *packed, int64_t first, int64_t count, float *x) {
  int64_t bytes = rwc_bit_column_bytes(first + count, logprob_bits);
  for (int64_t i = 0; i < count; i++) x[i] = logprob(get(packed, bytes, (first + i) * logprob_bits, logprob_bits));
}

uint32_t rwc_maximum(const uint32_t *x, int64_t count) {
  uint32_t largest = 0;
  for (int64_t i = 0; i < count; i++) largest = x[i] > largest ? x[i] : largest;
  return largest;
}
