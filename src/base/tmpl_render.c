/*
 * Rendering: a walk over the tree with the stack of contexts on the C stack. Everything that a
 * template or its data could make endless has a bound: templates within templates, steps, output.
 */
#include "base/log.h"
#include "base/tmpl_internal.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 64, /* templates within templates */
	STEPS_MAX = 2000000,
	OUTPUT_MAX = 32 * 1024 * 1024,
};

/* The stack of contexts, innermost first. */
struct frame {
	struct json_object *value;
	const struct frame *up;
};

/* The arguments of the parent tags that led here, innermost first. */
struct scope {
	const struct node *parent;
	const struct scope *up; /* where the parent tag stands */
};

/* Where a node is rendered. */
struct view {
	const struct frame *frame;
	const struct scope *scope;
	size_t indent, indent_len; /* in render.indents: before each line of template text */
	const char *dedent;	   /* taken off these lines first */
};

struct render {
	const struct tmpl_set *set;
	const struct tmpl *root, *tmpl; /* asked for, and now at work */
	struct buf *out;
	size_t base; /* where our output starts */
	struct buf indents;
	int depth;
	int steps;
	enum err e;
	struct arena *mem; /* for why; NULL: complaints are logged */
	const char *why;
};

static void render_nodes(struct render *r, const struct node *n, const struct view *v);

static void
fail(struct render *r, const struct node *n, const char *what)
{
	const char *tag = n->tag ? n->tag : "";

	if (r->e)
		return;
	r->e = ERR_INVALID;
	if (r->mem)
		r->why = arena_printf(
			r->mem, "template %s:%d: %s: %s", r->tmpl->name, n->line, what, tag);
	else
		log_line(LOG_ERROR, "template %s:%d: %s: %s", r->tmpl->name, n->line, what, tag);
}

/*
 * The value of a dotted name: the first part from the innermost context that has it, the others
 * strictly below. *found is false when there is no such name; a null on the way is a null.
 */
static struct json_object *
look_up(const struct frame *frame, const char *const *path, bool *found)
{
	struct json_object *value = NULL;

	*found = true;
	if (!*path)
		return frame->value;
	while (frame && (!json_object_is_type(frame->value, json_type_object) ||
				!json_object_object_get_ex(frame->value, *path, &value)))
		frame = frame->up;
	*found = frame != NULL;
	while (value && *++path) {
		struct json_object *outer = value;

		value = NULL;
		if (!json_object_is_type(outer, json_type_object) ||
			!json_object_object_get_ex(outer, *path, &value))
			*found = false;
	}
	return value;
}

static struct json_object *
value_of(struct render *r, const struct node *n, const struct view *v)
{
	bool found;
	struct json_object *value = look_up(v->frame, n->path, &found);

	if (!found && r->set->strict)
		fail(r, n, "there is no such name");
	return value;
}

/* As in JavaScript: null, false, 0, "" and the empty list are not. */
static bool
is_true(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return false;
	case json_type_boolean:
		return json_object_get_boolean(value);
	case json_type_int:
		return json_object_get_int64(value) != 0;
	case json_type_double:
		return json_object_get_double(value) != 0;
	case json_type_string:
		return json_object_get_string_len(value) > 0;
	case json_type_array:
		return json_object_array_length(value) > 0;
	case json_type_object:
		break;
	}
	return true;
}

/* The shortest spelling that reads back as the same number. */
static void
write_double(struct buf *out, double d)
{
	char text[32];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	buf_str(out, text);
}

static void
write_string(struct render *r, const struct node *n, const char *s, size_t len)
{
	if (n->kind == NODE_RAW)
		buf_add(r->out, s, len);
	else if (r->root->plain_text)
		buf_plain(r->out, s, len);
	else
		buf_html(r->out, s, len);
}

