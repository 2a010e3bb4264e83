/* Sets of templates: adding, finding, loading a directory. */
#include "base/tmpl_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX_BYTES = 1024 * 1024, DIR_DEPTH_MAX = 8 };

struct tmpl_set *
tmpl_set_new(void)
{
	struct arena *mem = arena_new();
	struct tmpl_set *set = arena_alloc(mem, sizeof(*set));

	set->mem = mem;
	return set;
}

void
tmpl_set_free(struct tmpl_set *set)
{
	if (!set)
		return;
	HASH_CLEAR(hh, set->all);
	arena_free(set->mem);
}

void
tmpl_set_strict(struct tmpl_set *set, bool strict)
{
	set->strict = strict;
}

const struct tmpl *
tmpl_find(const struct tmpl_set *set, const char *name)
{
	struct tmpl *t;

	HASH_FIND_STR(set->all, name, t);
	return t;
}

static enum err
add(struct tmpl_set *set, struct arena *mem, const struct tmpl *like, const char *text, size_t len,
	const char **why)
{
	struct tmpl *t;

	if (tmpl_find(set, like->name)) {
		*why = arena_printf(mem, "%s: there are two templates of this name", like->name);
		return ERR_SYNTAX;
	}
	t = arena_memdup(set->mem, like, sizeof(*like));
	t->name = arena_strdup(set->mem, like->name);
	t->root = tmpl_parse(set->mem, t->name, arena_strndup(set->mem, text, len), len, why);
	if (!t->root) {
		*why = arena_strdup(mem, *why);
		return ERR_SYNTAX;
	}
	HASH_ADD_KEYPTR(hh, set->all, t->name, strlen(t->name), t);
	return ERR_NONE;
}

enum err
tmpl_add(struct tmpl_set *set, struct arena *mem, const char *name, const char *text, size_t len,
	const char **why)
{
	return add(set, mem, &(struct tmpl){ .name = name }, text, len, why);
}

static enum err
unreadable(struct arena *mem, const char *path, const char **why)
{
	*why = arena_printf(mem, "cannot read %s: %s", path, strerror(errno));
	return ERR_NOT_FOUND;
}

/* name is the path below the directory of templates, with its extension. */
static enum err
load_file(struct tmpl_set *set, struct arena *mem, const char *path, const char *name,
	const char **why)
{
	const char *dot = strrchr(name, '.'), *slash = strrchr(name, '/');
	struct tmpl like = { .name = name };
	FILE *f = fopen(path, "re");
	char *text;
	size_t len;

	if (!f)
		return unreadable(mem, path, why);
	text = arena_alloc(mem, FILE_MAX_BYTES + 1);
	len = fread(text, 1, FILE_MAX_BYTES + 1, f);
	fclose(f);
	if (len > FILE_MAX_BYTES) {
		*why = arena_printf(mem, "%s is longer than a template may be", path);
		return ERR_SYNTAX;
	}
	if (dot && (!slash || dot > slash)) {
		like.plain_text = strcmp(dot, ".txt") == 0;
		like.name = arena_strndup(mem, name, (size_t)(dot - name));
	}
	return add(set, mem, &like, text, len, why);
}

/* prefix is the path of dir below the directory of templates, "" or with a closing slash. */
static enum err
load_dir(struct tmpl_set *set, struct arena *mem, const char *dir, const char *prefix, int depth,
	const char **why)
{
	enum err e = ERR_NONE;
	struct dirent *entry;
	struct stat st;
	DIR *d = opendir(dir);

	if (!d)
		return unreadable(mem, dir, why);
	while (!e && (entry = readdir(d))) {
		const char *path = arena_printf(mem, "%s/%s", dir, entry->d_name);
		const char *name = arena_printf(mem, "%s%s", prefix, entry->d_name);

		/* Hidden files and the copies that editors leave are no templates. */
		if (entry->d_name[0] == '.' || entry->d_name[strlen(entry->d_name) - 1] == '~')
			continue;
		if (stat(path, &st) != 0)
			e = unreadable(mem, path, why);
		else if (S_ISREG(st.st_mode))
			e = load_file(set, mem, path, name, why);
		else if (S_ISDIR(st.st_mode) && depth < DIR_DEPTH_MAX)
			e = load_dir(
				set, mem, path, arena_printf(mem, "%s/", name), depth + 1, why);
	}
	closedir(d);
	return e;
}

enum err
tmpl_load(struct tmpl_set *set, struct arena *mem, const char *dir, const char **why)
{
	struct arena *scratch = arena_new();
	enum err e = load_dir(set, scratch, dir, "", 0, why);

	if (e)
		*why = arena_strdup(mem, *why);
	arena_free(scratch);
	return e;
}
