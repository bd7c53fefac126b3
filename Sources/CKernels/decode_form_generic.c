// The decode loops for any processor.
#define FORM(name) generic_##name
// Rows, and vectors of 16 columns, whose sums stay in registers.
#define TILE_ROWS 2
#define TILE_VECTORS 1
#include "panels.inc"
#include "pages.inc"
#include "selection.inc"
