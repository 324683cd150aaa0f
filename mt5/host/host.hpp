// What the parts of the host know of each other. None of it can be reached from MQL5.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "mql5.hpp"

struct HostSettings {
    std::string directory = ".";
    std::string broker_url;
    std::string broker_key;
    std::string account = "1001";
    std::vector<std::string> allowed_urls;
    long broker_offset_s = 0;
    int broker_timeout_ms = 5000;
    std::string sends_file;
};
HostSettings &settings();
void set_error(int code);
double unix_now_s();

enum class Crash { NEVER, BEFORE_SEND, AFTER_SEND };

// What the next OrderSend shall meet; `retcode` 0 stands for nothing special.
struct Trouble {
    Crash crash = Crash::NEVER;
    uint retcode = 0;
    bool after_send = false;
};
Trouble &trouble();
bool &algo_trading();
void between_handlers();
bool next_transaction(MqlTradeTransaction &transaction);

struct HttpReply {
    int status = 0;  // 0: no whole answer
    bool timed_out = false;
    std::string headers;
    std::string body;
};
HttpReply http_call(const std::string &method, const std::string &url, const std::string &headers,
                    const std::string &body, int timeout_ms);
HttpReply http_query(const std::string &url, const std::string &headers, int timeout_ms);

struct Json {
    enum Kind { NONE, SCALAR, ARRAY, OBJECT } kind = NONE;
    std::string text;
    std::vector<std::pair<std::string, Json>> items;
    const Json &operator[](const std::string &key) const;
    long whole() const;
    double real() const;
};
Json parse_json(const std::string &text);
std::string json_text(const std::string &text);
