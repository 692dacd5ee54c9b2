/* Opens the agent's door, and sends and receives frames until the deadline. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sallyport.h"

bool sp_fail(struct sp_result *result, enum sp_end end, const char *cause) {
    result->end = end;
    result->cause = cause;
    return false;
}

/* Milliseconds until the deadline, 0 when it is over. */
static int left(const struct sp_attempt *a) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 0;
    long long ms = (long long)(a->deadline.tv_sec - now.tv_sec) * 1000 + (a->deadline.tv_nsec - now.tv_nsec) / 1000000;
    return ms < 0 ? 0 : ms > 600000 ? 600000 : (int)ms;
}

static bool wait_for(const struct sp_attempt *a, short events) {
    for (;;) {
        struct pollfd fd = {.fd = a->fd, .events = events};
        int ready = poll(&fd, 1, left(a));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

/* Whoever may write into the folder could put a socket of their own there. */
static bool folder_is_safe(const char *path) {
    char folder[108];
    const char *slash = strrchr(path, '/');
    struct stat st;
    size_t length = slash == path ? 1 : (size_t)(slash - path);
    if (length >= sizeof folder) return false;
    memcpy(folder, path, length);
    folder[length] = '\0';
    return lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Before the first byte: the process behind the socket must be root's. */
static bool peer_is_root(int fd) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && length == sizeof peer && peer.uid == 0;
}

/* Gone means: nobody listens. A full queue, missing rights or no descriptors are other things, and no fail mode opens for them. */
static enum sp_end why_not(int error) {
    return error == ENOENT || error == ECONNREFUSED ? SP_AGENT_GONE : SP_BROKEN;
}

bool sp_open_door(struct sp_attempt *a, struct sp_result *result) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = a->options->socket;
    if (strlen(path) >= sizeof address.sun_path) return sp_fail(result, SP_BROKEN, "config.invalid");
    memcpy(address.sun_path, path, strlen(path) + 1);
    a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (a->fd < 0) return sp_fail(result, SP_BROKEN, "agent.unreachable");
    while (connect(a->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        if (errno == EINTR) continue;
        bool denied = errno == EACCES || errno == EPERM;
        return sp_fail(result, why_not(errno), denied ? "pam.unprivileged" : "agent.unreachable");
    }
    if (!folder_is_safe(path) || !peer_is_root(a->fd)) return sp_fail(result, SP_BROKEN, "door.untrusted");
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
    if (ok) return true;
    /* The agent may have said why before it closed: its last frame is still to be read. */
    return fitted ? true : sp_fail(result, SP_BROKEN, "door.malformed");
}

/* Reads one line into `json`. Bytes behind it stay for the next call. */
bool sp_receive(struct sp_attempt *a, struct sp_result *result) {
    for (;;) {
        char *end = memchr(a->buffer, '\n', a->buffered);
        if (end) {
            size_t length = (size_t)(end - a->buffer);
            bool ok = sp_json_read(a->json, a->buffer, length);
            return ok ? true : sp_fail(result, SP_BROKEN, "door.malformed");
        }
        if (a->buffered == SP_FRAME_MAX) return sp_fail(result, SP_BROKEN, "door.malformed");
        if (!wait_for(a, POLLIN)) return sp_fail(result, SP_BROKEN, "agent.fault");
        ssize_t n = recv(a->fd, a->buffer + a->buffered, SP_FRAME_MAX - a->buffered, 0);
        if (n > 0) a->buffered += (size_t)n;
        else if (n == 0) return sp_fail(result, SP_BROKEN, a->buffered ? "door.malformed" : "agent.fault");
        else if (errno != EAGAIN && errno != EINTR) return sp_fail(result, SP_BROKEN, "agent.fault");
    }
}
