// libFuzzer's loop, for a program that has its own main function.
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

// Lets inputs be changed as text: words, numbers and what stands between brackets, besides bytes.
void retort_fuzz_text(void);
