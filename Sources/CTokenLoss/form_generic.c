// The loops for any processor.
#define FORM(name) generic_##name
#include "token_loss.inc"
