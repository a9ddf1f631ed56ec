// The origin that the benchmarks put behind every proxy: one epoll loop per thread, answers made beforehand.
// It is as cheap as it can be, because it shares a core with the load and must not be what is measured.
// It is not a web server: it knows the paths below, checks only what it needs, and trusts the proxy in front of it.
//
//   GET  /1k /1m /1g         1 KiB, 1 MiB, 1 GiB with Content-Length; the GiB is one block sent again and again
//   GET  /chunked            1 KiB in four chunks
//   GET  /slow               1 KiB after a second (?delay=MILLISECONDS)
//   POST /upload             reads the body (Content-Length or chunked), answers "received N"
//   POST /slow-upload        the same at 64 KiB a second (?rate=BYTES, ?seconds=N: at full speed after N seconds)
//   GET  /stats              requests answered so far, as a number
//
// `rate` and `seconds` also slow down the sending of /1k, /1m and /1g, `delay` any answer.
// Usage: origin [--port N] [--threads N] [--everywhere 1]. Prints the port once it listens on 127.0.0.1, or on every address,
// so that 127.0.0.2 and its like are servers of their own to a proxy.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { INPUT_BYTES = 16 * 1024, BLOCK_BYTES = 1024 * 1024, EVENTS_PER_WAIT = 256, TICK_MS = 10, THREADS_MAX = 64 };

// An answer: a head followed by the start of the body. What goes beyond is the block again.
typedef struct {
    char *bytes;
    size_t head_bytes, block_bytes;
    uint64_t body_bytes;
} reply;

// HEAD: reading a request head. LENGTH to TRAILERS: reading its body. DELAY: waiting to answer. SENDING: writing it.
typedef enum { HEAD, LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILERS, DELAY, SENDING } state;

typedef struct connection {
    int fd;
    state state;
    bool readable, writable, hung_up, ended, close_after, head_only, counts_body, stats, in_slow_list;
    size_t start, end;              // What of `input` is not yet consumed.
    uint64_t left;                  // Bytes left of the body or chunk.
    uint64_t received;              // Body bytes read.
    uint64_t sent;                  // Bytes of the answer written.
    uint64_t rate, rate_until_ms, rate_since_ms, rate_used;
    uint64_t delay_ms, answer_at_ms;
    const reply *reply;
    reply small;
    char small_bytes[256];
    struct connection *next_slow;
    char input[INPUT_BYTES];
} connection;

typedef struct {
    int epoll_fd, listen_fd;
    connection *slow;               // Connections that the tick has to look at.
} loop;

static reply reply_1k, reply_1m, reply_1g, reply_chunked, reply_404, reply_400;
static char date[64];
static atomic_ullong answered;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

// MARK: - Answers

static reply make_reply(const char *status, uint64_t body_bytes, const char *fill) {
    size_t block = body_bytes < BLOCK_BYTES ? (size_t)body_bytes : BLOCK_BYTES;
    reply r = {.bytes = malloc(1024 + block), .block_bytes = block, .body_bytes = body_bytes};
    r.head_bytes = (size_t)sprintf(r.bytes,
        "HTTP/1.1 %s\r\nServer: origin\r\nDate: %s\r\nContent-Type: application/octet-stream\r\n"
        "Content-Length: %llu\r\n\r\n", status, date, (unsigned long long)body_bytes);
    if (fill) memcpy(r.bytes + r.head_bytes, fill, block);
    else for (size_t i = 0; i < block; i++) r.bytes[r.head_bytes + i] = (char)('a' + i % 26);
    return r;
}

static reply make_chunked_reply(void) {
    reply r = {.bytes = malloc(4096)};
    r.head_bytes = (size_t)sprintf(r.bytes,
        "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: %s\r\nContent-Type: application/octet-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n", date);
    char *body = r.bytes + r.head_bytes, *at = body;
    for (int chunk = 0; chunk < 4; chunk++) {
        at += sprintf(at, "100\r\n");
        memset(at, 'a' + chunk, 256);
        at += 256;
        at += sprintf(at, "\r\n");
    }
    at += sprintf(at, "0\r\n\r\n");
    r.block_bytes = (size_t)(at - body);
    r.body_bytes = r.block_bytes;
    return r;
}

static void make_replies(void) {
    time_t t = time(NULL);
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    reply_1k = make_reply("200 OK", 1024, NULL);
    reply_1m = make_reply("200 OK", 1024 * 1024, NULL);
    reply_1g = make_reply("200 OK", 1024 * 1024 * 1024, NULL);
    reply_404 = make_reply("404 Not Found", 10, "not found\n");
    reply_400 = make_reply("400 Bad Request", 12, "bad request\n");
    reply_chunked = make_chunked_reply();
}

