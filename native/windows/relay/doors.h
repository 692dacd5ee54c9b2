/* The service's three pipes, and who is served on them. */
#pragma once

#include <windows.h>

#include "agent.h"

namespace sallyport {

/* Makes all of them. False if one cannot be made: somebody has made one of that name. */
bool make_doors();

/* Takes clients in from now on, also while there is no agent. */
void open_doors(Agent &agent);

/* The agent's clients: takes what the agent says. */
Clients &guests();

/* The agent is gone: who spoke with it is sent away. */
void send_guests_away();

} // namespace sallyport
