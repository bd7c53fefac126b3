#include "CTokenLoss.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

// Lets the compiler reorder the sums of the enclosing block, which vectorises them; nothing else is relaxed.
#define REORDER_SUMS _Pragma("clang fp reassociate(on) contract(fast)")

static inline uint32_t bits_of(float x) {
  uint32_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}

static inline float float_of(uint32_t u) {
  float x;
  memcpy(&x, &u, sizeof x);
  return x;
}

// e^x with a relative error below 2e-7 for x <= 88; x below -87.3 counts as -87.3, so that the result stays normal.
// x = n log 2 + r with |r| <= log(2) / 2, a polynomial in r (minimax, 8e-8), n added to the exponent.
static inline __attribute__((always_inline)) float exp_of(float x) {
  x = x < -87.3f ? -87.3f : x;
  const float shifted = x * 1.44269504088896341f + 12582912.0f;  // 1.5 * 2^23: rounds to an integer
  const float n = shifted - 12582912.0f;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float y = 8.2902722061e-03f;
  y = y * r + 4.1898161173e-02f;
  y = y * r + 1.6667638719e-01f;
  y = y * r + 4.9999147654e-01f;
  y = y * r + 9.9999970198e-01f;
  y = y * r + 1.0f;
  return float_of(bits_of(y) + (bits_of(shifted) << 23));  // the shift leaves n alone of what `shifted` holds
}

// log x with a relative error below 2e-7; x below the smallest normal number counts as that number.
// Cephes' logf: x = 2^e m with m in [sqrt(1/2), sqrt(2)), a polynomial in m - 1.
static inline __attribute__((always_inline)) float log_of(float x) {
  x = x < 1.17549435e-38f ? 1.17549435e-38f : x;
  const uint32_t u = bits_of(x);
  // The exponent rises by one where the mantissa is at least sqrt(2).
  const uint32_t up = (u + (0x3F800000u - 0x3F3504F3u)) >> 23;
  const float e = (float)((int32_t)up - 127);
  const float m = float_of(u - ((up - 127u) << 23)) - 1.0f;
  const float z = m * m;
  float y = 7.0376836292e-2f;
  y = y * m - 1.1514610310e-1f;
  y = y * m + 1.1676998740e-1f;
  y = y * m - 1.2420140846e-1f;
  y = y * m + 1.4249322787e-1f;
  y = y * m - 1.6668057665e-1f;
  y = y * m + 2.0000714765e-1f;
  y = y * m - 2.4999993993e-1f;
  y = y * m + 3.3333331174e-1f;
  y = y * m * z + e * -2.12194440e-4f - 0.5f * z;
  return m + y + e * 0.693359375f;
}

// The largest of n values, in 16 lanes so that the comparisons need not wait for each other; NaN never compares.
static inline __attribute__((always_inline)) float largest_of(size_t n, const float *x) {
  float lanes[16];
  for (size_t l = 0; l < 16; l++) lanes[l] = -INFINITY;
  size_t j = 0;
  for (; j + 16 <= n; j += 16)
    for (size_t l = 0; l < 16; l++) lanes[l] = x[j + l] > lanes[l] ? x[j + l] : lanes[l];
  for (; j < n; j++) lanes[0] = x[j] > lanes[0] ? x[j] : lanes[0];
  for (size_t l = 1; l < 16; l++) lanes[0] = lanes[l] > lanes[0] ? lanes[l] : lanes[0];
  return lanes[0];
}

CLONES double ctl_log_softmax(size_t n, const float *restrict z, float *restrict lq, float *restrict q) {
  const float largest = largest_of(n, z);
  double sum = 0;
  {
    REORDER_SUMS
    for (size_t j = 0; j < n; j++) {
      const float shifted = z[j] - largest;
      const float e = exp_of(shifted);
      lq[j] = shifted;
      q[j] = e;
      sum += (double)e;
    }
  }
  const float log_sum = (float)log(sum);
  const float inverse = (float)(1 / sum);
  for (size_t j = 0; j < n; j++) {
    lq[j] -= log_sum;
    q[j] *= inverse;
  }
  return sum;
}

// Elements whose parts of a sum are added in float, before they are added to a double.
enum { block_size = 512 };

// Runs over the blocks of n elements: `first` and `count` are those of one.
#define FOR_EACH_BLOCK \
  for (size_t first = 0, count; count = n - first < block_size ? n - first : block_size, first < n; first += block_size)

// A largest value and where it first stands; index n where no value compares.
struct top {
  float value;
  size_t block, index;
};

// Takes a block into account.
static inline __attribute__((always_inline)) void see_block(struct top *top, size_t first, size_t count, const float *x) {
  const float largest = largest_of(count, x + first);
  if (largest > top->value) *top = (struct top){largest, first, first};
}

// Finds the index within the block.
static inline void find_index(struct top *top, size_t n, const float *x) {
  top->index = top->block;
  while (top->index < n && x[top->index] != top->value) top->index++;
}

CLONES double ctl_exponentials(size_t n, const float *restrict z, float *restrict e, float *restrict largest,
                              size_t *restrict top_index) {
  struct top top = {-INFINITY, 0, n};
  FOR_EACH_BLOCK see_block(&top, first, count, z);
  find_index(&top, n, z);
  *largest = top.value;
  *top_index = top.index;
  double sum = 0;
  FOR_EACH_BLOCK {
    REORDER_SUMS
    float part = 0;
    for (size_t j = first; j < first + count; j++) {
      e[j] = exp_of(z[j] - top.value);
      part += e[j];
    }
    sum += (double)part;
  }
  return sum;
}

