/* Holds a frame of the agent to the schema of the door; for C and C++. */
#ifndef SALLYPORT_DOOR_FRAME_H
#define SALLYPORT_DOOR_FRAME_H

#include "json_reader.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads one line, without its newline, as `show`, `end` or `error`. Strict as the agent is with us: a member that nobody knows,
 * one that is missing, of another type or over its length makes it false, and the frame must not be used. */
bool sp_door_read(struct sp_json *json, const char *line, size_t length);

/* Eight characters of Crockford's base32 as XXXX-XXXX: fit for a log line as it stands. */
bool sp_is_reference(const char *text);

#ifdef __cplusplus
}
#endif
#endif
