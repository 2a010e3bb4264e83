/* Static files carry a version in their address (?v=), so that browsers may keep them for ever. */
#ifndef PARLOR_ASSETS_H
#define PARLOR_ASSETS_H

#include "base/arena.h"

/* A short text that changes when a file below dir changes its size or time. */
const char *assets_version(struct arena *mem, const char *dir);

#endif
