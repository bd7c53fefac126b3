// Token losses of one position over its categories: vectorised loops in the form that CKernels has, chosen at run time.
// p is the teacher's distribution, q the student's; lp and lq are their natural logarithms in nats.
#ifndef CTOKENLOSS_H
#define CTOKENLOSS_H

#include <stddef.h>
#include <stdint.h>

// The f-divergences; the numbers are internal to the library.
enum ctl_kind {
  CTL_FORWARD_KL = 0,
  CTL_REVERSE_KL = 1,
  CTL_SKEW_FORWARD_KL = 2,
  CTL_SKEW_REVERSE_KL = 3,
  CTL_SKEW_REVERSE_KL_FULL = 4,
  CTL_GENERALIZED_JSD = 5,
  CTL_TOTAL_VARIATION = 6,
  CTL_MIXED_KL = 7,
  CTL_ALPHA_BETA = 8,
};

// A divergence with its numbers.
struct ctl_loss {
  int32_t kind;
  // Alpha or beta of the kinds that have one; forward KL's factor in the mixed KL.
  float weight;
  // Beta of the alpha-beta divergence.
  float second;
};

// What one row gave.
struct ctl_result {
  // The divergence in nats (total variation: a number in [0, 1]).
  double value;
  // Sum of p: 1 up to rounding, for a teacher that gives log-probs.
  double teacher_mass;
  // Index of the first largest lp; n where none compares.
  size_t teacher_top;
};

// Name of the form in use, that of the vector loops of CKernels: "avx512", "avx2" or "generic".
const char *ctl_form(void);

// Writes lq = z - logsumexp(z) and q = exp(lq). z, lq and q have n values and do not overlap.
// Returns the sum of exp(z - max z), which is NaN where any logit is NaN or +infinity.
double ctl_log_softmax(size_t n, const float *z, float *lq, float *q);

// Returns the divergence between lp and lq and writes scale * dL/dz to g. Arrays of n values that do not overlap.
struct ctl_result ctl_divergence(struct ctl_loss loss, size_t n, const float *lp, const float *lq,
                                 const float *q, float scale, float *g);

// Writes e = exp(z - max z), max z and the first index that has it (n where no value compares); returns the sum of e, which is NaN where any logit is NaN or +infinity.
// z and e have n values and do not overlap.
double ctl_exponentials(size_t n, const float *z, float *e, float *largest, size_t *top);

// Does the same as ctl_divergence for a student given by what ctl_exponentials left. g holds its logits z and is overwritten.
struct ctl_result ctl_logit_divergence(struct ctl_loss loss, size_t n, const float *lp, const float *e, double sum,
                                       float largest, float scale, float *g);

// The same, with the gradient rounded to bfloat16; g is overwritten by what nobody needs.
struct ctl_result ctl_rounded_logit_divergence(struct ctl_loss loss, size_t n, const float *lp, const float *e,
                                               double sum, float largest, float scale, float *g, uint16_t *rounded);

// Returns the head's share of the sum of |q - p| over n categories, q being inverse * e; 1/2 where that sum is 0. The head: the
// categories of largest p, lower indices first where they are equal, as many as have a mass of at most `mass` together, at
// least one. Of the n, the first `eligible` may belong to it.
double ctl_head_share(size_t n, size_t eligible, const float *lp, const float *e, float inverse, double mass);

// Writes g = scale * q, and returns the sum of q over all n.
double ctl_scale(size_t n, const float *q, float scale, float *g);

// Writes y = (x - mean x) / (sd + 1e-7), sd being the standard deviation with n - 1 in its denominator, and returns sd: NaN where
// any x is NaN or infinite. x and y have n >= 2 values; they may be the same.
double ctl_standardize(size_t n, const float *x, float *y);

// Makes g, the gradient of the y that ctl_standardize wrote, that of its x; zeros where sd is 0.
void ctl_standardize_backward(size_t n, const float *y, double sd, float *g);

// Index of the first largest value; n where no value compares (all NaN, or n is 0).
size_t ctl_argmax(size_t n, const float *x);

#endif