static void
write_value(struct render *r, const struct node *n, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		if (r->set->strict && r->root->plain_text)
			fail(r, n, "null is no text");
		break;
	case json_type_boolean:
		buf_str(r->out, json_object_get_boolean(value) ? "true" : "false");
		break;
	case json_type_int:
		buf_printf(r->out, "%lld", (long long)json_object_get_int64(value));
		break;
	case json_type_double:
		write_double(r->out, json_object_get_double(value));
		break;
	case json_type_string:
		write_string(r, n, json_object_get_string(value),
			(size_t)json_object_get_string_len(value));
		break;
	case json_type_array:
	case json_type_object:
		if (r->set->strict)
			fail(r, n, "a list or an object is no text");
		break;
	}
}

/* Output that does not stand at the start of a line has its margin already. */
static void
write_indent(struct render *r, const struct view *v)
{
	const struct buf *out = r->out;

	if (v->indent_len > 0 && (out->len == r->base || out->data[out->len - 1] == '\n'))
		buf_add(r->out, r->indents.data + v->indent, v->indent_len);
}

/* How much of the margin s starts with. */
static size_t
margin_at(const char *s, size_t len, const char *margin)
{
	size_t n = 0;

	while (n < len && margin[n] && s[n] == margin[n])
		n++;
	return n;
}

static void
write_text(struct render *r, const struct node *n, const struct view *v)
{
	const char *s = n->text, *end = s + n->len, *line_end;
	bool line_start = n->line_start;

	if (v->indent_len == 0 && !*v->dedent) {
		buf_add(r->out, s, n->len);
		return;
	}
	do {
		line_end = s < end ? memchr(s, '\n', (size_t)(end - s)) : NULL;
		line_end = line_end ? line_end + 1 : end;
		if (line_start) {
			s += margin_at(s, (size_t)(end - s), v->dedent);
			write_indent(r, v);
		}
		buf_add(r->out, s, (size_t)(line_end - s));
		s = line_end;
		line_start = true;
	} while (s < end);
}

/* One more level of indentation, less what this view takes off. Undone by cutting r->indents. */
static void
indent_more(struct render *r, const struct view *v, const char *indent, struct view *inner)
{
	indent += margin_at(indent, strlen(indent), v->dedent);
	buf_str(&r->indents, indent);
	inner->indent = v->indent;
	inner->indent_len = r->indents.len - v->indent;
}

static void
render_section(struct render *r, const struct node *n, const struct view *v)
{
	struct json_object *value = value_of(r, n, v);
	struct frame frame = { .value = value, .up = v->frame };
	struct view inner = *v;

	inner.frame = &frame;
	if (r->e || !is_true(value))
		return;
	if (!json_object_is_type(value, json_type_array)) {
		render_nodes(r, n->children, &inner);
		return;
	}
	for (size_t i = 0, count = json_object_array_length(value); i < count && !r->e; i++) {
		frame.value = json_object_array_get_idx(value, i);
		render_nodes(r, n->children, &inner);
	}
}

/* The template that a partial or parent tag names; NULL when there is none. */
static const struct tmpl *
template_of(struct render *r, const struct node *n, const struct view *v)
{
	const char *name = n->tag;
	const struct tmpl *t = NULL;

	if (n->dynamic) {
		struct json_object *value = value_of(r, n, v);

		name = json_object_is_type(value, json_type_string) ? json_object_get_string(value)
								    : NULL;
	}
	if (name)
		t = tmpl_find(r->set, name);
	if (!t && r->set->strict)
		fail(r, n, "there is no such template");
	return t;
}

static void
render_template(
	struct render *r, const struct node *n, const struct view *v, const struct scope *scope)
{
	const struct tmpl *t = template_of(r, n, v), *outer = r->tmpl;
	const size_t indents = r->indents.len;
	struct view inner = { .frame = v->frame, .scope = scope, .indent = indents, .dedent = "" };

