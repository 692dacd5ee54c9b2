/* Answers at the door for an agent that is gone. */
#pragma once

#include <windows.h>

namespace sallyport {

/* Hears hello and opening frame, and answers with one last frame: *the agent is not running*; where the fail mode lets a logon in, its `allow`;
 * to the news that nobody went in, a refusal under the reference by which it is written down. No agent has heard of this logon. Leaves the
 * pipe open: the answer is still to be read. */
void answer_for_agent(HANDLE pipe);

} // namespace sallyport
