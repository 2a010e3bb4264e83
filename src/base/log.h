/*
 * The log: one JSON object a line on standard error, control characters escaped, so that text
 * from outside can neither forge a line nor drive a terminal. Never give it tokens, passwords,
 * cookies or the text of messages.
 */
#ifndef PARLOR_LOG_H
#define PARLOR_LOG_H

#include "base/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below this level are dropped; LOG_INFO at start. */
void log_set_level(enum log_level level);
bool log_is_on(enum log_level level);
/* Stands in each line as "proc": web, poll, jobs, migrate. */
void log_set_process(const char *name);
/* Stands in each line as "request" until changed; "" for none. At most 32 characters are kept. */
void log_set_request(const char *id);

void log_line(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

/* A line with further members. members is the inside of a JSON object, made with buf_json(). */
void log_members(enum log_level level, const char *message, const char *members);

#endif
