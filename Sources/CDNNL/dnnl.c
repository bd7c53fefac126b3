#include "CDNNL.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#endif

#if defined(DNNL_VERSION_MAJOR) && DNNL_VERSION_MAJOR == 2

// The functions that are used, by their name in the library.
#define FUNCTIONS(USE) \
  USE(dnnl_version) USE(dnnl_get_effective_cpu_isa) USE(dnnl_engine_create) USE(dnnl_stream_create) \
  USE(dnnl_stream_destroy) USE(dnnl_stream_wait) USE(dnnl_memory_desc_init_by_strides) USE(dnnl_matmul_desc_init) \
  USE(dnnl_primitive_attr_create) USE(dnnl_primitive_attr_destroy) USE(dnnl_post_ops_create) \
  USE(dnnl_post_ops_destroy) USE(dnnl_post_ops_append_sum) USE(dnnl_primitive_attr_set_post_ops) \
  USE(dnnl_primitive_desc_create) USE(dnnl_primitive_desc_destroy) USE(dnnl_primitive_create) \
  USE(dnnl_primitive_destroy) USE(dnnl_memory_create) USE(dnnl_memory_destroy) USE(dnnl_memory_set_data_handle) \
  USE(dnnl_primitive_execute) USE(dnnl_set_primitive_cache_capacity)

#define MEMBER(name) __typeof__(&name) name;
static struct { FUNCTIONS(MEMBER) } library;
static void (*set_thread_count)(int);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *failure = "oneDNN is not loaded yet";
static char version[32] = "";
static const char *isa = "";
static dnnl_engine_t engine;

static bool find_functions(void *handle) {
#define FIND(name) \
  library.name = (__typeof__(library.name))dlsym(handle, #name); \
  if (!library.name) return false;
  FUNCTIONS(FIND)
  set_thread_count = (void (*)(int))dlsym(handle, "omp_set_num_threads");
  return true;
}

const char *retort_dnnl_bfloat16_isa(unsigned found) {
  static _Thread_local char number[16];
  const unsigned least = dnnl_cpu_isa_avx512_core_bf16;
  if ((found & least) != least) return NULL;
  switch (found) {
    case dnnl_cpu_isa_avx512_core_bf16: return "avx512_core_bf16";
    case dnnl_cpu_isa_avx512_core_amx: return "avx512_core_amx";
    default: snprintf(number, sizeof number, "isa_%#x", found); return number;
  }
}

// Takes note of the instructions in use; false where they do not multiply bfloat16.
static bool find_isa(void) {
  static char found[32], refused[160];
  const unsigned number = library.dnnl_get_effective_cpu_isa();
  const char *name = retort_dnnl_bfloat16_isa(number);
  if (name) {
    snprintf(found, sizeof found, "%s", name);
    isa = found;
    return true;
  }
  snprintf(
      refused, sizeof refused,
      "oneDNN has no AVX512-BF16 here (isa_%#x), so that bfloat16 products would be slower than float32; take float32",
      number);
  failure = refused;
  return false;
}

static pthread_key_t state_key;
static void end_state(void *state);

static void load(void) {
  void *handle = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL);
  if (!handle || !find_functions(handle)) {
    failure = "libdnnl.so.2 cannot be loaded; install oneDNN 2 (Debian: apt-get install libdnnl2), or take float32";
    return;
  }
  if (!find_isa()) return;
  if (library.dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success) {
    failure = "oneDNN has no engine for this processor; take float32";
    return;
  }
  if (pthread_key_create(&state_key, end_state) != 0) {
    failure = "no key of threads is left for oneDNN's products; take float32";
    return;
  }
  library.dnnl_set_primitive_cache_capacity(8192);
  const dnnl_version_t *found = library.dnnl_version();
  snprintf(version, sizeof version, "%d.%d.%d", found->major, found->minor, found->patch);
  failure = NULL;
}

const char *retort_dnnl_load(void) {
  pthread_once(&once, load);
  return failure;
}

const char *retort_dnnl_version(void) { return version; }

const char *retort_dnnl_isa(void) { return failure ? "" : isa; }

// One shape of product, made ready. A primitive is used by one thread alone.
struct shape {
  int64_t m, n, k, lda, ldb, ldc;
  bool transpose_a, transpose_b, accumulate;
};
struct product {
  struct shape shape;
  dnnl_primitive_t primitive;
  dnnl_memory_t a, b, c;
};

// What a thread keeps until it ends: products by the hash of their shape, a stream. Bounded: a full table starts anew.
enum { slots = 4096, most_products = 2048 };
struct thread_state {
  dnnl_stream_t stream;
  int count;
  struct product *products[slots];
};

static void forget(struct product *product) {
  if (product->primitive) library.dnnl_primitive_destroy(product->primitive);
  if (product->a) library.dnnl_memory_destroy(product->a);
  if (product->b) library.dnnl_memory_destroy(product->b);
  if (product->c) library.dnnl_memory_destroy(product->c);
  free(product);
}

static void forget_all(struct thread_state *state) {
  for (int i = 0; i < slots; i++)
    if (state->products[i]) forget(state->products[i]);
  memset(state->products, 0, sizeof state->products);
  state->count = 0;
}

static void end_state(void *state) {
  struct thread_state *ended = state;
  forget_all(ended);
  library.dnnl_stream_destroy(ended->stream);
  free(ended);
}

static struct thread_state *thread_state(void) {
  struct thread_state *state = pthread_getspecific(state_key);
  if (state) return state;
  state = calloc(1, sizeof *state);
  if (!state) abort();
  if (set_thread_count) set_thread_count(1);
  if (library.dnnl_stream_create(&state->stream, engine, dnnl_stream_default_flags) != dnnl_success) abort();
  if (pthread_setspecific(state_key, state) != 0) abort();
  return state;
}

