/* Opens the agent's door, and sends and receives frames until the deadline. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "sallyport.h"

bool sp_fail(struct sp_result *result, enum sp_end end, const char *cause, const char *why) {
    result->end = end;
    result->cause = cause;
    result->why = why;
    return false;
}

bool sp_set_deadline(struct sp_attempt *a, int seconds) {
    if (clock_gettime(CLOCK_MONOTONIC, &a->deadline) != 0) return false;
    a->deadline.tv_sec += seconds;
    return true;
}

/* Milliseconds until the deadline, 0 when it is over. */
int sp_time_left(const struct sp_attempt *a) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 0;
    long long ms = (long long)(a->deadline.tv_sec - now.tv_sec) * 1000 + (a->deadline.tv_nsec - now.tv_nsec) / 1000000;
    return ms < 0 ? 0 : ms > 600000 ? 600000 : (int)ms;
}

static bool wait_for(const struct sp_attempt *a, short events) {
    for (;;) {
        struct pollfd fd = {.fd = a->fd, .events = events};
        int ready = poll(&fd, 1, sp_time_left(a));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

/* Whoever may write into a folder on the way could put a socket of their own there, or take ours away. A folder that is missing
   is no danger: then there is no agent. */
static bool folders_are_safe(const char *path) {
    char folder[sizeof((struct sockaddr_un *)0)->sun_path];
    struct stat st;
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t length = slash == path ? 1 : (size_t)(slash - path);
        memcpy(folder, path, length);
        folder[length] = '\0';
        if (lstat(folder, &st) != 0) return errno == ENOENT;
        if (!S_ISDIR(st.st_mode) || st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH))) return false;
    }
    return true;
}

/* Before the first byte: the process behind the socket must be root's. */
static bool peer_is_root(int fd) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && length == sizeof peer && peer.uid == 0;
}

/* Gone means: nobody listens. A full queue, missing rights or no descriptors are other things, and no fail mode opens for them. */
static bool refused_by(int error, struct sp_result *result) {
    if (error == ENOENT) return sp_fail(result, SP_AGENT_GONE, "agent.unreachable", "no socket");
    if (error == ECONNREFUSED) return sp_fail(result, SP_AGENT_GONE, "agent.unreachable", "nobody listens");
    if (error == EACCES || error == EPERM) return sp_fail(result, SP_BROKEN, "pam.unprivileged", "no right to the door");
    return sp_fail(result, SP_BROKEN, "agent.unreachable", "the door takes nobody in");
}

bool sp_open_door(struct sp_attempt *a, struct sp_result *result) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = a->options->socket;
    if (strlen(path) >= sizeof address.sun_path) return sp_fail(result, SP_BROKEN, "config.invalid", "the socket's path is too long");
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (!folders_are_safe(path)) return sp_fail(result, SP_BROKEN, "door.untrusted", "a folder of the socket is not root's alone");
    a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (a->fd < 0) return sp_fail(result, SP_BROKEN, "agent.unreachable", "no socket to be had");
    while (connect(a->fd, (const struct sockaddr *)&address, sizeof address) != 0)
        if (errno != EINTR) return refused_by(errno, result);
    if (!peer_is_root(a->fd)) return sp_fail(result, SP_BROKEN, "door.untrusted", "the listener is not root's");
    struct sp_frame hello = {.ok = true};
    sp_frame_raw(&hello, "{\"v\":1,\"hello\":{\"provider\":\"pam\",\"conversation\":");
    sp_frame_raw(&hello, a->options->serial ? "false,\"serial\":true}}" : "true,\"serial\":false}}");
    return sp_send(a, &hello, result);
}

bool sp_send(struct sp_attempt *a, struct sp_frame *frame, struct sp_result *result) {
    sp_frame_raw(frame, "\n");
    size_t sent = 0;
    bool ok = frame->ok;
    while (ok && sent < frame->length) {
        ssize_t n = send(a->fd, frame->text + sent, frame->length - sent, MSG_NOSIGNAL);
        if (n > 0) sent += (size_t)n;
        else if (errno == EAGAIN) ok = wait_for(a, POLLOUT);
        else ok = errno == EINTR;
    }
    bool fitted = frame->ok;
    explicit_bzero(frame, sizeof *frame);
    /* The agent may have said why before it closed: its last frame is still to be read. */
    return fitted ? true : sp_fail(result, SP_BROKEN, "door.malformed", "our own frame is too long");
}

/* Nothing came. After a cancel the agent owes us only the reference: the cause is ours. */
static bool nothing(const struct sp_attempt *a, struct sp_result *result, const char *cause, const char *why) {
    return sp_fail(result, SP_BROKEN, a->cancelled ? a->cancelled : cause, why);
}

/* Reads one line into `json`. Bytes behind it stay for the next call. */
bool sp_receive(struct sp_attempt *a, struct sp_result *result) {
    for (;;) {
        char *end = memchr(a->buffer, '\n', a->buffered);
        if (end) {
            bool ok = sp_door_read(a->json, a->buffer, (size_t)(end - a->buffer));
            return ok ? true : sp_fail(result, SP_BROKEN, "door.malformed", "not a frame");
        }
        if (a->buffered == SP_FRAME_MAX) return sp_fail(result, SP_BROKEN, "door.malformed", "a frame too long");
        if (!wait_for(a, POLLIN)) return nothing(a, result, "agent.unreachable", "no answer in time");
        ssize_t n = recv(a->fd, a->buffer + a->buffered, SP_FRAME_MAX - a->buffered, 0);
        if (n > 0) a->buffered += (size_t)n;
        else if (n == 0 && a->buffered) return sp_fail(result, SP_BROKEN, "door.malformed", "closed within a frame");
        else if (n == 0 || (errno != EAGAIN && errno != EINTR)) return nothing(a, result, "agent.fault", "closed without an end");
    }
}
