#include "DecodeKernels.h"

#include "KernelForm.h"
#include "decode_list.h"

#define DECLARE_TYPE(result, name, parameters, arguments) typedef result name##_kernel parameters;
DECODE_LIST(DECLARE_TYPE)

#define DECLARE_MEMBER(result, name, parameters, arguments) name##_kernel *name;
struct decode_form {
  const char *name;
  DECODE_LIST(DECLARE_MEMBER)
};

#define DECLARE_GENERIC(result, name, parameters, arguments) result generic_##name parameters;
#define GENERIC_MEMBER(result, name, parameters, arguments) .name = generic_##name,
DECODE_LIST(DECLARE_GENERIC)
static const struct decode_form generic_form = {.name = "generic", DECODE_LIST(GENERIC_MEMBER)};

#if defined(__x86_64__)
#define DECLARE_AVX2(result, name, parameters, arguments) result avx2_##name parameters;
#define AVX2_MEMBER(result, name, parameters, arguments) .name = avx2_##name,
DECODE_LIST(DECLARE_AVX2)
static const struct decode_form avx2_form = {.name = "avx2", DECODE_LIST(AVX2_MEMBER)};

#define DECLARE_AVX512(result, name, parameters, arguments) result avx512_##name parameters;
#define AVX512_MEMBER(result, name, parameters, arguments) .name = avx512_##name,
DECODE_LIST(DECLARE_AVX512)
static const struct decode_form avx512_form = {.name = "avx512", DECODE_LIST(AVX512_MEMBER)};

#define DECLARE_BF16(result, name, parameters, arguments) result avx512bf16_##name parameters;
#define BF16_MEMBER(result, name, parameters, arguments) .name = avx512bf16_##name,
DECODE_LIST(DECLARE_BF16)
static const struct decode_form avx512bf16_form = {.name = "avx512bf16", DECODE_LIST(BF16_MEMBER)};
#endif

static const struct decode_form *form = &generic_form;

// Runs when the program is loaded, before any thread of ours.
__attribute__((constructor)) static void choose_decode_form(void) {
#if defined(__x86_64__)
  switch (retort_form_in_use()) {
    case RETORT_AVX512BF16: form = &avx512bf16_form; break;
    case RETORT_AVX512: form = &avx512_form; break;
    case RETORT_AVX2: form = &avx2_form; break;
    default: break;
  }
#endif
}

const char *retort_decode_form(void) { return form->name; }

#define DEFINE(result, name, parameters, arguments) \
  result retort_##name parameters { return form->name arguments; }
DECODE_LIST(DEFINE)
