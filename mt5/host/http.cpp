// A small HTTP/1.1 client over plain sockets, and WebRequest on top of it: one connection a call, save for queries of
// the broker.
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "host.hpp"

using Clock = std::chrono::steady_clock;

namespace {

struct Socket {
    int fd = -1;
    void shut() {
        if (fd >= 0) close(fd);
        fd = -1;
    }
    ~Socket() {
        shut();
    }
};

// Whether the socket is ready before the deadline.
bool ready(int fd, short what, Clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{fd, what, 0};
    return left > 0 && poll(&waiting, 1, static_cast<int>(left)) > 0;
}

bool connect_to(const std::string &host, const std::string &port, Socket &socket_) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_family = AF_INET;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return false;
    socket_.fd = socket(found->ai_family, SOCK_STREAM, 0);
    const bool good = socket_.fd >= 0 && connect(socket_.fd, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    const int at_once = 1;
    setsockopt(socket_.fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    return good;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

// The length the headers announce; -1 when they announce none.
long content_length(const std::string &headers) {
    const std::string low = lower(headers);
    const size_t at = low.find("\r\ncontent-length:");
    return at == std::string::npos ? -1 : std::stol(low.substr(at + 17));
}

// The bytes of an answer, up to its announced length or the end of the connection.
bool receive(int fd, Clock::time_point deadline, HttpReply &reply) {
    std::string in;
    char buffer[65536];
    while (true) {
        const size_t end = in.find("\r\n\r\n");
        const long length = end == std::string::npos ? -1 : content_length(in.substr(0, end));
        const bool whole = length >= 0 && static_cast<long>(in.size() - end - 4) >= length;
        ssize_t count = 0;
        if (!whole) {
            if (!ready(fd, POLLIN, deadline)) {
                reply.timed_out = true;
                return false;
            }
            count = recv(fd, buffer, sizeof buffer, 0);
            if (count > 0) in.append(buffer, count);
        }
        if (!whole && count > 0) continue;
        if (end == std::string::npos || count < 0 || (length >= 0 && !whole)) return false;
        reply.headers = in.substr(0, end);
        reply.body = in.substr(end + 4);
        reply.status = std::atoi(in.c_str() + 9);
        return true;
    }
}

struct Address {
    std::string host, port, authority, path;
    explicit Address(const std::string &url) {
        const size_t slash = std::min(url.find('/', 7), url.size());
        authority = url.substr(7, slash - 7);
        path = slash < url.size() ? url.substr(slash) : "/";
        const size_t colon = authority.find(':');
        host = authority.substr(0, colon);
        port = colon == std::string::npos ? "80" : authority.substr(colon + 1);
    }
};

bool send_all(int fd, const std::string &request, Clock::time_point deadline) {
    for (size_t sent = 0; sent < request.size();) {
        const ssize_t count =
            ready(fd, POLLOUT, deadline)
                ? send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL)
                : -1;
        if (count <= 0) return false;
        sent += count;
    }
    return true;
}

HttpReply exchange(Socket &connection, const std::string &request, Clock::time_point deadline) {
    HttpReply reply;
    if (send_all(connection.fd, request, deadline) && !receive(connection.fd, deadline, reply))
        reply.status = 0;
    return reply;
}

}  // namespace

HttpReply http_call(const std::string &method, const std::string &url, const std::string &headers,
                    const std::string &body, int timeout_ms) {
    if (url.compare(0, 7, "http://") != 0) return HttpReply();
    const Address to(url);
    Socket connection;
    if (!connect_to(to.host, to.port, connection)) return HttpReply();
    const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
    const std::string request = method + " " + to.path + " HTTP/1.1\r\nHost: " + to.authority +
                                "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                                "\r\n" + headers + "\r\n" + body;
    return exchange(connection, request, deadline);
}

// Asked once more on a new connection, since the broker may have closed one that lay idle.
HttpReply http_query(const std::string &url, const std::string &headers, int timeout_ms) {
    static Socket kept;
    const Address to(url);
    const std::string request =
        "GET " + to.path + " HTTP/1.1\r\nHost: " + to.authority + "\r\n" + headers + "\r\n";
    HttpReply reply;
    for (bool reused = kept.fd >= 0;; reused = false) {
        if (!reused && !connect_to(to.host, to.port, kept)) {
            kept.shut();
            return reply;
        }
        reply = exchange(kept, request, Clock::now() + std::chrono::milliseconds(timeout_ms));
        if (reply.status == 0) kept.shut();
        if (reply.status != 0 || reply.timed_out || !reused) return reply;
    }
}

// The URL must be allowed, as in the terminal's options.
int WebRequest(const string &method, const string &url, const string &headers, int timeout_ms,
               const MqlArray<char> &body, MqlArray<char> &reply, string &reply_headers) {
    const std::string target = url.utf8();
    const auto &allowed = settings().allowed_urls;
    if (std::none_of(allowed.begin(), allowed.end(), [&](const std::string &prefix) {
            return target.compare(0, prefix.size(), prefix) == 0;
        })) {
        set_error(ERR_FUNCTION_NOT_ALLOWED);
        return -1;
    }
    const HttpReply answer = http_call(method.utf8(), target, headers.utf8(),
                                       std::string(body.items.begin(), body.items.end()), timeout_ms);
    if (answer.status == 0) {
        set_error(answer.timed_out ? ERR_WEBREQUEST_TIMEOUT : ERR_WEBREQUEST_REQUEST_FAILED);
        return -1;
    }
    reply.items.assign(answer.body.begin(), answer.body.end());
    reply_headers = string::from_utf8(answer.headers);
    return answer.status;
}
