/* Whether the database is there. */
#include "core/schema.h"

#include "core/schema.sql.h"

enum err
schema_is_there(struct db *db, struct arena *mem)
{
	return db_run(db, mem, &SQL_schema_is_there, NO_ARGS, NULL);
}
