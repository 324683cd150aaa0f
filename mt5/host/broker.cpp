// The terminal's trade functions, in front of the MT5-like paper broker: another process, with a ledger of
// its own.
//
// As in a terminal, lists are a mirror of what the server said last. While the server cannot be reached they
// stand still, and only TERMINAL_CONNECTED tells: a program that takes them for the truth then is wrong here,
// too.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <deque>
#include <unordered_map>

#include "host.hpp"

namespace {

// What a terminal is told without asking is asked for here, but not at every look at it.
constexpr double FRESH_S = 0.02;

using ByTicket = std::unordered_map<ulong, const Json *>;

Json orders, positions, history_orders, history_deals, symbols, account, terminal;
ByTicket orders_by_ticket, deals_by_ticket;
const Json *selected_order = nullptr, *selected_position = nullptr;
std::deque<MqlTradeTransaction> transactions;
double symbols_read_at = 0, account_read_at = 0, terminal_read_at = 0;
bool connected = true, algo = true;
Trouble next_trouble;

std::string headers() {
    return "Authorization: Bearer " + settings().broker_key + "\r\nContent-Type: application/json\r\n";
}

// Asks the server. What was lost once stays lost for this handler: a terminal needs time to catch up again.
bool ask(const std::string &path, Json &mirror) {
    if (!connected) return false;
    const HttpReply reply =
        http_query(settings().broker_url + "/mt5/" + path, headers(), settings().broker_timeout_ms);
    connected = reply.status == 200;
    if (connected) mirror = parse_json(reply.body);
    return connected;
}

void refresh(const char *path, Json &mirror, double &read_at) {
    if (unix_now_s() - read_at > FRESH_S && ask(path, mirror)) read_at = unix_now_s();
}

const Json &symbol_row(const string &symbol) {
    static const Json none;
    refresh("symbol_info", symbols, symbols_read_at);
    const std::string name = symbol.utf8();
    for (const auto &item : symbols.items)
        if (item.second["name"].text == name) return item.second;
    set_error(ERR_MARKET_UNKNOWN_SYMBOL);
    return none;
}

const Json &account_row() {
    refresh("account_info", account, account_read_at);
    return account;
}

const Json *row_at(const Json &list, int index) {
    return index >= 0 && index < static_cast<int>(list.items.size()) ? &list.items[index].second : nullptr;
}

ByTicket index_of(const Json &list) {
    ByTicket found;
    for (const auto &item : list.items)
        found.emplace(static_cast<ulong>(item.second["ticket"].whole()), &item.second);
    return found;
}

const Json &by_ticket(const ByTicket &index, ulong ticket) {
    static const Json none;
    const auto found = index.find(ticket);
    return found == index.end() ? none : *found->second;
}

long broker_ms(long utc_ms) {
    return utc_ms + settings().broker_offset_s * 1000;
}

// Times by the broker's clock; one of zero is none.
long shown(long value, ENUM_ORDER_PROPERTY_INTEGER p) {
    return p == ORDER_TIME_EXPIRATION && value ? value + settings().broker_offset_s : value;
}

const char *name_of(ENUM_ORDER_PROPERTY_INTEGER p) {
    static const char *names[] = {"state", "magic", "reason", "type_time", "time_expiration"};
    return names[p];
}
const char *name_of(ENUM_ORDER_PROPERTY_DOUBLE p) {
    return p == ORDER_PRICE_OPEN ? "price_open" : p == ORDER_SL ? "sl" : "tp";
}
const char *name_of(ENUM_ORDER_PROPERTY_STRING p) {
    return p == ORDER_SYMBOL ? "symbol" : "comment";
}
const char *name_of(ENUM_DEAL_PROPERTY_INTEGER p) {
    static const char *names[] = {"order", "type", "entry", "reason", "position_id", "magic", "time_msc"};
    return names[p];
}
const char *name_of(ENUM_DEAL_PROPERTY_DOUBLE p) {
    static const char *names[] = {"volume", "price", "commission", "swap", "fee", "profit"};
    return names[p];
}
const char *name_of(ENUM_DEAL_PROPERTY_STRING p) {
    return p == DEAL_SYMBOL ? "symbol" : "comment";
}
const char *name_of(ENUM_POSITION_PROPERTY_INTEGER p) {
    static const char *names[] = {"identifier", "type", "magic", "time_msc"};
    return names[p];
}
const char *name_of(ENUM_POSITION_PROPERTY_DOUBLE p) {
    static const char *names[] = {"volume", "price_open", "sl", "tp"};
    return names[p];
}
const char *name_of(ENUM_POSITION_PROPERTY_STRING p) {
    return p == POSITION_SYMBOL ? "symbol" : "comment";
}

string text_of(const Json &row, const char *name) {
    return string::from_utf8(row[name].text);
}

std::string decimal(double value) {
    char buffer[64];
    snprintf(buffer, sizeof buffer, "\"%.12g\"", value);
    return buffer;
}

std::string request_json(const MqlTradeRequest &q) {
    return "{\"action\":" + std::to_string(q.action) + ",\"symbol\":" + json_text(q.symbol.utf8()) +
           ",\"type\":" + std::to_string(q.type) + ",\"type_filling\":" + std::to_string(q.type_filling) +
           ",\"type_time\":" + std::to_string(q.type_time) + ",\"expiration\":" +
           std::to_string(q.expiration.seconds ? q.expiration.seconds - settings().broker_offset_s : 0) +
           ",\"volume\":" + decimal(q.volume) +
           ",\"price\":" + decimal(q.price) + ",\"stoplimit\":" + decimal(q.stoplimit) +
           ",\"sl\":" + decimal(q.sl) + ",\"tp\":" + decimal(q.tp) +
           ",\"deviation\":" + std::to_string(q.deviation) +
           ",\"magic\":" + json_text(std::to_string(q.magic)) + ",\"order\":" + std::to_string(q.order) +
           ",\"position\":" + std::to_string(q.position) + ",\"comment\":" + json_text(q.comment.utf8()) +
           "}";
}

// What a terminal refuses by itself: the algo button, and a filling that the symbol's flags do not allow.
uint refused_here(const MqlTradeRequest &q) {
    if (!algo) return TRADE_RETCODE_CLIENT_DISABLES_AT;
    if (q.action != TRADE_ACTION_DEAL) return 0;
    const Json &row = symbol_row(q.symbol);
    const long flags = row["filling_mode"].whole();
    const bool by_market = row["trade_exemode"].whole() == SYMBOL_TRADE_EXECUTION_MARKET;
    const bool allowed = q.type_filling == ORDER_FILLING_FOK ? flags & 1
                         : q.type_filling == ORDER_FILLING_IOC
                             ? flags & 2
                             : q.type_filling == ORDER_FILLING_RETURN && !by_market;
    return allowed ? 0 : TRADE_RETCODE_INVALID_FILL;
}

void read_result(const Json &row, MqlTradeResult &r) {
    r.retcode = static_cast<uint>(row["retcode"].whole());
    r.deal = static_cast<ulong>(row["deal"].whole());
    r.order = static_cast<ulong>(row["order"].whole());
    r.volume = row["volume"].real();
    r.price = row["price"].real();
    r.bid = row["bid"].real();
    r.ask = row["ask"].real();
    r.comment = text_of(row, "comment");
}

void queue_transaction(const MqlTradeRequest &q, const MqlTradeResult &r) {
    MqlTradeTransaction t = {};
    t.type = r.deal ? TRADE_TRANSACTION_DEAL_ADD : TRADE_TRANSACTION_ORDER_UPDATE;
    t.deal = r.deal;
    t.order = r.order;
    t.symbol = q.symbol;
    t.order_type = q.type;
    t.price = r.price;
    t.volume = r.volume;
    transactions.push_back(t);
}

// When OrderSend was called, for whoever measures how long it took to come to that.
void note_send(const MqlTradeRequest &q) {
    if (settings().sends_file.empty()) return;
    static FILE *file = fopen(settings().sends_file.c_str(), "a");
    if (!file) throw std::runtime_error("cannot write " + settings().sends_file);
    fprintf(file, "%llu %.0f\n", static_cast<unsigned long long>(q.magic), unix_now_s() * 1e6);
    fflush(file);
}

bool answered(MqlTradeResult &r, uint retcode) {
    r.retcode = retcode;
    const bool done = retcode == TRADE_RETCODE_DONE || retcode == TRADE_RETCODE_DONE_PARTIAL ||
                      retcode == TRADE_RETCODE_PLACED;
    if (!done) set_error(ERR_TRADE_SEND_FAILED);
    return done;
}

}  // namespace

