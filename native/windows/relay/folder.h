/* The agent's folder: %ProgramData%\Sallyport, which nobody but the system and the administrators may look into. */
#pragma once

#include <string>

namespace sallyport {

/* Empty if it cannot be found. */
std::wstring agent_folder();

/* Makes it, or takes one that is empty into order. Why it is not safe from others otherwise; empty if it is. */
std::string make_or_judge_folder(const std::wstring &path);

} // namespace sallyport
