/* What stands when the agent is gone: what it wrote down last, as long as that holds. */
#pragma once

#include <string>

namespace sallyport {

/* Why a logon is not let in without an agent; empty if it may be. `folder`: the agent's, where the file `fail-mode` lies
 * (packages/contracts/src/door.ts, failModeFile). */
std::string why_shut(const std::wstring &folder);

} // namespace sallyport