// A short text made for this connection alone.
static void answer_number(connection *c, const char *word, uint64_t number) {
    char body[64];
    int count = sprintf(body, "%s%llu\n", word, (unsigned long long)number);
    c->small.bytes = c->small_bytes;
    c->small.head_bytes = (size_t)sprintf(c->small_bytes,
        "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: %s\r\nContent-Type: text/plain\r\n"
        "Content-Length: %d\r\n\r\n", date, count);
    memcpy(c->small_bytes + c->small.head_bytes, body, (size_t)count);
    c->small.block_bytes = c->small.body_bytes = (uint64_t)count;
    c->reply = &c->small;
}

// MARK: - Requests

typedef struct {
    const char *at;
    size_t count;
} text;

static bool is(text t, const char *word) {
    return t.count == strlen(word) && strncasecmp(t.at, word, t.count) == 0;
}

static bool contains(text t, const char *word) {
    size_t count = strlen(word);
    for (size_t i = 0; i + count <= t.count; i++)
        if (strncasecmp(t.at + i, word, count) == 0) return true;
    return false;
}

// The number after `key` in a query such as `rate=100&seconds=3`, or `otherwise`.
static uint64_t query_number(text query, const char *key, uint64_t otherwise) {
    size_t count = strlen(key);
    for (size_t i = 0; i + count < query.count; i++) {
        bool at_start = i == 0 || query.at[i - 1] == '&';
        if (at_start && memcmp(query.at + i, key, count) == 0) return strtoull(query.at + i + count, NULL, 10);
    }
    return otherwise;
}

static void choose_reply(connection *c, text path, text query) {
    uint64_t rate = 0, delay = 0;
    c->reply = NULL;
    if (is(path, "/1k")) c->reply = &reply_1k;
    else if (is(path, "/1m")) c->reply = &reply_1m;
    else if (is(path, "/1g")) c->reply = &reply_1g;
    else if (is(path, "/chunked")) c->reply = &reply_chunked;
    else if (is(path, "/slow")) c->reply = &reply_1k, delay = 1000;
    else if (is(path, "/upload")) c->counts_body = true;
    else if (is(path, "/slow-upload")) c->counts_body = true, rate = 64 * 1024;
    else if (is(path, "/stats")) c->stats = true;
    else c->reply = &reply_404;
    c->rate = c->delay_ms = 0;
    if (query.count == 0 && rate == 0 && delay == 0) return;
    c->rate = query_number(query, "rate=", rate);
    c->delay_ms = query_number(query, "delay=", delay);
    c->rate_since_ms = now_ms();
    c->rate_used = 0;
    uint64_t seconds = query_number(query, "seconds=", 0);
    c->rate_until_ms = seconds ? c->rate_since_ms + seconds * 1000 : UINT64_MAX;
}

static void read_field(connection *c, const char *line, size_t count, bool *expects) {
    const char *colon = memchr(line, ':', count);
    if (!colon) return;
    text name = {line, (size_t)(colon - line)};
    text value = {colon + 1, count - name.count - 1};
    switch (name.count) {
    case 14: if (is(name, "content-length")) c->left = strtoull(value.at, NULL, 10), c->state = LENGTH; break;
    case 17: if (is(name, "transfer-encoding") && contains(value, "chunked")) c->state = CHUNK_SIZE; break;
    case 10:
        if (!is(name, "connection")) break;
        if (contains(value, "close")) c->close_after = true;
        else if (contains(value, "keep-alive")) c->close_after = false;
        break;
    case 6: if (is(name, "expect") && contains(value, "100-continue")) *expects = true; break;
    }
}

static bool read_request_line(connection *c, const char *line, size_t count) {
    const char *space = memchr(line, ' ', count);
    if (!space) return false;
    const char *target = space + 1;
    const char *version = memchr(target, ' ', count - (size_t)(target - line));
    if (!version || count - (size_t)(version - line) < 9) return false;
    text all = {target, (size_t)(version - target)};
    const char *mark = memchr(all.at, '?', all.count);
    text path = {all.at, mark ? (size_t)(mark - all.at) : all.count};
    text query = {mark ? mark + 1 : "", mark ? all.count - path.count - 1 : 0};
    c->head_only = space - line == 4 && memcmp(line, "HEAD", 4) == 0;
    c->close_after = memcmp(version + 1, "HTTP/1.0", 8) == 0;
    c->counts_body = c->stats = false;
    choose_reply(c, path, query);
    return true;
}

static void refuse(connection *c) {
    c->reply = &reply_400;
    c->counts_body = c->stats = c->head_only = false;
    c->delay_ms = c->rate = c->sent = 0;
    c->close_after = true;
    c->state = SENDING;
}

