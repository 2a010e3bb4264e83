/*
 * Mustache text to a tree. One pass from tag to tag; open sections stand on a small stack.
 *
 * A tag that is alone on its line (but {{x}} and its kin) takes the line with it. What stood
 * before a partial then indents each of its lines. Blocks go further: the lines of an argument
 * lose the indentation of their first line and get that of the parameter.
 */
#include "base/tmpl_internal.h"

#include <string.h>

enum { OPEN_MAX = 64 };

/* An open section, inverted section, parent or block; the first level is the template itself. */
struct level {
	struct node *node;
	struct node **tail;  /* where the next child goes */
	struct node *margin; /* the blanks before a parent tag, which may be its indentation */
};

struct parser {
	struct tmpl_scan scan;
	size_t at; /* up to here the text is in the tree */
	struct level levels[OPEN_MAX + 1], *top;
};

static struct node *
add_node(struct parser *p, enum node_kind kind, const struct tmpl_tag *tag)
{
	struct node *n = arena_alloc(p->scan.mem, sizeof(*n));

	n->kind = kind;
	n->line = tag->line;
	n->tag = tag->content;
	n->dynamic = tag->dynamic;
	*p->top->tail = n;
	p->top->tail = &n->next;
	return n;
}

static struct node *
add_text(struct parser *p, size_t to)
{
	static const struct tmpl_tag none;
	struct node *n = add_node(p, NODE_TEXT, &none);

	n->text = p->scan.text + p->at;
	n->len = to - p->at;
	n->line_start = tmpl_is_line_start(&p->scan, p->at);
	p->at = to;
	return n;
}

static void
add_text_if_any(struct parser *p, size_t to)
{
	if (p->at < to)
		add_text(p, to);
}

/* Text before a tag that stays on its line: if that starts a line, indentation comes before it. */
static void
stay_on_line(struct parser *p, const struct tmpl_tag *tag)
{
	add_text_if_any(p, tag->start);
	if (tmpl_is_line_start(&p->scan, tag->start))
		add_text(p, tag->start);
	p->at = tag->end;
}

/* Text before a tag that prints nothing by itself, and so may take its line with it. */
static void
leave_line(struct parser *p, const struct tmpl_tag *tag)
{
	if (!tag->alone) {
		stay_on_line(p, tag);
		return;
	}
	add_text_if_any(p, tag->line_start);
	p->at = tag->line_end;
}

/* Cuts a dotted name at its dots. */
static bool
set_path(struct parser *p, struct node *n)
{
	char *rest = arena_strdup(p->scan.mem, n->tag);
	const char **path;
	size_t count = 1;

	for (const char *s = rest; *s; s++)
		count += *s == '.';
	path = arena_alloc(p->scan.mem, (count + 1) * sizeof(*path));
	n->path = path;
	if (strcmp(rest, ".") == 0)
		return true;
	while ((*path = strsep(&rest, ".")))
		if (!**path++)
			return tmpl_wrong(
				&p->scan, n->line, "a dotted name with an empty part: ", n->tag);
	return true;
}

static bool
push(struct parser *p, struct node *n, struct node *margin)
{
	if (p->top == &p->levels[OPEN_MAX])
		return tmpl_wrong(&p->scan, n->line, "too many sections are open at ", n->tag);
	*++p->top = (struct level){ .node = n, .tail = &n->children, .margin = margin };
	return true;
}

static bool
add_variable(struct parser *p, const struct tmpl_tag *tag)
{
	stay_on_line(p, tag);
	return set_path(p, add_node(p, tag->sign ? NODE_RAW : NODE_VARIABLE, tag));
}

static bool
add_section(struct parser *p, const struct tmpl_tag *tag)
{
	struct node *n;

	leave_line(p, tag);
	n = add_node(p, tag->sign == '#' ? NODE_SECTION : NODE_INVERTED, tag);
	return set_path(p, n) && push(p, n, NULL);
}

static bool
add_partial(struct parser *p, const struct tmpl_tag *tag)
{
	struct node *n;

	leave_line(p, tag);
	n = add_node(p, NODE_PARTIAL, tag);
	n->indent = tag->alone ? tmpl_copy(&p->scan, tag->line_start, tag->start) : NULL;
	return !n->dynamic || set_path(p, n);
}

