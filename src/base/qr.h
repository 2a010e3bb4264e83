/* QR codes, drawn by the server: no script and no picture from elsewhere is needed to show one. */
#ifndef PARLOR_QR_H
#define PARLOR_QR_H

#include "base/arena.h"

/*
 * The dark modules of the code as the d of one SVG <path>, one unit a module, without the margin that
 * readers want around it (4 units). *size: units along a side. NULL: the text is too long.
 */
const char *qr_path(struct arena *mem, const char *text, int *size);

#endif
