// Columns of numbers as they travel: IEEE 754 binary16, and numbers of a few bits without gaps. Protos/retort/v1/score.proto
// defines the codes. Arrays do not overlap; bytes need no alignment.
#ifndef RETORT_CWIRECOLUMNS_H
#define RETORT_CWIRECOLUMNS_H

#include <stdint.h>

#pragma clang assume_nonnull begin

// Writes `count` floats as binary16, two bytes each, little-endian: to nearest, ties to even; finite numbers beyond 65504
// become 65504 with their sign.
void rwc_write_halves(const float *x, int64_t count, uint8_t *halves);
// Reads what the above wrote, exactly.
void rwc_read_halves(const uint8_t *halves, int64_t count, float *x);

// Bytes of `count` numbers of `bits` bits.
int64_t rwc_bit_column_bytes(int64_t count, int32_t bits);
// Writes the lowest `bits` (1...32) bits of each number, the first in the lowest bits of the first byte.
void rwc_write_bits(const uint32_t *x, int64_t count, int32_t bits, uint8_t *packed);
// Reads what the above wrote.
void rwc_read_bits(const uint8_t *packed, int64_t count, int32_t bits, uint32_t *x);

// Writes log-probs as codes of 14 bits.
void rwc_write_logprobs(const float *x, int64_t count, uint8_t *packed);
// Reads what the above wrote. `first` is the index of the first number wanted.
void rwc_read_logprobs(const uint8_t *packed, int64_t first, int64_t count, float *x);

// The largest number; 0 where there are none.
uint32_t rwc_maximum(const uint32_t *x, int64_t count);

#pragma clang assume_nonnull end

#endif