/* Whether it stands alone is known at its end; until then the blanks before it are its margin. */
static bool
add_parent(struct parser *p, const struct tmpl_tag *tag)
{
	struct node *n, *margin = NULL;

	if (tag->left_blank) {
		add_text_if_any(p, tag->line_start);
		margin = add_text(p, tag->start);
		p->at = tag->end;
	} else {
		stay_on_line(p, tag);
	}
	n = add_node(p, NODE_PARENT, tag);
	return (!n->dynamic || set_path(p, n)) && push(p, n, margin);
}

static void
end_parent(struct parser *p, const struct tmpl_tag *tag)
{
	const struct level *level = p->top--;
	struct node *margin = level->margin;

	p->at = tag->end;
	if (!margin || !tag->right_blank)
		return;
	level->node->indent = arena_strndup(p->scan.mem, margin->text, margin->len);
	margin->kind = NODE_NONE;
	p->at = tag->line_end;
}

static bool
is_parent(const struct level *level)
{
	return level->node && level->node->kind == NODE_PARENT;
}

static bool
add_block(struct parser *p, const struct tmpl_tag *tag)
{
	struct tmpl_scan *s = &p->scan;
	/* Text inside a parent tag is ignored, so what is left of an argument does not count. */
	const bool takes_rest = tag->right_blank && (tag->left_blank || is_parent(p->top));
	struct node *n;

	leave_line(p, tag);
	n = add_node(p, NODE_BLOCK, tag);
	n->indent = tag->left_blank ? tmpl_copy(s, tag->line_start, tag->start) : "";
	n->dedent = "";
	if (takes_rest) {
		p->at = tag->line_end;
		n->dedent = tmpl_blanks_at(s, p->at);
		if (!tmpl_closes_at(s, p->at))
			n->indent = n->dedent;
	}
	return push(p, n, NULL);
}

static void
end_block(struct parser *p, const struct tmpl_tag *tag)
{
	if (tag->left_blank && is_parent(p->top - 1)) {
		add_text_if_any(p, tag->line_start);
		p->at = tag->end;
	} else {
		leave_line(p, tag);
	}
	p->top--;
}

static bool
add_end(struct parser *p, const struct tmpl_tag *tag)
{
	const struct node *n = p->top->node;

	if (!n)
		return tmpl_wrong(
			&p->scan, tag->line, "nothing is open that this closes: /", tag->content);
	if (strcmp(n->tag, tag->content) != 0 || n->dynamic != tag->dynamic)
		return tmpl_wrong(&p->scan, tag->line,
			arena_printf(p->scan.mem, "%s of line %d is not closed before /", n->tag,
				n->line),
			tag->content);
	if (n->kind == NODE_PARENT) {
		end_parent(p, tag);
	} else if (n->kind == NODE_BLOCK) {
		end_block(p, tag);
	} else {
		leave_line(p, tag);
		p->top--;
	}
	return true;
}

static bool
add_tag(struct parser *p, const struct tmpl_tag *tag)
{
	switch (tag->sign) {
	case '!':
	case '=':
		leave_line(p, tag);
		return true;
	case '#':
	case '^':
		return add_section(p, tag);
	case '/':
		return add_end(p, tag);
	case '>':
		return add_partial(p, tag);
	case '<':
		return add_parent(p, tag);
	case '$':
		return add_block(p, tag);
	default:
		return add_variable(p, tag);
	}
}

static bool
parse_all(struct parser *p)
{
	struct tmpl_tag tag;

	if (!tmpl_scan_start(&p->scan))
		return false;
	while (tmpl_scan_tag(&p->scan, p->at, &tag))
		if (!add_tag(p, &tag))
			return false;
	if (p->scan.why)
		return false;
	if (p->top->node)
		return tmpl_wrong(&p->scan, p->top->node->line,
			"this section is not closed: ", p->top->node->tag);
	add_text_if_any(p, p->scan.len);
	return true;
}

struct node *
tmpl_parse(struct arena *mem, const char *name, const char *text, size_t len, const char **why)
{
	struct parser p = { .scan = { .mem = mem, .name = name, .text = text, .len = len } };
	struct node *root = arena_alloc(mem, sizeof(*root));

	p.top = p.levels;
	p.top->tail = &root->children;
	if (parse_all(&p))
		return root;
	*why = p.scan.why;
	return NULL;
}
