/* The floor: one thread, epoll, one recv and one send a request, no parser, the reply ready beforehand.
 * What an HTTP server spends above this is its own. Usage: bare_epoll PORT
 *
 * It counts the requests of one read by their blank lines, so that wrk can pipeline; a request that
 * comes in two parts is answered when its blank line is complete only if that line is not split. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, REQUEST_BYTES = 16 * 1024, PIPELINE_MAX = 128, BODY_BYTES = 200 };

static char reply[1024];
static char replies[PIPELINE_MAX * sizeof reply];
static size_t reply_bytes;

static void make_replies(void) {
  char body[BODY_BYTES + 1];
  memset(body, 'x', BODY_BYTES);
  body[BODY_BYTES] = 0;
  int n = snprintf(reply, sizeof reply,
                   "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 08:00:00 GMT\r\n"
                   "Content-Type: application/json\r\nLull-Revision: 4be1.7\r\n"
                   "ETag: \"0123456789abcdef0123456789abcdef\"\r\nCache-Control: no-cache\r\n"
                   "Content-Length: %d\r\n\r\n%s",
                   BODY_BYTES, body);
  reply_bytes = (size_t)n;
  for (int i = 0; i < PIPELINE_MAX; ++i) memcpy(replies + (size_t)i * reply_bytes, reply, reply_bytes);
}

static int listen_on(unsigned short port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0) {
    perror("bare_epoll: cannot listen");
    exit(1);
  }
  return fd;
}

static void accept_all(int epoll, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) return;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

static void answer(int fd) {
  static char bytes[REQUEST_BYTES];
  ssize_t n = recv(fd, bytes, sizeof bytes, 0);
  if (n <= 0) {
    close(fd);
    return;
  }
  size_t count = 0;
  for (char *at = bytes; count < PIPELINE_MAX; ++count) {
    at = memmem(at, (size_t)(bytes + n - at), "\r\n\r\n", 4);
    if (at == NULL) break;
    at += 4;
  }
  if (count != 0 && send(fd, replies, count * reply_bytes, MSG_NOSIGNAL) < 0) close(fd);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: bare_epoll PORT\n");
    return 2;
  }
  make_replies();
  int listener = listen_on((unsigned short)atoi(argv[1]));
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    struct epoll_event events[EVENTS];
    int n = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < n; ++i) {
      if (events[i].data.fd == listener) {
        accept_all(epoll, listener);
      } else {
        answer(events[i].data.fd);
      }
    }
  }
}
