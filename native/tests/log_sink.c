/* Is /dev/log for a test: each line on standard input is answered by all messages so far, and a line `--`. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0), room = 1 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) return perror("/dev/log"), 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("--");
    for (char line[16]; fgets(line, sizeof line, stdin);) {
        char message[8192];
        for (ssize_t n; (n = recv(fd, message, sizeof message - 1, MSG_DONTWAIT)) >= 0;) {
            message[n] = '\0';
            for (char *c = message; *c; c++)
                if (*c == '\n') *c = '|';
            puts(message);
        }
        puts("--");
    }
    return 0;
}