// Reads one head from the input. False: it is not all there yet.
static bool read_head(connection *c) {
    char *head = c->input + c->start, *end = memmem(head, c->end - c->start, "\r\n\r\n", 4);
    if (!end) return false;
    bool expects = false, first = true;
    c->received = c->left = 0;
    c->state = LENGTH;
    for (char *line = head; line < end + 2;) {
        char *stop = memchr(line, '\r', (size_t)(end + 2 - line));
        size_t count = (size_t)(stop - line);
        if (first && !read_request_line(c, line, count)) { refuse(c); return true; }
        if (!first) read_field(c, line, count, &expects);
        first = false;
        line = stop + 2;
    }
    c->start = (size_t)(end + 4 - c->input);
    if (expects) (void)!send(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
    return true;
}

// MARK: - Moving bytes

// How many of `wanted` bytes the rate allows now.
static uint64_t allowed(connection *c, uint64_t wanted) {
    if (c->rate == 0) return wanted;
    uint64_t now = now_ms();
    if (now >= c->rate_until_ms) { c->rate = 0; return wanted; }
    uint64_t budget = (now - c->rate_since_ms) * c->rate / 1000;
    uint64_t rest = budget > c->rate_used ? budget - c->rate_used : 0;
    return rest < wanted ? rest : wanted;
}

// Reads more input behind what is there. False: nothing to be had now, or the connection is over (`ended`).
static bool fill(connection *c) {
    if (!c->readable) return false;
    if (c->start == c->end) c->start = c->end = 0;
    if (c->end == INPUT_BYTES && c->start > 0) {
        memmove(c->input, c->input + c->start, c->end - c->start);
        c->end -= c->start;
        c->start = 0;
    }
    size_t space = INPUT_BYTES - c->end;
    ssize_t count = space ? recv(c->fd, c->input + c->end, space, 0) : 0;
    if (count > 0) {
        c->end += (size_t)count;
        if ((size_t)count < space) c->readable = c->hung_up;    // A short read is not repeated; the next edge tells.
        return true;
    }
    c->readable = false;
    if (count == 0 || errno != EAGAIN) c->ended = true;
    return false;
}

// Discards up to `left` body bytes: first those in the input, then from the socket without copying them (MSG_TRUNC).
// False: wait.
static bool discard(connection *c) {
    uint64_t want = allowed(c, c->left);
    if (want == 0) return false;
    uint64_t count = c->end - c->start;
    if (count > 0) {
        if (count > want) count = want;
        c->start += count;
    } else {
        if (!c->readable) return false;
        size_t most = want < (1 << 20) ? (size_t)want : (1 << 20);
        ssize_t got = recv(c->fd, NULL, most, MSG_TRUNC);
        if (got <= 0) {
            c->readable = false;
            if (got == 0 || errno != EAGAIN) c->ended = true;
            return false;
        }
        count = (uint64_t)got;
        if (count < most) c->readable = c->hung_up;
    }
    c->left -= count;
    c->received += count;
    c->rate_used += count;
    return true;
}

// The next line of the input, which is then consumed. NULL: not all there, and nothing more to read now.
static char *next_line(connection *c) {
    for (;;) {
        char *at = c->input + c->start, *stop = memmem(at, c->end - c->start, "\r\n", 2);
        if (stop) {
            c->start = (size_t)(stop + 2 - c->input);
            return at;
        }
        if (!fill(c)) return NULL;
    }
}

static void begin_answer(connection *c) {
    c->sent = 0;
    c->state = SENDING;
    if (c->counts_body) answer_number(c, "received ", c->received);
    if (c->stats) answer_number(c, "", atomic_load_explicit(&answered, memory_order_relaxed));
    if (c->delay_ms == 0) return;
    c->answer_at_ms = now_ms() + c->delay_ms;
    c->state = DELAY;
}

// Writes what the socket takes. False: wait.
static bool send_some(connection *c) {
    const reply *r = c->reply;
    uint64_t total = r->head_bytes + (c->head_only ? 0 : r->body_bytes);
    while (c->sent < total) {
        if (!c->writable) return false;
        uint64_t offset = c->sent, end = r->head_bytes + r->block_bytes;
        if (offset >= end) offset = r->head_bytes + (offset - r->head_bytes) % r->block_bytes;
        uint64_t count = end - offset;
        if (count > total - c->sent) count = total - c->sent;
        count = allowed(c, count);
        if (count == 0) return false;
        ssize_t wrote = send(c->fd, r->bytes + offset, count, MSG_NOSIGNAL);
        if (wrote < 0) {
            c->writable = false;
            if (errno != EAGAIN) c->ended = true;
            return false;
        }
        c->sent += (uint64_t)wrote;
        c->rate_used += (uint64_t)wrote;
    }
    atomic_fetch_add_explicit(&answered, 1, memory_order_relaxed);
    c->state = HEAD;
    if (c->close_after) c->ended = true;
    return true;
}

// One step of the connection. False: it waits for an event or for the tick.
static bool step(connection *c) {
    char *line;
    switch (c->state) {
    case HEAD:
        if (c->end > c->start && read_head(c)) return true;
        return fill(c);
    case LENGTH:
        if (c->left == 0) { begin_answer(c); return true; }
        return discard(c);
    case CHUNK_SIZE:
        if (!(line = next_line(c))) return false;
        c->left = strtoull(line, NULL, 16);
        c->state = c->left ? CHUNK_DATA : TRAILERS;
        return true;
    case CHUNK_DATA:
        if (c->left == 0) { c->state = CHUNK_END; return true; }
        return discard(c);
    case CHUNK_END:
        if (!next_line(c)) return false;
        c->state = CHUNK_SIZE;
        return true;
    case TRAILERS:
        if (!(line = next_line(c))) return false;
        if (line[0] == '\r') begin_answer(c);
        return true;
    case DELAY:
        if (now_ms() < c->answer_at_ms) return false;
        c->state = SENDING;
        return true;
    case SENDING:
        return send_some(c);
    }
    return false;
}

// MARK: - The loop

static void add_to_slow(loop *l, connection *c) {
    if (c->in_slow_list || (c->rate == 0 && c->state != DELAY)) return;
    c->in_slow_list = true;
    c->next_slow = l->slow;
    l->slow = c;
}

// Does what can be done. A connection that ended is freed here, or by the tick when the slow list still knows it.
static void drive(loop *l, connection *c) {
    while (!c->ended && step(c)) {}
    if (!c->ended) { add_to_slow(l, c); return; }
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    if (!c->in_slow_list) free(c);
}

static void tick(loop *l) {
    connection *c = l->slow;
    l->slow = NULL;
    while (c) {
        connection *next = c->next_slow;
        c->in_slow_list = false;
        drive(l, c);
        c = next;
    }
}

static void accept_all(loop *l) {
    int fd, on = 1;
    while ((fd = accept4(l->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection *c = malloc(sizeof *c);
        if (!c) fail("malloc");
        memset(c, 0, offsetof(connection, input));
        c->fd = fd;
        c->writable = true;
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
        if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &e)) fail("epoll_ctl");
    }
}

static void handle(loop *l, struct epoll_event *e) {
    connection *c = e->data.ptr;
    if (!c) { accept_all(l); return; }
    if (e->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) c->readable = true;
    if (e->events & EPOLLRDHUP) c->hung_up = true;
    if (e->events & EPOLLOUT) c->writable = true;
    if (e->events & (EPOLLHUP | EPOLLERR)) c->ended = true;
    drive(l, c);
}

static void *run(void *argument) {
    loop *l = argument;
    struct epoll_event events[EVENTS_PER_WAIT];
    for (;;) {
        int count = epoll_wait(l->epoll_fd, events, EVENTS_PER_WAIT, l->slow ? TICK_MS : -1);
        for (int i = 0; i < count; i++) handle(l, &events[i]);
        if (l->slow) tick(l);
    }
    return NULL;
}

static int everywhere;

// Each thread listens for itself (SO_REUSEPORT). Returns the port, which the first call takes from the kernel.
static int start_listening(loop *l, int port) {
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(everywhere ? INADDR_ANY : INADDR_LOOPBACK);
    socklen_t count = sizeof address;
    l->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(l->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(l->listen_fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (bind(l->listen_fd, (struct sockaddr *)&address, sizeof address)) fail("bind");
    if (listen(l->listen_fd, 4096)) fail("listen");
    if (getsockname(l->listen_fd, (struct sockaddr *)&address, &count)) fail("getsockname");
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->listen_fd, &e)) fail("epoll_ctl");
    return ntohs(address.sin_port);
}

static int option(int count, char **words, const char *name, int otherwise) {
    for (int i = 1; i + 1 < count; i++)
        if (strcmp(words[i], name) == 0) return atoi(words[i + 1]);
    return otherwise;
}

static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **words) {
    static loop loops[THREADS_MAX];
    int port = option(count, words, "--port", 0), threads = option(count, words, "--threads", 1);
    if (threads < 1 || threads > THREADS_MAX) return fprintf(stderr, "origin: 1 to %d threads\n", THREADS_MAX), 1;
    everywhere = option(count, words, "--everywhere", 0);
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    make_replies();
    for (int i = 0; i < threads; i++) port = start_listening(&loops[i], port);
    printf("%d\n", port);
    fflush(stdout);
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, &loops[i])) fail("pthread_create");
    }
    run(&loops[0]);
}
