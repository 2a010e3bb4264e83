/* Handlers of the dashboard's pages and forms; their rows are in routes.c. */
#ifndef PARLOR_DASH_H
#define PARLOR_DASH_H

#include "web/req.h"

#endif
