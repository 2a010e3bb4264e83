/* What the parts of the template engine share: the tree that parsing makes and rendering walks. */
#ifndef PARLOR_TMPL_INTERNAL_H
#define PARLOR_TMPL_INTERNAL_H

#include "base/tmpl.h"

#include <uthash.h>

enum node_kind {
	NODE_NONE,     /* nothing: what turned out to be the margin of a standalone tag */
	NODE_TEXT,     /* as it stands */
	NODE_VARIABLE, /* {{x}} */
	NODE_RAW,      /* {{{x}}} or {{&x}} */
	NODE_SECTION,  /* {{#x}} */
	NODE_INVERTED, /* {{^x}} */
	NODE_PARTIAL,  /* {{>x}} */
	NODE_PARENT,   /* {{<x}}: the blocks among its children are arguments */
	NODE_BLOCK,    /* {{$x}}: a parameter with its default, or an argument */
};

struct node {
	enum node_kind kind;
	bool line_start; /* NODE_TEXT: is at the start of a line of the template */
	bool dynamic;	 /* {{>*x}}, {{<*x}}: the context holds the name */
	int line;	 /* in the template, from 1 */
	const char *tag; /* the content of the tag without its sign */
	/* Parts of a dotted name, ended by NULL; none for "."; unused for static names. */
	const char *const *path;
	const char *text; /* NODE_TEXT */
	size_t len;
	/*
	 * What each line of the template (NODE_PARTIAL, NODE_PARENT) or of the argument
	 * (NODE_BLOCK) put here is indented with; NULL when the tag does not stand alone on its
	 * line.
	 */
	const char *indent;
	const char *dedent; /* NODE_BLOCK: what the lines of its own content are indented with */
	struct node *children, *next;
};

struct tmpl {
	UT_hash_handle hh;
	const char *name;
	bool plain_text; /* {{x}} escapes for plain text */
	struct node *root;
};

struct tmpl_set {
	struct arena *mem;
	struct tmpl *all;
	bool strict;
};

/* NULL when there is none. */
const struct tmpl *tmpl_find(const struct tmpl_set *set, const char *name);

/*
 * The tree of a text; it points into the text, which must live as long as mem. On error returns
 * NULL with *why, also in mem: "name:line: what is wrong".
 */
struct node *tmpl_parse(
	struct arena *mem, const char *name, const char *text, size_t len, const char **why);

/* Between tmpl_parse.c and tmpl_scan.c. */

struct tmpl_scan {
	struct arena *mem;
	const char *name; /* of the template */
	const char *text;
	size_t len;
	int line; /* of the byte at counted */
	size_t counted;
	char open[16], close[16]; /* the delimiters in force */
	const char *why;
};

/* A tag as it stands in the text; places are byte offsets. */
struct tmpl_tag {
	char sign;	     /* '\0' for a variable */
	const char *content; /* without sign, star and the blanks around it */
	bool dynamic;	     /* there was a star */
	int line;
	size_t start, end;		     /* of the whole tag */
	bool left_blank, right_blank, alone; /* but blanks on its side of the line; on both */
	size_t line_start;		     /* of the blanks before it */
	size_t line_end;		     /* after the line feed, when right_blank */
};

/* False when the text is no text. The first three members and len must be set. */
bool tmpl_scan_start(struct tmpl_scan *s);
/* The next tag at or after from. False at the end, or with s->why when one is malformed. */
bool tmpl_scan_tag(struct tmpl_scan *s, size_t from, struct tmpl_tag *tag);
/* Sets s->why to what and tag; returns false. */
bool tmpl_wrong(struct tmpl_scan *s, int line, const char *what, const char *tag);

const char *tmpl_copy(struct tmpl_scan *s, size_t from, size_t to);
const char *tmpl_blanks_at(struct tmpl_scan *s, size_t from);
bool tmpl_is_line_start(const struct tmpl_scan *s, size_t at);
/* Whether the line at this place starts with a closing tag. */
bool tmpl_closes_at(const struct tmpl_scan *s, size_t at);

#endif
