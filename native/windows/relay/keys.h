/* What the agent, which is Node, has done for it by native code: its key, its folder's access list, what its setup says in the event log. */
#pragma once

#include <windows.h>

namespace sallyport {

/* Lines of JSON from `in`, each answered by one on `out`, until `in` ends:
 *   {"make":{}} → {"made":{"kept","handle","x","y"}} · {"sign":{"kept","handle","hash"}} → {"signed":…} · {"folder":{"path"}} → {"folder":…}
 *   {"note":{"setUp","text"}} → {"noted":true}
 * Bytes in hexadecimal digits; what cannot be done is {"fault":…}. Both are pipes that the agent made: nobody else hears or speaks. */
int serve_keys(HANDLE in, HANDLE out);

} // namespace sallyport
