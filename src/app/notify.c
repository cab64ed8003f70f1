/* SPDX-License-Identifier: Apache-2.0
 *
 * The only caller of libsystemd.
 */
#include "app/notify.h"

#include "base/clock.h"
#include "config.h"

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>

void notify_ready(void)
{
	sd_notify(0, "READY=1\nSTATUS=Serving");
}

void notify_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono(clock_system()));
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1\nSTATUS=Finishing what is in flight");
}

void notify_alive(void)
{
	sd_notify(0, "WATCHDOG=1");
}

int64_t notify_interval(void)
{
	uint64_t usec = 0;

	return sd_watchdog_enabled(0, &usec) > 0 ? (int64_t)(usec / 2) : 0;
}

size_t notify_sockets(struct arena *a, int **ret)
{
	int n = sd_listen_fds(1);

	*ret = NULL;
	if (n <= 0)
		return 0;
	*ret = ARENA_ARRAY(a, (size_t)n, int);
	for (int i = 0; i < n; i++)
		(*ret)[i] = SD_LISTEN_FDS_START + i;
	return (size_t)n;
}
#else
void notify_ready(void)
{
}

void notify_reloading(void)
{
}

void notify_stopping(void)
{
}

void notify_alive(void)
{
}

int64_t notify_interval(void)
{
	return 0;
}

size_t notify_sockets(struct arena *a, int **ret)
{
	*ret = NULL;
	return 0;
}
#endif
