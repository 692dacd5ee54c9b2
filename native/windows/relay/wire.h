/* What runs between relay and agent on the agent's standard input and output: a head, then `length` bytes.
 * The other end of it is packages/agent/src/door/relay.ts. */
#pragma once

#include <cstdint>

namespace sallyport {

enum Kind : uint32_t {
    OPENED = 1, /* to the agent: a client is there; JSON that says on which pipe, and who */
    DATA = 2,   /* both ways: bytes of the client's connection */
    CLOSED = 3, /* both ways: no more of this connection */
    ALIVE = 4,  /* to the agent: is it there; back: it is. Connection 0, no bytes */
};

/* Little-endian, as everything that Windows runs on. Connection numbers are used once. */
struct Head {
    uint32_t connection, kind, length;
};

const uint32_t PAYLOAD_MAX = 65536;

} // namespace sallyport
