#include "KernelForm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"generic", "avx2", "avx512", "avx512bf16"};

enum retort_form retort_form_named(const char *name) {
  for (int form = RETORT_GENERIC; form <= RETORT_AVX512BF16; form++)
    if (!strcmp(name, names[form])) return (enum retort_form)form;
  return RETORT_NO_FORM;
}

static enum retort_form widest_of_processor(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return RETORT_GENERIC;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return RETORT_AVX2;
  return __builtin_cpu_supports("avx512bf16") ? RETORT_AVX512BF16 : RETORT_AVX512;
#else
  return RETORT_GENERIC;
#endif
}

// Asked first by constructors, before any thread of ours.
enum retort_form retort_form_in_use(void) {
  static enum retort_form chosen = RETORT_NO_FORM;
  if (chosen != RETORT_NO_FORM) return chosen;
  chosen = widest_of_processor();
  const char *wanted = getenv("RETORT_KERNEL_FORM");
  if (!wanted || !*wanted) return chosen;
  const enum retort_form most = retort_form_named(wanted);
  if (most == RETORT_NO_FORM)
    fprintf(
        stderr, "retort: RETORT_KERNEL_FORM=%.40s is not one of generic, avx2, avx512, avx512bf16; %s is taken\n", wanted,
        names[chosen]);
  else if (most < chosen)
    chosen = most;
  return chosen;
}
