#include "CKernels.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_list.h"

#define DECLARE_TYPE(result, name, parameters, arguments) typedef result name##_kernel parameters;
KERNEL_LIST(DECLARE_TYPE)

#define DECLARE_MEMBER(result, name, parameters, arguments) name##_kernel *name;
struct form {
  const char *name;
  KERNEL_LIST(DECLARE_MEMBER)
};

#define DECLARE_GENERIC(result, name, parameters, arguments) result generic_##name parameters;
#define GENERIC_MEMBER(result, name, parameters, arguments) .name = generic_##name,
KERNEL_LIST(DECLARE_GENERIC)
static const struct form generic_form = {.name = "generic", KERNEL_LIST(GENERIC_MEMBER)};

#if defined(__x86_64__)
#define DECLARE_AVX2(result, name, parameters, arguments) result avx2_##name parameters;
#define AVX2_MEMBER(result, name, parameters, arguments) .name = avx2_##name,
KERNEL_LIST(DECLARE_AVX2)
static const struct form avx2_form = {.name = "avx2", KERNEL_LIST(AVX2_MEMBER)};

#define DECLARE_AVX512(result, name, parameters, arguments) result avx512_##name parameters;
#define AVX512_MEMBER(result, name, parameters, arguments) .name = avx512_##name,
KERNEL_LIST(DECLARE_AVX512)
static const struct form avx512_form = {.name = "avx512", KERNEL_LIST(AVX512_MEMBER)};
#endif

static const struct form *form = &generic_form;

#if defined(__x86_64__)
// True where RETORT_KERNEL_FORM asks for less than a form.
static bool is_refused(const char *name) {
  const char *wanted = getenv("RETORT_KERNEL_FORM");
  return wanted && *wanted && strcmp(wanted, name) != 0;
}
#endif

// Runs when the program is loaded, before any thread of ours. RETORT_KERNEL_FORM=avx2 or generic takes a narrower form, so
// that two machines compute the same bits.
__attribute__((constructor)) static void choose_form(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (has_avx512 && !is_refused("avx512")) {
    form = &avx512_form;
  } else if (has_avx2 && !is_refused("avx2")) {
    form = &avx2_form;
  }
#endif
}

const char *retort_kernel_form(void) { return form->name; }

#define DEFINE(result, name, parameters, arguments) \
  result retort_##name parameters { return form->name arguments; }
KERNEL_LIST(DEFINE)
