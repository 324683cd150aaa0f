// A small HTTP/1.1 client over plain sockets, one connection a call, and WebRequest on top of it.
#include <netdb.h>
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
    ~Socket() {
        if (fd >= 0) close(fd);
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

}  // namespace

HttpReply http_call(const std::string &method, const std::string &url, const std::string &headers,
                    const std::string &body, int timeout_ms) {
    HttpReply reply;
    if (url.compare(0, 7, "http://") != 0) return reply;
    const size_t slash = std::min(url.find('/', 7), url.size());
    const std::string authority = url.substr(7, slash - 7),
                      path = slash < url.size() ? url.substr(slash) : "/";
    const size_t colon = authority.find(':');
    Socket connection;
    if (!connect_to(authority.substr(0, colon),
                    colon == std::string::npos ? "80" : authority.substr(colon + 1), connection))
        return reply;
    const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
    const std::string request = method + " " + path + " HTTP/1.1\r\nHost: " + authority +
                                "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                                "\r\n" + headers + "\r\n" + body;
    for (size_t sent = 0; sent < request.size();) {
        const ssize_t count =
            ready(connection.fd, POLLOUT, deadline)
                ? send(connection.fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL)
                : -1;
        if (count <= 0) return reply;
        sent += count;
    }
    if (!receive(connection.fd, deadline, reply)) reply.status = 0;
    return reply;
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
