/* Tags of conversations, one by one. All at once they are set by conversation_update(). */
#ifndef PARLOR_TAG_H
#define PARLOR_TAG_H

#include "core/access.h"

enum { TAG_MAX = 64, TAGS_MAX = 20 }; /* code points of one; how many a conversation has */
enum { TAG_COUNTED_MAX = 1000 };      /* of each, that the list tells of */

/* {"data":[{name, conversations}],"next":...}, by name. ERR_INVALID: a bad after. */
enum err tag_list(
	const struct access *as, const char *after, int64_t limit, const char **json) MUST_USE;

/*
 * Adds or removes one and leaves the others, also those that somebody else sets at the same time. Once
 * more does nothing. ERR_INVALID: the conversation has TAGS_MAX already.
 */
enum err tag_add(const struct access *as, const char *conversation, const char *tag) MUST_USE;
enum err tag_remove(const struct access *as, const char *conversation, const char *tag) MUST_USE;

#endif