Trouble &trouble() {
    return next_trouble;
}
bool &algo_trading() {
    return algo;
}

// Between two handlers the terminal gets its chance to be connected again.
void between_handlers() {
    connected = true;
}

bool next_transaction(MqlTradeTransaction &transaction) {
    if (transactions.empty()) return false;
    transaction = transactions.front();
    transactions.pop_front();
    return true;
}

bool OrderSend(const MqlTradeRequest &request, MqlTradeResult &result) {
    note_send(request);
    result = MqlTradeResult();
    const Trouble now = next_trouble;
    next_trouble = Trouble();
    if (now.crash == Crash::BEFORE_SEND) _exit(9);
    if (const uint retcode = refused_here(request)) return answered(result, retcode);
    if (now.retcode && !now.after_send) return answered(result, now.retcode);
    const HttpReply reply = http_call("POST", settings().broker_url + "/mt5/order_send", headers(),
                                      request_json(request), settings().broker_timeout_ms);
    if (now.crash == Crash::AFTER_SEND) _exit(9);
    if (reply.status != 200)
        return answered(result, reply.timed_out ? TRADE_RETCODE_TIMEOUT : TRADE_RETCODE_CONNECTION);
    read_result(parse_json(reply.body), result);
    queue_transaction(request, result);
    if (now.retcode) {
        result = MqlTradeResult();
        return answered(result, now.retcode);
    }
    return answered(result, result.retcode);
}