// Describes op(X) [rows, columns] as stored with a row stride.
static dnnl_status_t describe(
    dnnl_memory_desc_t *desc, int64_t rows, int64_t columns, dnnl_data_type_t type, bool transposed, int64_t stride) {
  dnnl_dims_t dims = {rows, columns}, strides = {stride, 1};
  if (transposed) {
    strides[0] = 1;
    strides[1] = stride;
  }
  return library.dnnl_memory_desc_init_by_strides(desc, 2, dims, type, strides);
}

#define TRY(call) \
  if ((status = (call)) != dnnl_success) goto done

static dnnl_status_t make(struct product *product) {
  const struct shape *s = &product->shape;
  dnnl_memory_desc_t a, b, c;
  dnnl_matmul_desc_t matmul;
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_post_ops_t after = NULL;
  dnnl_primitive_desc_t plan = NULL;
  dnnl_status_t status;
  TRY(describe(&a, s->m, s->k, dnnl_bf16, s->transpose_a, s->lda));
  TRY(describe(&b, s->k, s->n, dnnl_bf16, s->transpose_b, s->ldb));
  TRY(describe(&c, s->m, s->n, dnnl_f32, false, s->ldc));
  TRY(library.dnnl_matmul_desc_init(&matmul, &a, &b, NULL, &c));
  TRY(library.dnnl_primitive_attr_create(&attributes));
  if (s->accumulate) {
    TRY(library.dnnl_post_ops_create(&after));
    TRY(library.dnnl_post_ops_append_sum(after, 1.0f));
    TRY(library.dnnl_primitive_attr_set_post_ops(attributes, after));
  }
  TRY(library.dnnl_primitive_desc_create(&plan, &matmul, attributes, engine, NULL));
  TRY(library.dnnl_primitive_create(&product->primitive, plan));
  TRY(library.dnnl_memory_create(&product->a, &a, engine, DNNL_MEMORY_NONE));
  TRY(library.dnnl_memory_create(&product->b, &b, engine, DNNL_MEMORY_NONE));
  TRY(library.dnnl_memory_create(&product->c, &c, engine, DNNL_MEMORY_NONE));
done:
  if (plan) library.dnnl_primitive_desc_destroy(plan);
  if (after) library.dnnl_post_ops_destroy(after);
  if (attributes) library.dnnl_primitive_attr_destroy(attributes);
  return status;
}

static uint64_t hash(const struct shape *s) {
  const int64_t parts[] = {s->m, s->n, s->k, s->lda, s->ldb, s->ldc,
                           s->transpose_a + 2 * s->transpose_b + 4 * s->accumulate};
  uint64_t h = 0;
  for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) h = (h ^ (uint64_t)parts[i]) * 0x9E3779B97F4A7C15u;
  return h >> 32;
}

static bool is_same(const struct shape *a, const struct shape *b) {
  return a->m == b->m && a->n == b->n && a->k == b->k && a->lda == b->lda && a->ldb == b->ldb && a->ldc == b->ldc &&
         a->transpose_a == b->transpose_a && a->transpose_b == b->transpose_b && a->accumulate == b->accumulate;
}

static dnnl_status_t find(struct thread_state *mine, const struct shape *shape, struct product **found) {
  if (mine->count == most_products) forget_all(mine);
  uint64_t slot = hash(shape) % slots;
  for (; mine->products[slot]; slot = (slot + 1) % slots) {
    if (!is_same(&mine->products[slot]->shape, shape)) continue;
    *found = mine->products[slot];
    return dnnl_success;
  }
  struct product *made = calloc(1, sizeof *made);
  if (!made) return dnnl_out_of_memory;
  made->shape = *shape;
  dnnl_status_t status = make(made);
  if (status != dnnl_success) {
    forget(made);
    return status;
  }
  mine->products[slot] = *found = made;
  mine->count++;
  return dnnl_success;
}

int retort_dnnl_multiply(
    bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const uint16_t *a, int64_t lda,
    const uint16_t *b, int64_t ldb, bool accumulate, float *c, int64_t ldc) {
  const struct shape shape = {m, n, k, lda, ldb, ldc, transpose_a, transpose_b, accumulate};
  struct thread_state *mine = thread_state();
  struct product *product = NULL;
  dnnl_status_t status;
  TRY(find(mine, &shape, &product));
  TRY(library.dnnl_memory_set_data_handle(product->a, (void *)a));
  TRY(library.dnnl_memory_set_data_handle(product->b, (void *)b));
  TRY(library.dnnl_memory_set_data_handle(product->c, c));
  const dnnl_exec_arg_t arguments[] = {
      {DNNL_ARG_SRC, product->a}, {DNNL_ARG_WEIGHTS, product->b}, {DNNL_ARG_DST, product->c}};
  TRY(library.dnnl_primitive_execute(product->primitive, mine->stream, 3, arguments));
  TRY(library.dnnl_stream_wait(mine->stream));
done:
  return (int)status;
}

#else

const char *retort_dnnl_load(void) {
  return "this build has no oneDNN 2 (its headers were absent); take float32, or install libdnnl-dev and build again";
}

const char *retort_dnnl_version(void) { return ""; }

const char *retort_dnnl_isa(void) { return ""; }

const char *retort_dnnl_bfloat16_isa(unsigned found) { return NULL; }

int retort_dnnl_multiply(
    bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const uint16_t *a, int64_t lda,
    const uint16_t *b, int64_t ldb, bool accumulate, float *c, int64_t ldc) {
  return -1;
}

#endif
