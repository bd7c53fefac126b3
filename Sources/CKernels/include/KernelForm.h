// Which form of the loops this process runs: the widest that the processor has, and RETORT_KERNEL_FORM allows.
#ifndef RETORT_KERNEL_FORM_H
#define RETORT_KERNEL_FORM_H

#pragma clang assume_nonnull begin

// From narrow to wide. Loops that have no form of a name run in the next narrower one.
enum retort_form { RETORT_GENERIC = 0, RETORT_AVX2 = 1, RETORT_AVX512 = 2, RETORT_AVX512BF16 = 3, RETORT_NO_FORM = -1 };

// The form in use. RETORT_KERNEL_FORM=avx512, avx2 or generic is the widest that may be taken, so that two machines compute
// the same bits; a value that names no form is told on standard error, once, and changes nothing.
enum retort_form retort_form_in_use(void);

// The form of a name; RETORT_NO_FORM where there is none.
enum retort_form retort_form_named(const char *name);

#pragma clang assume_nonnull end

#endif
