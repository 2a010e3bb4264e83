/*
 * Mustache text to a tree. One pass from tag to tag; open sections stand on a small stack.
 *
 * A tag that is alone on its line (but {{x}} and its kin) takes the line with it. What stood
 * before a partial then indents each of its lines. Blocks go further: the lines of an argument
 * lose the indentation of their first line and get that of the parameter.
 */
#include "base/tmpl_internal.h"
#include "base/util.h"

#include <stdio.h>
#include <string.h>

enum { OPEN_MAX = 64, DELIMITER_MAX = 16 };

/* An open section, inverted section, parent or block; the first level is the template itself. */
struct level {
	struct node *node;
	struct node **tail;  /* where the next child goes */
	struct node *margin; /* before a parent tag: the blanks that may turn out to be its
				indentation */
};

struct parser {
	struct arena *mem;
	const char *name;
	const char *text;
	size_t len, at;
	int line; /* of the byte at counted */
	size_t counted;
	char open[DELIMITER_MAX], close[DELIMITER_MAX];
	struct level levels[OPEN_MAX + 1], *top;
	const char *why;
};

/* A tag as it stands in the text. */
struct tag {
	char sign;	     /* '\0' for a variable */
	const char *content; /* without sign and blanks around it */
	bool dynamic;
	int line;
	size_t start, end; /* of the whole tag */
	size_t line_start; /* of the blanks before it, when left_blank */
	size_t line_end;   /* after the line feed, when right_blank */
	bool left_blank, right_blank;
};

