/* Where a "next" or a "back" may lead. */
#ifndef PARLOR_REDIRECT_H
#define PARLOR_REDIRECT_H

/*
 * path when it is a path of this site with nothing clever in it, and perhaps a query; else (also for
 * NULL) "/inbox". Every target that came from outside goes through here.
 */
const char *local_path(const char *path);

#endif
