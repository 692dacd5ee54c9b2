/* A door whose listener is not root: binds the path as root, listens as nobody, and says on standard output what it was sent. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) return 2;
    memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) return perror(argv[1]), 1;
    if (setresuid(65534, 65534, 65534) != 0 || listen(fd, 8) != 0) return perror("listen"), 1;
    puts("listening");
    fflush(stdout);
    for (;;) {
        char bytes[4096];
        int caller = accept(fd, NULL, NULL);
        ssize_t n = recv(caller, bytes, sizeof bytes, 0);
        printf("received %zd\n", n < 0 ? 0 : n);
        fflush(stdout);
        close(caller);
    }
}