	if (!t || r->e)
		return;
	if (r->depth == DEPTH_MAX) {
		fail(r, n, "templates are nested too deeply");
		return;
	}
	if (n->indent)
		indent_more(r, v, n->indent, &inner);
	r->depth++;
	r->tmpl = t;
	render_nodes(r, t->root->children, &inner);
	r->tmpl = outer;
	r->depth--;
	r->indents.len = indents;
}

static void
render_parent(struct render *r, const struct node *n, const struct view *v)
{
	const struct scope scope = { .parent = n, .up = v->scope };

	render_template(r, n, v, &scope);
}

static const struct node *
argument_of(const struct scope *scope, const char *name)
{
	for (const struct node *n = scope->parent->children; n; n = n->next)
		if (n->kind == NODE_BLOCK && strcmp(n->tag, name) == 0)
			return n;
	return NULL;
}

/*
 * The outermost argument of this name wins: that is how a page overrides what its layout, and the
 * layout of that, has set. An argument is rendered with the contexts of the place it fills, but
 * its own blocks belong to where it is written.
 */
static void
render_block(struct render *r, const struct node *n, const struct view *v)
{
	const size_t indents = r->indents.len;
	const struct node *argument = NULL;
	struct view inner = *v;

	for (const struct scope *s = v->scope; s; s = s->up) {
		const struct node *found = argument_of(s, n->tag);

		if (found) {
			argument = found;
			inner.scope = s->up;
		}
	}
	if (!argument) {
		render_nodes(r, n->children, v);
		return;
	}
	indent_more(r, v, n->indent, &inner);
	inner.dedent = argument->dedent;
	render_nodes(r, argument->children, &inner);
	r->indents.len = indents;
}

static void
render_node(struct render *r, const struct node *n, const struct view *v)
{
	switch (n->kind) {
	case NODE_NONE:
		break;
	case NODE_TEXT:
		write_text(r, n, v);
		break;
	case NODE_VARIABLE:
	case NODE_RAW:
		write_value(r, n, value_of(r, n, v));
		break;
	case NODE_SECTION:
		render_section(r, n, v);
		break;
	case NODE_INVERTED:
		if (!is_true(value_of(r, n, v)))
			render_nodes(r, n->children, v);
		break;
	case NODE_PARTIAL:
		render_template(r, n, v, v->scope);
		break;
	case NODE_PARENT:
		render_parent(r, n, v);
		break;
	case NODE_BLOCK:
		render_block(r, n, v);
		break;
	}
}

static void
render_nodes(struct render *r, const struct node *n, const struct view *v)
{
	for (; n && !r->e; n = n->next) {
		render_node(r, n, v);
		if (++r->steps > STEPS_MAX || r->out->len - r->base > OUTPUT_MAX)
			fail(r, n, "the page does not end");
	}
}

static void
render_root(struct render *r, const struct tmpl *t, struct json_object *context)
{
	const struct frame frame = { .value = context };
	const struct view view = { .frame = &frame, .dedent = "" };

	r->root = r->tmpl = t;
	r->base = r->out->len;
	render_nodes(r, t->root->children, &view);
	buf_free(&r->indents);
	/* No half pages. */
	if (r->e && r->out->data) {
		r->out->len = r->base;
		r->out->data[r->base] = '\0';
	}
}

enum err
tmpl_render(
	const struct tmpl_set *set, const char *name, struct json_object *context, struct buf *out)
{
	const struct tmpl *t = tmpl_find(set, name);
	struct render r = { .set = set, .out = out };

	if (!t)
		return ERR_NOT_FOUND;
	render_root(&r, t, context);
	return r.e;
}

enum err
tmpl_render_why(const struct tmpl_set *set, struct arena *mem, const char *name,
	struct json_object *context, struct buf *out, const char **why)
{
	const struct tmpl *t = tmpl_find(set, name);
	struct render r = { .set = set, .out = out, .mem = mem };

	if (!t) {
		*why = arena_printf(mem, "there is no template %s", name);
		return ERR_NOT_FOUND;
	}
	render_root(&r, t, context);
	if (r.e)
		*why = r.why;
	return r.e;
}
