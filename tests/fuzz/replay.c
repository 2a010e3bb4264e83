/*
 * A plain main for a fuzz target: gives it every file of the directories named as arguments, so
 * that the seeds are replayed by make check with any compiler. Without arguments tests/fuzz/seeds/X
 * of the source tree is taken, where the program's name ends in fuzz_X. Speaks TAP.
 */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

static void
replay_file(const char *path)
{
	FILE *f = fopen(path, "re");
	/* Exactly as long as the input, so that a sanitizer sees a read beyond it. */
	uint8_t *data;
	long size;

	if (!f || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0) {
		perror(path);
		exit(1);
	}
	rewind(f);
	data = malloc(size ? (size_t)size : 1);
	if (fread(data, 1, (size_t)size, f) != (size_t)size) {
		perror(path);
		exit(1);
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

static int
replay_dir(const char *dir)
{
	struct dirent *entry;
	char path[4096];
	int count = 0;
	DIR *d = opendir(dir);

	if (!d) {
		perror(dir);
		exit(1);
	}
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		replay_file(path);
		count++;
	}
	closedir(d);
	return count;
}

int
main(int argc, char **argv)
{
	const char *source = getenv("PARLOR_SOURCE"), *target = strstr(argv[0], "fuzz_");
	char dir[4096];
	int count = 0;

	for (const char *s = target; s; s = strstr(s + 1, "fuzz_"))
		target = s + strlen("fuzz_");
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/seeds/%s", source ? source : ".",
		target ? target : "");
	printf("1..1\n");
	fflush(stdout);
	for (int i = 1; i < argc; i++)
		count += replay_dir(argv[i]);
	if (argc == 1)
		count = replay_dir(dir);
	printf("%sok 1 - %d inputs\n", count ? "" : "not ", count);
	return count == 0;
}
