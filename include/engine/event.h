/* SPDX-License-Identifier: Apache-2.0
 *
 * The types of events, by name.
 */
#ifndef ENGINE_EVENT_H
#define ENGINE_EVENT_H

enum event_type {
#define X(id, name) EVENT_##id,
#include "engine/events.def"
#undef X
	EVENTS
};

const char *event_name(enum event_type type);

#endif
