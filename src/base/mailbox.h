/*
 * Addresses of mail: the one place that says which of them this program takes, and "Name <address>"
 * taken apart. What would need quoting, comments or more than ASCII in an address is not taken, so
 * that an address means the same wherever it is put.
 */
#ifndef PARLOR_MAILBOX_H
#define PARLOR_MAILBOX_H

#include "base/arena.h"
#include "base/base.h"

enum { MAIL_ADDRESS_MAX = 254 };

struct mailbox {
	const char *name; /* UTF-8, one line; "" for none */
	const char *address;
};

/* Whether s is one address, as ann.lee+chat@mail.example.org; a host without dots will do. */
bool mail_address_fits(const char *s) MUST_USE;

/* Whether s may stand before an address: UTF-8 without controls of any kind (utf8_control()). */
bool mail_name_fits(const char *s) MUST_USE;

/* Name <address>, "Name" <address> or address. False: it is none of these. */
bool mailbox_parse(struct arena *mem, const char *text, struct mailbox *out) MUST_USE;

#endif
