#include "CTokenLoss.h"

#include "KernelForm.h"
#include "loss_list.h"

#define DECLARE_MEMBER(result, name, parameters, arguments) result(*name) parameters;
struct form {
  const char *name;
  LOSS_LIST(DECLARE_MEMBER) VOID_LOSS_LIST(DECLARE_MEMBER)
};

#define DECLARE_GENERIC(result, name, parameters, arguments) result generic_##name parameters;
#define GENERIC_MEMBER(result, name, parameters, arguments) .name = generic_##name,
LOSS_LIST(DECLARE_GENERIC) VOID_LOSS_LIST(DECLARE_GENERIC)
static const struct form generic_form = {.name = "generic", LOSS_LIST(GENERIC_MEMBER) VOID_LOSS_LIST(GENERIC_MEMBER)};

#if defined(__x86_64__)
#define DECLARE_AVX2(result, name, parameters, arguments) result avx2_##name parameters;
#define AVX2_MEMBER(result, name, parameters, arguments) .name = avx2_##name,
LOSS_LIST(DECLARE_AVX2) VOID_LOSS_LIST(DECLARE_AVX2)
static const struct form avx2_form = {.name = "avx2", LOSS_LIST(AVX2_MEMBER) VOID_LOSS_LIST(AVX2_MEMBER)};

#define DECLARE_AVX512(result, name, parameters, arguments) result avx512_##name parameters;
#define AVX512_MEMBER(result, name, parameters, arguments) .name = avx512_##name,
LOSS_LIST(DECLARE_AVX512) VOID_LOSS_LIST(DECLARE_AVX512)
static const struct form avx512_form = {.name = "avx512", LOSS_LIST(AVX512_MEMBER) VOID_LOSS_LIST(AVX512_MEMBER)};
#endif

static const struct form *form = &generic_form;

// Runs when the program is loaded, before any thread of ours.
__attribute__((constructor)) static void choose_form(void) {
#if defined(__x86_64__)
  switch (retort_form_in_use()) {
    case RETORT_AVX512BF16:
    case RETORT_AVX512: form = &avx512_form; break;
    case RETORT_AVX2: form = &avx2_form; break;
    default: break;
  }
#endif
}

const char *ctl_form(void) { return form->name; }

#define DEFINE(result, name, parameters, arguments) \
  result name parameters { return form->name arguments; }
LOSS_LIST(DEFINE)

#define DEFINE_VOID(result, name, parameters, arguments) \
  result name parameters { form->name arguments; }
VOID_LOSS_LIST(DEFINE_VOID)
