/* Answers at the door for an agent that is gone. */
#pragma once

#include <windows.h>

namespace sallyport {

/* Hears hello and opening frame, and answers with one last frame: *the agent is not running*, or, where the fail mode lets a logon in, its
 * `allow`. No agent has heard of this logon. Leaves the pipe open: the answer is still to be read. */
void answer_for_agent(HANDLE pipe);

} // namespace sallyport