// One pass over the categories: adds `TERM` to the value and writes v = q dL/dq to g. Both may use p, lp_j, lq_j, q_j, a.
// A teacher's log-prob below -1000 counts as -1000. LQ and Q are the student's side of category j.
#define PASS(MIXTURE, TERM, V)                              \
  FOR_EACH_BLOCK {                                          \
    REORDER_SUMS                                            \
    float terms = 0, vs = 0, ps = 0;                        \
    see_block(&top, first, count, lp);                      \
    for (size_t j = first; j < first + count; j++) {        \
      const float lp_j = lp[j] < -1000.0f ? -1000.0f : lp[j]; \
      const float lq_j = LQ, q_j = Q, p = exp_of(lp_j);     \
      MIXTURE;                                              \
      (void)lq_j, (void)q_j; /* some losses do not need both */ \
      const float term = (TERM), v = (V);                   \
      g[j] = v;                                             \
      terms += term;                                        \
      vs += v;                                              \
      ps += p;                                              \
    }                                                       \
    value += (double)terms;                                 \
    v_sum += (double)vs;                                    \
    mass += (double)ps;                                     \
  }                                                         \
  break
// m, at least the smallest normal number, and its logarithm.
#define MIX(P_WEIGHT, Q_WEIGHT)                                             \
  const float m_0 = (P_WEIGHT) * p + (Q_WEIGHT) * q_j;                      \
  const float m = m_0 < 1.17549435e-38f ? 1.17549435e-38f : m_0, lm = log_of(m)

// The value, and scale * dL/dz = scale * (v - q sum(v)): the softmax's derivative, which holds for every loss of q. TARGET
// takes the derivative of category j, after CONVERT; g has room for v.
#define DIVERGENCE(TARGET, CONVERT)                                         \
  double value = 0, v_sum = 0, mass = 0;                                    \
  struct top top = {-INFINITY, 0, n};                                       \
  const float b = 1 - a;                                                    \
  switch (kind) {                                                           \
    case CTL_FORWARD_KL: /* sum p (lp - lq) */                              \
      PASS(, p * (lp_j - lq_j), -p);                                        \
    case CTL_REVERSE_KL: /* sum q (lq - lp) */                              \
      PASS(, q_j * (lq_j - lp_j), term);                                    \
    case CTL_SKEW_FORWARD_KL: /* sum p (lp - lm), m = a p + (1 - a) q */    \
      PASS(MIX(a, b), p * (lp_j - lm), -b * q_j * (p / m));                 \
    case CTL_SKEW_REVERSE_KL: /* sum q (lq - lm), m = (1 - a) p + a q, taken as constant */ \
      PASS(MIX(b, a), q_j * (lq_j - lm), term);                             \
    case CTL_SKEW_REVERSE_KL_FULL: /* the same value, with the gradient through m */ \
      PASS(MIX(b, a), q_j * (lq_j - lm), term - a * q_j * (q_j / m));       \
    case CTL_GENERALIZED_JSD: /* a KL(p || m) + (1 - a) KL(q || m), m = a p + (1 - a) q */ \
      PASS(MIX(a, b), a * p * (lp_j - lm) + b * q_j * (lq_j - lm), b * q_j * (lq_j - lm)); \
    case CTL_TOTAL_VARIATION: /* sum |q - p| / 2 */                         \
      PASS(, 0.5f * fabsf(q_j - p), q_j > p ? 0.5f * q_j : q_j < p ? -0.5f * q_j : 0); \
    default:                                                                \
      value = NAN;                                                          \
  }                                                                         \
  const float v_bar = (float)v_sum;                                         \
  for (size_t j = 0; j < n; j++) TARGET = CONVERT(scale * (g[j] - (Q) * v_bar)); \
  find_index(&top, n, lp);                                                  \
  return (struct ctl_result){value, mass, top.index}

// The nearest bfloat16 of a finite number, ties to even.
static inline __attribute__((always_inline)) uint16_t bfloat16_of(float x) {
  const uint32_t u = bits_of(x);
  return (uint16_t)((u + 0x7FFFu + ((u >> 16) & 1u)) >> 16);
}

CLONES struct ctl_result ctl_divergence(int32_t kind, float a, size_t n, const float *restrict lp,
                                        const float *restrict lq, const float *restrict q, float scale,
                                        float *restrict g) {
#define LQ lq[j]
#define Q q[j]
  DIVERGENCE(g[j], );
#undef LQ
#undef Q
}

#define LQ ((g[j] - largest) - log_sum)
#define Q (e[j] * inverse)
CLONES struct ctl_result ctl_logit_divergence(int32_t kind, float a, size_t n, const float *restrict lp,
                                              const float *restrict e, double sum, float largest, float scale,
                                              float *restrict g) {
  const float log_sum = (float)log(sum), inverse = (float)(1 / sum);
  DIVERGENCE(g[j], );
}

CLONES struct ctl_result ctl_rounded_logit_divergence(int32_t kind, float a, size_t n, const float *restrict lp,
                                                      const float *restrict e, double sum, float largest, float scale,
                                                      float *restrict g, uint16_t *restrict rounded) {
  const float log_sum = (float)log(sum), inverse = (float)(1 / sum);
  DIVERGENCE(rounded[j], bfloat16_of);
}
#undef LQ
#undef Q

CLONES double ctl_scale(size_t n, const float *restrict q, float scale, float *restrict g) {
  REORDER_SUMS
  double sum = 0;
  for (size_t j = 0; j < n; j++) {
    g[j] = scale * q[j];
    sum += (double)q[j];
  }
  return sum;
}

CLONES size_t ctl_argmax(size_t n, const float *x) {
  struct top top = {-INFINITY, 0, n};
  FOR_EACH_BLOCK see_block(&top, first, count, x);
  find_index(&top, n, x);
  return top.index;
}
