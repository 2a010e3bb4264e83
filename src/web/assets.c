/* The version of the static files. */
#include "web/assets.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* FNV-1a; only has to differ when something did. */
static uint64_t
mix(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 1099511628211ULL;
	return hash;
}

/* The order in which a directory lists its files must not matter: sums are added up. */
static uint64_t
directory_sum(const char *dir, int depth)
{
	DIR *d = depth < 8 ? opendir(dir) : NULL;
	struct dirent *entry;
	uint64_t sum = 0;
	char path[4096];
	struct stat st;

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' ||
			snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >=
				(int)sizeof(path) ||
			stat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode)) {
			sum += directory_sum(path, depth + 1);
			continue;
		}
		uint64_t hash = mix(14695981039346656037ULL, entry->d_name, strlen(entry->d_name));

		hash = mix(hash, &st.st_size, sizeof(st.st_size));
		sum += mix(hash, &st.st_mtim.tv_sec, sizeof(st.st_mtim.tv_sec));
	}
	if (d)
		closedir(d);
	return sum;
}

const char *
assets_version(struct arena *mem, const char *dir)
{
	return arena_printf(
		mem, "%08llx", (unsigned long long)(directory_sum(dir, 0) & 0xffffffff));
}