int OrdersTotal() {
    ask("orders", orders);
    return static_cast<int>(orders.items.size());
}
ulong OrderGetTicket(int index) {
    selected_order = row_at(orders, index);
    return selected_order ? static_cast<ulong>((*selected_order)["ticket"].whole()) : 0;
}
long OrderGetInteger(ENUM_ORDER_PROPERTY_INTEGER p) {
    return selected_order ? shown((*selected_order)[name_of(p)].whole(), p) : 0;
}
double OrderGetDouble(ENUM_ORDER_PROPERTY_DOUBLE p) {
    return selected_order ? (*selected_order)[name_of(p)].real() : 0;
}
string OrderGetString(ENUM_ORDER_PROPERTY_STRING p) {
    return selected_order ? text_of(*selected_order, name_of(p)) : string();
}

int PositionsTotal() {
    ask("positions", positions);
    return static_cast<int>(positions.items.size());
}
ulong PositionGetTicket(int index) {
    selected_position = row_at(positions, index);
    return selected_position ? static_cast<ulong>((*selected_position)["ticket"].whole()) : 0;
}
long PositionGetInteger(ENUM_POSITION_PROPERTY_INTEGER p) {
    const long value = selected_position ? (*selected_position)[name_of(p)].whole() : 0;
    return p == POSITION_TIME_MSC && value ? broker_ms(value) : value;
}
double PositionGetDouble(ENUM_POSITION_PROPERTY_DOUBLE p) {
    return selected_position ? (*selected_position)[name_of(p)].real() : 0;
}
string PositionGetString(ENUM_POSITION_PROPERTY_STRING p) {
    return selected_position ? text_of(*selected_position, name_of(p)) : string();
}

// True while the server is away, too, with what was known before: so does a terminal.
bool HistorySelect(datetime from, datetime to) {
    const long offset_s = settings().broker_offset_s;
    const std::string window = "?from=" + std::to_string(std::max(0L, (from.seconds - offset_s) * 1000)) +
                               "&to=" + std::to_string((to.seconds - offset_s) * 1000);
    ask("history_orders" + window, history_orders);
    ask("history_deals" + window, history_deals);
    orders_by_ticket = index_of(history_orders);
    deals_by_ticket = index_of(history_deals);
    return true;
}
int HistoryOrdersTotal() {
    return static_cast<int>(history_orders.items.size());
}
ulong HistoryOrderGetTicket(int index) {
    return row_at(history_orders, index)
               ? static_cast<ulong>((*row_at(history_orders, index))["ticket"].whole())
               : 0;
}
long HistoryOrderGetInteger(ulong ticket, ENUM_ORDER_PROPERTY_INTEGER p) {
    return shown(by_ticket(orders_by_ticket, ticket)[name_of(p)].whole(), p);
}
double HistoryOrderGetDouble(ulong ticket, ENUM_ORDER_PROPERTY_DOUBLE p) {
    return by_ticket(orders_by_ticket, ticket)[name_of(p)].real();
}
string HistoryOrderGetString(ulong ticket, ENUM_ORDER_PROPERTY_STRING p) {
    return text_of(by_ticket(orders_by_ticket, ticket), name_of(p));
}
int HistoryDealsTotal() {
    return static_cast<int>(history_deals.items.size());
}
ulong HistoryDealGetTicket(int index) {
    return row_at(history_deals, index)
               ? static_cast<ulong>((*row_at(history_deals, index))["ticket"].whole())
               : 0;
}
long HistoryDealGetInteger(ulong ticket, ENUM_DEAL_PROPERTY_INTEGER p) {
    const long value = by_ticket(deals_by_ticket, ticket)[name_of(p)].whole();
    return p == DEAL_TIME_MSC ? broker_ms(value) : value;
}
double HistoryDealGetDouble(ulong ticket, ENUM_DEAL_PROPERTY_DOUBLE p) {
    return by_ticket(deals_by_ticket, ticket)[name_of(p)].real();
}
string HistoryDealGetString(ulong ticket, ENUM_DEAL_PROPERTY_STRING p) {
    return text_of(by_ticket(deals_by_ticket, ticket), name_of(p));
}

