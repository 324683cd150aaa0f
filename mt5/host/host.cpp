// The program around the expert: settings, clocks, the event loop, and a line of orders from whoever runs it.
//
// usage: host --broker URL --key KEY [--directory D] [--account N] [--allow URL]... [--offset SECONDS]
// [--broker-timeout MS] [--sends FILE] [INPUT=VALUE]... FILE gets a line for each call of OrderSend, its magic and
// the moment in Unix microseconds. Lines on stdin: crash before|after, retcode CODE, lose CODE, algo on|off, quit.
// Handlers never nest: what happens during one waits until it has returned, as in a terminal.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <sstream>

#include "host.hpp"

namespace {

HostSettings the_settings;
int last_error = 0, timer_ms = 0;
bool removed = false;
volatile sig_atomic_t stopped = 0;

const auto started_at = std::chrono::steady_clock::now();

long elapsed_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 started_at)
        .count();
}

void deliver_transactions() {
    MqlTradeTransaction transaction;
    while (next_transaction(transaction))
        OnTradeTransaction(transaction, MqlTradeRequest(), MqlTradeResult());
}

void obey(const std::string &line) {
    std::istringstream in(line);
    std::string word, argument;
    in >> word;
    if (word == "quit") removed = true;
    if (word == "crash") {
        in >> argument;
        trouble().crash = argument == "before" ? Crash::BEFORE_SEND : Crash::AFTER_SEND;
    }
    if (word == "retcode" || word == "lose") {
        in >> trouble().retcode;
        trouble().after_send = word == "lose";
    }
    if (word == "algo") {
        in >> argument;
        algo_trading() = argument == "on";
    }
    std::cout << "obeyed " << line << std::endl;
}

// Reads what has come in; without anybody at the other end there is no reason to go on.
void listen(int wait_ms) {
    static std::string pending;
    char buffer[4096];
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    if (poll(&waiting, 1, wait_ms) <= 0) return;
    const ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
    if (count <= 0) {
        removed = true;
        return;
    }
    pending.append(buffer, count);
    for (size_t end; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1))
        obey(pending.substr(0, end));
}

void run_events() {
    long due_us = elapsed_us() + timer_ms * 1000L;
    while (!removed && !stopped) {
        listen(static_cast<int>(std::max(0L, (due_us - elapsed_us()) / 1000)));
        if (timer_ms == 0 || elapsed_us() < due_us) continue;
        // Timer events do not pile up: one that comes while the last is served is lost.
        due_us = std::max(due_us + timer_ms * 1000L, elapsed_us());
        between_handlers();
        OnTimer();
        deliver_transactions();
    }
}

bool take_argument(const std::string &name, const std::string &value) {
    if (name == "--broker")
        the_settings.broker_url = value;
    else if (name == "--key")
        the_settings.broker_key = value;
    else if (name == "--directory")
        the_settings.directory = value;
    else if (name == "--account")
        the_settings.account = value;
    else if (name == "--allow")
        the_settings.allowed_urls.push_back(value);
    else if (name == "--offset")
        the_settings.broker_offset_s = std::stol(value);
    else if (name == "--broker-timeout")
        the_settings.broker_timeout_ms = std::stoi(value);
    else if (name == "--sends")
        the_settings.sends_file = value;
    else
        return false;
    return true;
}

bool take_arguments(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        const std::string text = arguments[i];
        const size_t equals = text.find('=');
        const auto input = MqlInput::all().find(text.substr(0, equals));
        if (input != MqlInput::all().end() && equals != std::string::npos)
            input->second(text.substr(equals + 1));
        else if (i + 1 >= count || !take_argument(text, arguments[++i])) {
            std::cerr << "not understood: " << text << "\n";
            return false;
        }
    }
    return true;
}

int run() {
    between_handlers();
    const int code = OnInit();
    std::cout << "init " << code << std::endl;
    if (code == INIT_SUCCEEDED) run_events();
    between_handlers();
    OnDeinit(0);
    std::cout << "ended" << std::endl;
    return code == INIT_SUCCEEDED ? 0 : 3;
}

}  // namespace

HostSettings &settings() {
    return the_settings;
}
void set_error(int code) {
    last_error = code;
}
double unix_now_s() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::map<std::string, MqlInput::Setter> &MqlInput::all() {
    static std::map<std::string, Setter> inputs;
    return inputs;
}

void mql_print(const std::string &text) {
    std::cout << "print " << text << std::endl;
}
int GetLastError() {
    return last_error;
}
void ResetLastError() {
    last_error = 0;
}
datetime TimeGMT() {
    return datetime(static_cast<long>(unix_now_s()));
}
datetime TimeTradeServer() {
    return datetime(static_cast<long>(unix_now_s()) + the_settings.broker_offset_s);
}
ulong GetMicrosecondCount() {
    return static_cast<ulong>(elapsed_us());
}
// Counts from the machine's start, as on Windows, so it is never near zero.
ulong GetTickCount64() {
    return static_cast<ulong>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::steady_clock::now().time_since_epoch())
                                  .count());
}
uint GetTickCount() {
    return static_cast<uint>(GetTickCount64());
}
void Sleep(int ms) {
    usleep(static_cast<useconds_t>(ms) * 1000);
}
bool IsStopped() {
    return removed || stopped;
}
bool EventSetMillisecondTimer(int ms) {
    timer_ms = ms;
    return ms > 0;
}
void EventKillTimer() {
    timer_ms = 0;
}
void ExpertRemove() {
    removed = true;
}

int main(int count, char **arguments) {
    signal(SIGTERM, [](int) { stopped = 1; });
    signal(SIGPIPE, SIG_IGN);
    try {
        return take_arguments(count, arguments) ? run() : 2;
    } catch (const std::exception &error) {
        std::cout << "critical " << error.what() << std::endl;
        return 4;
    }
}
