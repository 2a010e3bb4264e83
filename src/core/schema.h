/* Whether the database is there and migrated. */
#ifndef PARLOR_SCHEMA_H
#define PARLOR_SCHEMA_H

#include "db/db.h"

/* ERR_NONE when statements of this program can run. */
enum err schema_is_there(struct db *db, struct arena *mem) MUST_USE;

#endif