long TerminalInfoInteger(ENUM_TERMINAL_INFO_INTEGER property) {
    switch (property) {
        case TERMINAL_CONNECTED:
            refresh("terminal_info", terminal, terminal_read_at);
            return connected && terminal["connected"].whole();
        case TERMINAL_TRADE_ALLOWED:
            return algo;
        case TERMINAL_BUILD:
            return 5000;
        default:
            return 1000;
    }
}
long MQLInfoInteger(ENUM_MQL_INFO_INTEGER) {
    return 1;
}

long AccountInfoInteger(ENUM_ACCOUNT_INFO_INTEGER property) {
    switch (property) {
        case ACCOUNT_LOGIN:
            return std::stol(settings().account);
        case ACCOUNT_MARGIN_MODE:
            return account_row()["margin_mode"].whole();
        case ACCOUNT_TRADE_ALLOWED:
            return account_row()["trade_allowed"].whole();
        case ACCOUNT_LEVERAGE:
            return static_cast<long>(account_row()["leverage"].real());
        case ACCOUNT_FIFO_CLOSE:
            return account_row()["fifo_close"].whole();
        default:
            return account_row()["trade_expert"].whole();
    }
}
double AccountInfoDouble(ENUM_ACCOUNT_INFO_DOUBLE p) {
    return account_row()[p == ACCOUNT_BALANCE  ? "balance"
                         : p == ACCOUNT_EQUITY ? "equity"
                         : p == ACCOUNT_MARGIN ? "margin"
                                               : "margin_free"]
        .real();
}
string AccountInfoString(ENUM_ACCOUNT_INFO_STRING p) {
    return p == ACCOUNT_COMPANY ? string("simulated")
                                : text_of(account_row(), p == ACCOUNT_CURRENCY ? "currency" : "server");
}

int SymbolsTotal(bool) {
    symbol_row(string());
    return static_cast<int>(symbols.items.size());
}
string SymbolName(int index, bool) {
    const Json *row = row_at(symbols, index);
    return row ? text_of(*row, "name") : string();
}
bool SymbolSelect(const string &symbol, bool) {
    return symbol_row(symbol).kind == Json::OBJECT;
}

long SymbolInfoInteger(const string &symbol, ENUM_SYMBOL_INFO_INTEGER p) {
    static const char *names[] = {"trade_stops_level", "trade_freeze_level", "trade_exemode", "trade_mode",
                                  "filling_mode",      "expiration_mode",    "digits",        "trade_calc_mode",
                                  "swap_mode",         "swap_rollover3days"};
    return symbol_row(symbol)[names[p]].whole();
}
double SymbolInfoDouble(const string &symbol, ENUM_SYMBOL_INFO_DOUBLE p) {
    static const char *names[] = {
        "point",         "trade_tick_size", "trade_tick_value", "trade_tick_value_profit", "trade_tick_value_loss",
        "trade_contract_size", "volume_min", "volume_max", "volume_step", "volume_limit",
        "swap_long", "swap_short"};
    return symbol_row(symbol)[names[p]].real();
}
string SymbolInfoString(const string &symbol, ENUM_SYMBOL_INFO_STRING p) {
    static const char *names[] = {"currency_base", "currency_profit", "currency_margin"};
    return text_of(symbol_row(symbol), names[p]);
}

bool SymbolInfoTick(const string &symbol, MqlTick &tick) {
    const Json &row = symbol_row(symbol);
    if (row["time_msc"].whole() == 0) return false;
    tick = MqlTick();
    tick.bid = row["bid"].real();
    tick.ask = row["ask"].real();
    tick.time_msc = broker_ms(row["time_msc"].whole());
    tick.time = datetime(tick.time_msc / 1000);
    return true;
}