static bool
wrong(struct parser *p, int line, const char *what, const char *tag)
{
	p->why = arena_printf(p->mem, "%s:%d: %s%s", p->name, line, what, tag);
	return false;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_space(char c)
{
	return is_blank(c) || c == '\n' || c == '\r';
}

/* The number of the line that byte at is on; at never goes back. */
static int
line_of(struct parser *p, size_t at)
{
	for (; p->counted < at; p->counted++)
		p->line += p->text[p->counted] == '\n';
	return p->line;
}

/* Where needle starts at or after from; p->len when nowhere. */
static size_t
find(const struct parser *p, size_t from, const char *needle)
{
	const char *found = memmem(p->text + from, p->len - from, needle, strlen(needle));

	return found ? (size_t)(found - p->text) : p->len;
}

static const char *
copy(struct parser *p, size_t from, size_t to)
{
	return arena_strndup(p->mem, p->text + from, to - from);
}

static const char *
blanks_at(struct parser *p, size_t from)
{
	size_t to = from;

	while (to < p->len && is_blank(p->text[to]))
		to++;
	return copy(p, from, to);
}

static struct node *
add_node(struct parser *p, enum node_kind kind, const struct tag *tag)
{
	struct node *n = arena_alloc(p->mem, sizeof(*n));

	n->kind = kind;
	if (tag) {
		n->line = tag->line;
		n->tag = tag->content;
		n->dynamic = tag->dynamic;
	}
	*p->top->tail = n;
	p->top->tail = &n->next;
	return n;
}

static bool
is_line_start(const struct parser *p, size_t at)
{
	return at == 0 || p->text[at - 1] == '\n';
}

/* Text up to a tag, of which it may leave out the blanks before it. */
static void
add_text(struct parser *p, size_t to)
{
	struct node *n;

	if (p->at >= to)
		return;
	n = add_node(p, NODE_TEXT, NULL);
	n->text = p->text + p->at;
	n->len = to - p->at;
	n->line_start = is_line_start(p, p->at);
}

/* Text before a tag that stays on its line: if that starts a line, indentation comes before it. */
static void
add_inline_text(struct parser *p, size_t to)
{
	add_text(p, to);
	if (is_line_start(p, to))
		add_node(p, NODE_TEXT, NULL)->line_start = true;
}

static void
measure_line(const struct parser *p, struct tag *tag)
{
	size_t at = tag->start;

	while (at > 0 && is_blank(p->text[at - 1]))
		at--;
	tag->left_blank = is_line_start(p, at);
	tag->line_start = at;
	for (at = tag->end; at < p->len && is_blank(p->text[at]);)
		at++;
	if (at + 1 < p->len && p->text[at] == '\r' && p->text[at + 1] == '\n')
		at++;
	tag->right_blank = at == p->len || p->text[at] == '\n';
	tag->line_end = at + (at < p->len);
}

/* Finds the end of the tag at start, its sign and its content. */
static bool
scan_tag(struct parser *p, size_t start, struct tag *tag)
{
	size_t from = start + strlen(p->open), to;
	char close[DELIMITER_MAX + 1];

	*tag = (struct tag){ .start = start, .line = line_of(p, start), .content = "" };
	while (from < p->len && is_space(p->text[from]))
		from++;
	if (from < p->len && strchr("#^/>&!<${=", p->text[from]))
		tag->sign = p->text[from++];
	snprintf(close, sizeof(close), "%s%s",
		tag->sign == '{'   ? "}"
		: tag->sign == '=' ? "="
				   : "",
		p->close);
	to = find(p, from, close);
	if (to == p->len)
		return wrong(p, tag->line, "a tag is not closed", "");
	tag->end = to + strlen(close);
	while (from < to && is_space(p->text[from]))
		from++;
	while (to > from && is_space(p->text[to - 1]))
		to--;
	tag->content = copy(p, from, to);
	measure_line(p, tag);
	return true;
}

/* A leading "*" of the name of a partial or parent says that the context holds the name. */
static void
take_star(struct tag *tag)
{
	if (tag->content[0] != '*')
		return;
	tag->dynamic = true;
	for (tag->content++; is_space(*tag->content);)
		tag->content++;
}

static bool
check_name(struct parser *p, const struct tag *tag)
{
	if (!*tag->content)
		return wrong(p, tag->line, "a tag without a name", "");
	if (strpbrk(tag->content, " \t\r\n"))
		return wrong(p, tag->line, "a name with a blank: ", tag->content);
	return true;
}

/* Cuts a dotted name at its dots. */
static bool
set_path(struct parser *p, struct node *n)
{
	char *rest = arena_strdup(p->mem, n->tag);
	const char **path;
	size_t count = 1;

	for (const char *s = rest; *s; s++)
		count += *s == '.';
	path = arena_alloc(p->mem, (count + 1) * sizeof(*path));
	n->path = path;
	if (strcmp(rest, ".") == 0)
		return true;
	while ((*path = strsep(&rest, ".")))
		if (!**path++)
			return wrong(p, n->line, "a dotted name with an empty part: ", n->tag);
	return true;
}

static bool
push(struct parser *p, struct node *n, struct node *margin)
{
	if (p->top == &p->levels[OPEN_MAX])
		return wrong(p, n->line, "too many sections are open at ", n->tag);
	*++p->top = (struct level){ .node = n, .tail = &n->children, .margin = margin };
	return true;
}

/* Text before a tag that prints nothing by itself, and the place after it. */
static void
leave_line(struct parser *p, const struct tag *tag, bool alone)
{
	if (alone)
		add_text(p, tag->line_start);
	else
		add_inline_text(p, tag->start);
	p->at = alone ? tag->line_end : tag->end;
}

static bool
add_variable(struct parser *p, const struct tag *tag)
{
	add_inline_text(p, tag->start);
	p->at = tag->end;
	return set_path(p, add_node(p, tag->sign ? NODE_RAW : NODE_VARIABLE, tag));
}

static bool
add_section(struct parser *p, const struct tag *tag)
{
	struct node *n;

	leave_line(p, tag, tag->left_blank && tag->right_blank);
	n = add_node(p, tag->sign == '#' ? NODE_SECTION : NODE_INVERTED, tag);
	return set_path(p, n) && push(p, n, NULL);
}

static bool
add_partial(struct parser *p, const struct tag *tag)
{
	const bool alone = tag->left_blank && tag->right_blank;
	struct node *n;

	leave_line(p, tag, alone);
	n = add_node(p, NODE_PARTIAL, tag);
	n->indent = alone ? copy(p, tag->line_start, tag->start) : NULL;
	return !n->dynamic || set_path(p, n);
}

/* Whether it stands alone is known at its end; until then the blanks before it are its margin. */
static bool
add_parent(struct parser *p, const struct tag *tag)
{
	struct node *n, *margin = NULL;

	if (tag->left_blank) {
		add_text(p, tag->line_start);
		p->at = tag->line_start;
		margin = add_node(p, NODE_TEXT, NULL);
		margin->text = p->text + p->at;
		margin->len = tag->start - p->at;
		margin->line_start = true;
	} else {
		add_inline_text(p, tag->start);
	}
	p->at = tag->end;
	n = add_node(p, NODE_PARENT, tag);
	return (!n->dynamic || set_path(p, n)) && push(p, n, margin);
}

/* Whether what stands at this level is inside a parent tag. */
static bool
is_parent(const struct level *level)
{
	return level->node && level->node->kind == NODE_PARENT;
}

/* Whether the line at this place holds but the closing tag. */
static bool
closes_at(const struct parser *p, size_t at)
{
	while (at < p->len && is_blank(p->text[at]))
		at++;
	if (p->len - at < strlen(p->open) || memcmp(p->text + at, p->open, strlen(p->open)) != 0)
		return false;
	for (at += strlen(p->open); at < p->len && is_space(p->text[at]);)
		at++;
	return at < p->len && p->text[at] == '/';
}

static bool
add_block(struct parser *p, const struct tag *tag)
{
	/* Text of a parent tag is ignored, so what is left of an argument does not count. */
	const bool alone = (tag->left_blank || is_parent(p->top)) && tag->right_blank;
	struct node *n;

	if (alone && tag->left_blank)
		add_text(p, tag->line_start);
	else
		add_inline_text(p, tag->start);
	p->at = alone ? tag->line_end : tag->end;
	n = add_node(p, NODE_BLOCK, tag);
	n->dedent = alone ? blanks_at(p, p->at) : "";
	if (alone && !closes_at(p, p->at))
		n->indent = n->dedent;
	else
		n->indent = tag->left_blank ? copy(p, tag->line_start, tag->start) : "";
	return push(p, n, NULL);
}

static void
end_parent(struct parser *p, const struct tag *tag)
{
	const struct level *level = p->top--;
	const bool alone = level->margin && tag->right_blank;

	if (alone) {
		level->node->indent = copy(p, (size_t)(level->margin->text - p->text),
			(size_t)(level->margin->text - p->text) + level->margin->len);
		level->margin->kind = NODE_NONE;
	}
	p->at = alone ? tag->line_end : tag->end;
}

static void
end_block(struct parser *p, const struct tag *tag)
{
	const bool alone = tag->left_blank && tag->right_blank;

	if (alone || (tag->left_blank && is_parent(p->top - 1)))
		add_text(p, tag->line_start);
	else
		add_inline_text(p, tag->start);
	p->at = alone ? tag->line_end : tag->end;
	p->top--;
}

static bool
add_end(struct parser *p, const struct tag *tag)
{
	const struct node *n = p->top->node;

	if (!n)
		return wrong(p, tag->line, "nothing is open that this closes: /", tag->content);
	if (strcmp(n->tag, tag->content) != 0)
		return wrong(p, tag->line,
			arena_printf(
				p->mem, "%s of line %d is not closed before /", n->tag, n->line),
			tag->content);
	if (n->kind == NODE_PARENT) {
		end_parent(p, tag);
	} else if (n->kind == NODE_BLOCK) {
		end_block(p, tag);
	} else {
		leave_line(p, tag, tag->left_blank && tag->right_blank);
		p->top--;
	}
	return true;
}

/* "{{=<% %>=}}" */
static bool
set_delimiters(struct parser *p, const struct tag *tag)
{
	const char *s = tag->content, *space = s + strcspn(s, " \t\r\n"), *second = space;
	size_t open_len = (size_t)(space - s), close_len;

	while (is_space(*second))
		second++;
	close_len = strcspn(second, " \t\r\n");
	if (open_len == 0 || close_len == 0 || second[close_len] || strchr(s, '='))
		return wrong(p, tag->line, "delimiters must be two, without = and blanks: ", s);
	if (open_len >= DELIMITER_MAX || close_len >= DELIMITER_MAX)
		return wrong(p, tag->line, "a delimiter is too long: ", s);
	leave_line(p, tag, tag->left_blank && tag->right_blank);
	snprintf(p->open, sizeof(p->open), "%.*s", (int)open_len, s);
	snprintf(p->close, sizeof(p->close), "%s", second);
	return true;
}

static bool
add_tag(struct parser *p, struct tag *tag)
{
	if (tag->sign == '!') {
		leave_line(p, tag, tag->left_blank && tag->right_blank);
		return true;
	}
	if (tag->sign == '=')
		return set_delimiters(p, tag);
	if (tag->sign == '>' || tag->sign == '<' ||
		(tag->sign == '/' && p->top->node && p->top->node->dynamic))
		take_star(tag);
	if (!check_name(p, tag))
		return false;
	switch (tag->sign) {
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
	struct tag tag;
	size_t start;

	if (memchr(p->text, '\0', p->len) || !utf8_valid(p->text, p->len))
		return wrong(p, 1, "the template is not UTF-8 text", "");
	while ((start = find(p, p->at, p->open)) < p->len)
		if (!scan_tag(p, start, &tag) || !add_tag(p, &tag))
			return false;
	add_text(p, p->len);
	if (p->top->node)
		return wrong(
			p, p->top->node->line, "this section is not closed: ", p->top->node->tag);
	return true;
}

struct node *
tmpl_parse(struct arena *mem, const char *name, const char *text, size_t len, const char **why)
{
	struct parser p = { .mem = mem,
		.name = name,
		.text = text,
		.len = len,
		.line = 1,
		.open = "{{",
		.close = "}}" };
	struct node *root = arena_alloc(mem, sizeof(*root));

	p.top = p.levels;
	p.top->tail = &root->children;
	if (parse_all(&p))
		return root;
	*why = p.why;
	return NULL;
}
