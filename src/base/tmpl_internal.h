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
	bool plain_text; /* {{x}} does not escape */
	struct node *root;
};

struct tmpl_set {
	struct arena *mem;
	struct tmpl *all;
	bool strict;
};

/* NULL when there is none. */
const struct tmpl *
tmpl_find(const struct tmpl_set *set, const char *name);

/*
 * The tree of a text; it points into the text, which must live as long as mem. On error returns
 * NULL with *why, also in mem: "name:line: what is wrong".
 */
struct node *
tmpl_parse(struct arena *mem, const char *name, const char *text, size_t len, const char **why);

#endif
