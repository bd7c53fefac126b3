#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

typedef void sgemm_function(
    int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
    int ldb, float beta, float *c, int ldc);
typedef char *text_function(void);
typedef void threads_function(int);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *failure = "OpenBLAS is not loaded yet";
static sgemm_function *sgemm;
static const char *core_type = "";
static const char *version = "";

// Kernels that this processor can run; NULL leaves the choice to the library.
static const char *best_core_type(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return "SkylakeX";
  }
#endif
  return NULL;
}

static void *open_library(void) {
  static const char *const names[] = {"libopenblas.so.0", "libopenblas.so"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
  }
  return NULL;
}

// Runs before the program has threads, which setenv would disturb. A value that the user set stays.
__attribute__((constructor)) static void choose_core_type(void) {
  const char *best = best_core_type();
  if (best) setenv("OPENBLAS_CORETYPE", best, 0);
  // Parallelism is the caller's, over pieces that do not depend on the number of threads.
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
}

static void load(void) {
  void *library = open_library();
  if (!library) {
    failure = "libopenblas.so.0 cannot be loaded; install OpenBLAS (Debian: apt-get install libopenblas0-pthread)";
    return;
  }
  sgemm = (sgemm_function *)dlsym(library, "cblas_sgemm");
  if (!sgemm) {
    failure = "libopenblas.so.0 has no cblas_sgemm; install a complete OpenBLAS (Debian: libopenblas0-pthread)";
    return;
  }
  threads_function *set_threads = (threads_function *)dlsym(library, "openblas_set_num_threads");
  if (set_threads) set_threads(1);
  text_function *name = (text_function *)dlsym(library, "openblas_get_corename");
  if (name) core_type = name();
  text_function *config = (text_function *)dlsym(library, "openblas_get_config");
  if (config) version = config();
  failure = NULL;
}

const char *retort_blas_load(void) {
  pthread_once(&once, load);
  return failure;
}

const char *retort_blas_core_type(void) { return core_type; }

const char *retort_blas_version(void) { return version; }

void retort_blas_sgemm(
    bool transpose_a, bool transpose_b, int32_t m, int32_t n, int32_t k, float alpha, const float *a, int32_t lda,
    const float *b, int32_t ldb, float beta, float *c, int32_t ldc) {
  enum { row_major = 101, as_stored = 111, transposed = 112 };
  sgemm(
      row_major, transpose_a ? transposed : as_stored, transpose_b ? transposed : as_stored, m, n, k, alpha, a, lda, b,
      ldb, beta, c, ldc);
}
