/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference for durable writes: how often this disk makes a 4 KiB append durable. Appends and
 * calls fdatasync for SECONDS, then prints the rate. The file is written once before and wraps at 4 MiB,
 * as a write-ahead log does that is checkpointed every 1,000 pages: a file that grows would make each
 * call write the file system's journal too, and flatter who is compared with it.
 *
 *	fdatasync FILE SECONDS
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096, WRAP = 4 << 20 };

static double seconds_now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static char block[BLOCK];
	if (argc != 3) {
		fprintf(stderr, "usage: fdatasync FILE SECONDS\n");
		return 2;
	}
	double limit = strtod(argv[2], NULL);
	int fd = open(argv[1], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	memset(block, 'x', sizeof(block));
	for (off_t at = 0; at < WRAP; at += BLOCK)
		if (pwrite(fd, block, BLOCK, at) != BLOCK) {
			perror(argv[1]);
			return 1;
		}
	if (fsync(fd) != 0) {
		perror(argv[1]);
		return 1;
	}
	double begin = seconds_now(), now = begin;
	long n = 0;
	for (off_t at = 0; now - begin < limit; at = (at + BLOCK) % WRAP) {
		if (pwrite(fd, block, BLOCK, at) != BLOCK || fdatasync(fd) != 0) {
			perror(argv[1]);
			return 1;
		}
		n++;
		now = seconds_now();
	}
	close(fd);
	unlink(argv[1]);
	printf("%.0f\n", (double)n / (now - begin));
	return 0;
}
