// The MQL5 built-ins that the expert uses, for a host on Linux. Stricter than MetaTrader where that differs:
// arrays are checked, text and numbers do not mix in silence, formats must fit their arguments.
#pragma once
#include <climits>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using uchar = unsigned char;
using ushort = unsigned short;
using uint = unsigned int;
using ulong = unsigned long;
static_assert(sizeof(long) == 8, "MQL5's long has 64 bits");

// UTF-16 inside, as in MQL5.
struct string {
    std::u16string units;
    string() = default;
    string(const char *utf8);
    explicit string(std::u16string text) : units(std::move(text)) {}
    static string from_utf8(const std::string &text);
    std::string utf8() const;
    string &operator+=(const string &other) {
        units += other.units;
        return *this;
    }
};
inline string operator+(const string &a, const string &b) {
    return string(a.units + b.units);
}
inline bool operator==(const string &a, const string &b) {
    return a.units == b.units;
}
inline bool operator!=(const string &a, const string &b) {
    return a.units != b.units;
}
// MQL5 would turn the number into text of its own liking.
template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
string operator+(const string &, T) = delete;
template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
string operator+(T, const string &) = delete;
inline string operator""_s(const char *text, size_t size) {
    return string::from_utf8(std::string(text, size));
}

// A type of its own, so that it can be told from a number.
struct datetime {
    long seconds;
    datetime() = default;
    explicit constexpr datetime(long value) : seconds(value) {}
    constexpr operator long() const { return seconds; }
};
datetime mql_date(const char *text);

// By reference only, resizable, and every access is checked: MQL5 ends the program for one out of range, too.
template <class T>
struct MqlArray {
    std::vector<std::conditional_t<std::is_same_v<T, bool>, char, T>> items;
    MqlArray() = default;
    explicit MqlArray(size_t size) : items(size) {}
    MqlArray(std::initializer_list<T> values) : items(values) {}
    T &operator[](long index) {
        check(index);
        return reinterpret_cast<T &>(items[index]);
    }
    const T &operator[](long index) const {
        check(index);
        return reinterpret_cast<const T &>(items[index]);
    }
    void check(long index) const {
        if (index < 0 || index >= static_cast<long>(items.size()))
            throw std::out_of_range("array out of range: " + std::to_string(index) + " of " +
                                    std::to_string(items.size()));
    }
};
template <class T>
int ArraySize(const MqlArray<T> &array) {
    return static_cast<int>(array.items.size());
}
template <class T>
int ArrayResize(MqlArray<T> &array, int size, int reserve = 0) {
    if (reserve > 0 && size > static_cast<int>(array.items.capacity())) array.items.reserve(size + reserve);
    array.items.resize(size);
    return size;
}
template <class T>
int ArrayCopy(MqlArray<T> &to, const MqlArray<T> &from, int at = 0) {
    const int size = ArraySize(from);
    if (ArraySize(to) < at + size) to.items.resize(at + size);
    for (int i = 0; i < size; i++) to.items[at + i] = from.items[i];
    return size;
}
template <class T>
void ZeroMemory(T &value) {
    value = T();
}

enum { WHOLE_ARRAY = -1, CP_ACP = 0, CP_UTF8 = 65001, INVALID_HANDLE = -1 };
enum { INIT_SUCCEEDED = 0, INIT_FAILED = 1, INIT_PARAMETERS_INCORRECT = 2 };
enum { TIME_DATE = 1, TIME_MINUTES = 2, TIME_SECONDS = 4 };
enum {
    FILE_READ = 1,
    FILE_WRITE = 2,
    FILE_BIN = 4,
    FILE_TXT = 16,
    FILE_ANSI = 32,
    FILE_SHARE_READ = 128,
    FILE_SHARE_WRITE = 256
};
enum { DATABASE_OPEN_READWRITE = 2, DATABASE_OPEN_CREATE = 4 };
enum {
    ERR_FUNCTION_NOT_ALLOWED = 4014,
    ERR_TRADE_SEND_FAILED = 4756,
    ERR_FILE_CANNOT_OPEN = 5004,
    ERR_DATABASE_ERROR = 5601,
    ERR_DATABASE_NO_MORE_DATA = 5126,
    ERR_WEBREQUEST_CONNECT_FAILED = 5201,
    ERR_WEBREQUEST_TIMEOUT = 5202,
    ERR_WEBREQUEST_REQUEST_FAILED = 5203,
    ERR_MARKET_UNKNOWN_SYMBOL = 4301
};
enum ENUM_CRYPT_METHOD { CRYPT_HASH_SHA1, CRYPT_HASH_SHA256 };

enum ENUM_TRADE_REQUEST_ACTIONS {
    TRADE_ACTION_DEAL = 1,
    TRADE_ACTION_PENDING = 5,
    TRADE_ACTION_SLTP,
    TRADE_ACTION_MODIFY,
    TRADE_ACTION_REMOVE,
    TRADE_ACTION_CLOSE_BY = 10
};
enum ENUM_ORDER_TYPE {
    ORDER_TYPE_BUY,
    ORDER_TYPE_SELL,
    ORDER_TYPE_BUY_LIMIT,
    ORDER_TYPE_SELL_LIMIT,
    ORDER_TYPE_BUY_STOP,
    ORDER_TYPE_SELL_STOP,
    ORDER_TYPE_BUY_STOP_LIMIT,
    ORDER_TYPE_SELL_STOP_LIMIT
};
enum ENUM_ORDER_TYPE_FILLING {
    ORDER_FILLING_FOK,
    ORDER_FILLING_IOC,
    ORDER_FILLING_RETURN,
    ORDER_FILLING_BOC
};
enum ENUM_ORDER_TYPE_TIME { ORDER_TIME_GTC, ORDER_TIME_DAY, ORDER_TIME_SPECIFIED, ORDER_TIME_SPECIFIED_DAY };
enum ENUM_ORDER_STATE {
    ORDER_STATE_STARTED,
    ORDER_STATE_PLACED,
    ORDER_STATE_CANCELED,
    ORDER_STATE_PARTIAL,
    ORDER_STATE_FILLED,
    ORDER_STATE_REJECTED,
    ORDER_STATE_EXPIRED
};
enum ENUM_ORDER_REASON {
    ORDER_REASON_CLIENT,
    ORDER_REASON_MOBILE,
    ORDER_REASON_WEB,
    ORDER_REASON_EXPERT,
    ORDER_REASON_SL,
    ORDER_REASON_TP,
    ORDER_REASON_SO
};
enum ENUM_DEAL_TYPE { DEAL_TYPE_BUY, DEAL_TYPE_SELL, DEAL_TYPE_BALANCE };
enum ENUM_DEAL_ENTRY { DEAL_ENTRY_IN, DEAL_ENTRY_OUT, DEAL_ENTRY_INOUT, DEAL_ENTRY_OUT_BY };
enum ENUM_DEAL_REASON {
    DEAL_REASON_CLIENT,
    DEAL_REASON_MOBILE,
    DEAL_REASON_WEB,
    DEAL_REASON_EXPERT,
    DEAL_REASON_SL,
    DEAL_REASON_TP,
    DEAL_REASON_SO
};
enum ENUM_POSITION_TYPE { POSITION_TYPE_BUY, POSITION_TYPE_SELL };
enum ENUM_TRADE_TRANSACTION_TYPE {
    TRADE_TRANSACTION_ORDER_ADD,
    TRADE_TRANSACTION_ORDER_UPDATE,
    TRADE_TRANSACTION_ORDER_DELETE,
    TRADE_TRANSACTION_DEAL_ADD = 6,
    TRADE_TRANSACTION_REQUEST = 10
};
enum {
    SYMBOL_TRADE_EXECUTION_REQUEST,
    SYMBOL_TRADE_EXECUTION_INSTANT,
    SYMBOL_TRADE_EXECUTION_MARKET,
    SYMBOL_TRADE_EXECUTION_EXCHANGE
};
enum {
    SYMBOL_TRADE_MODE_FULL = 4,
    SYMBOL_EXPIRATION_GTC = 1,
    SYMBOL_EXPIRATION_DAY = 2,
    ACCOUNT_MARGIN_MODE_RETAIL_HEDGING = 2
};
enum {
    TRADE_RETCODE_REQUOTE = 10004,
    TRADE_RETCODE_REJECT = 10006,
    TRADE_RETCODE_CANCEL,
    TRADE_RETCODE_PLACED,
    TRADE_RETCODE_DONE,
    TRADE_RETCODE_DONE_PARTIAL,
    TRADE_RETCODE_ERROR,
    TRADE_RETCODE_TIMEOUT,
    TRADE_RETCODE_INVALID,
    TRADE_RETCODE_INVALID_VOLUME,
    TRADE_RETCODE_INVALID_PRICE,
    TRADE_RETCODE_INVALID_STOPS,
    TRADE_RETCODE_TRADE_DISABLED,
    TRADE_RETCODE_MARKET_CLOSED,
    TRADE_RETCODE_NO_MONEY,
    TRADE_RETCODE_PRICE_CHANGED,
    TRADE_RETCODE_PRICE_OFF,
    TRADE_RETCODE_INVALID_EXPIRATION,
    TRADE_RETCODE_ORDER_CHANGED,
    TRADE_RETCODE_TOO_MANY_REQUESTS,
    TRADE_RETCODE_NO_CHANGES,
    TRADE_RETCODE_SERVER_DISABLES_AT,
    TRADE_RETCODE_CLIENT_DISABLES_AT,
    TRADE_RETCODE_LOCKED,
    TRADE_RETCODE_FROZEN,
    TRADE_RETCODE_INVALID_FILL,
    TRADE_RETCODE_CONNECTION,
    TRADE_RETCODE_ONLY_REAL,
    TRADE_RETCODE_LIMIT_ORDERS,
    TRADE_RETCODE_LIMIT_VOLUME,
    TRADE_RETCODE_INVALID_ORDER,
    TRADE_RETCODE_POSITION_CLOSED,
    TRADE_RETCODE_INVALID_CLOSE_VOLUME = 10038,
    TRADE_RETCODE_CLOSE_ORDER_EXIST,
    TRADE_RETCODE_LIMIT_POSITIONS,
    TRADE_RETCODE_REJECT_CANCEL,
    TRADE_RETCODE_LONG_ONLY,
    TRADE_RETCODE_SHORT_ONLY,
    TRADE_RETCODE_CLOSE_ONLY,
    TRADE_RETCODE_FIFO_CLOSE,
    TRADE_RETCODE_HEDGE_PROHIBITED
};
static_assert(TRADE_RETCODE_CONNECTION == 10031 && TRADE_RETCODE_POSITION_CLOSED == 10036 &&
              TRADE_RETCODE_HEDGE_PROHIBITED == 10046);

struct MqlTick {
    datetime time;
    double bid, ask, last;
    ulong volume;
    long time_msc;
    uint flags;
    double volume_real;
};
struct MqlTradeRequest {
    ENUM_TRADE_REQUEST_ACTIONS action;
    ulong magic, order;
    string symbol;
    double volume, price, stoplimit, sl, tp;
    ulong deviation;
    ENUM_ORDER_TYPE type;
    ENUM_ORDER_TYPE_FILLING type_filling;
    ENUM_ORDER_TYPE_TIME type_time;
    datetime expiration;
    string comment;
    ulong position, position_by;
};
struct MqlTradeResult {
    uint retcode;
    ulong deal, order;
    double volume, price, bid, ask;
    string comment;
    uint request_id;
    int retcode_external;
};
struct MqlTradeTransaction {
    ulong deal, order;
    string symbol;
    ENUM_TRADE_TRANSACTION_TYPE type;
    ENUM_ORDER_TYPE order_type;
    double price, volume;
    ulong position;
};

// ---- text
struct MqlArgument {
    enum Kind { WHOLE, NATURAL, REAL, TEXT } kind;
    long whole = 0;
    ulong natural = 0;
    double real = 0;
    std::string text;
    template <class T, class = std::enable_if_t<std::is_integral_v<T> || std::is_enum_v<T>>>
    MqlArgument(T value)
        : kind(std::is_unsigned_v<T> ? NATURAL : WHOLE),
          whole(static_cast<long>(value)),
          natural(static_cast<ulong>(value)) {}
    MqlArgument(double value) : kind(REAL), real(value) {}
    MqlArgument(const string &value) : kind(TEXT), text(value.utf8()) {}
};
std::string mql_format(const std::string &format, const std::vector<MqlArgument> &arguments);
void mql_print(const std::string &text);
template <class... A>
string StringFormat(const string &format, const A &...a) {
    return string::from_utf8(mql_format(format.utf8(), {MqlArgument(a)...}));
}
template <class... A>
void PrintFormat(const string &format, const A &...a) {
    mql_print(mql_format(format.utf8(), {MqlArgument(a)...}));
}
template <class... A>
void Print(const A &...a) {
    std::string line;
    for (const MqlArgument &x : std::vector<MqlArgument>{MqlArgument(a)...})
        line += x.kind == MqlArgument::TEXT ? x.text : std::to_string(x.whole);
    mql_print(line);
}
string IntegerToString(long value);
string DoubleToString(double value, int digits = 8);
string TimeToString(datetime value, int mode = TIME_DATE | TIME_MINUTES);
long StringToInteger(const string &text);
double StringToDouble(const string &text);
datetime StringToTime(const string &text);
int StringLen(const string &text);
int StringFind(const string &text, const string &part, int from = 0);
string StringSubstr(const string &text, int from, int length = -1);
ushort StringGetCharacter(const string &text, int at);
string ShortToString(ushort unit);
int StringReplace(string &text, const string &from, const string &to);
int StringSplit(const string &text, ushort separator, MqlArray<string> &parts);
int StringTrimLeft(string &text);
int StringTrimRight(string &text);
bool StringToLower(string &text);
int StringToCharArray(const string &text, MqlArray<uchar> &bytes, int from, int count, uint codepage);
string CharArrayToString(const MqlArray<uchar> &bytes, int from, int count, uint codepage);

// ---- numbers
double NormalizeDouble(double value, int digits);
template <class A, class B>
auto MathMin(A a, B b) {
    return a < b ? a : b;
}
template <class A, class B>
auto MathMax(A a, B b) {
    return a > b ? a : b;
}
inline double MathAbs(double x) {
    return std::fabs(x);
}
inline double MathRound(double x) {
    return std::round(x);
}
inline double MathFloor(double x) {
    return std::floor(x);
}
int MathRand();
void MathSrand(int seed);
int CryptEncode(ENUM_CRYPT_METHOD method, const MqlArray<uchar> &data, const MqlArray<uchar> &key,
                MqlArray<uchar> &result);

// ---- the program and its clocks
int GetLastError();
void ResetLastError();
datetime TimeGMT();
datetime TimeTradeServer();
uint GetTickCount();
ulong GetTickCount64();
ulong GetMicrosecondCount();
void Sleep(int ms);
bool IsStopped();
bool EventSetMillisecondTimer(int ms);
void EventKillTimer();
void ExpertRemove();

// ---- files and databases, inside the sandbox
int FileOpen(const string &name, int flags);
void FileClose(int file);
void FileFlush(int file);
string FileReadString(int file);
uint FileWriteString(int file, const string &text);
int DatabaseOpen(const string &name, uint flags);
void DatabaseClose(int database);
bool DatabaseExecute(int database, const string &sql);
int DatabasePrepare(int database, const string &sql);
bool DatabaseBind(int statement, int index, const string &value);
bool DatabaseBind(int statement, int index, long value);
bool DatabaseBind(int statement, int index, int value);
bool DatabaseBind(int statement, int index, double value);
bool DatabaseRead(int statement);
void DatabaseFinalize(int statement);
bool DatabaseColumnText(int statement, int column, string &value);
bool DatabaseColumnLong(int statement, int column, long &value);
bool DatabaseColumnDouble(int statement, int column, double &value);
bool DatabaseTransactionBegin(int database);
bool DatabaseTransactionCommit(int database);
bool DatabaseTransactionRollback(int database);

int WebRequest(const string &method, const string &url, const string &headers, int timeout_ms,
               const MqlArray<char> &body, MqlArray<char> &reply, string &reply_headers);

// ---- terminal, account, symbols
enum ENUM_TERMINAL_INFO_INTEGER {
    TERMINAL_BUILD,
    TERMINAL_CONNECTED,
    TERMINAL_TRADE_ALLOWED,
    TERMINAL_PING_LAST
};
enum ENUM_MQL_INFO_INTEGER { MQL_TRADE_ALLOWED };
enum ENUM_ACCOUNT_INFO_INTEGER {
    ACCOUNT_LOGIN,
    ACCOUNT_TRADE_ALLOWED,
    ACCOUNT_TRADE_EXPERT,
    ACCOUNT_MARGIN_MODE
};
enum ENUM_ACCOUNT_INFO_DOUBLE { ACCOUNT_BALANCE, ACCOUNT_EQUITY, ACCOUNT_MARGIN_FREE };
enum ENUM_ACCOUNT_INFO_STRING { ACCOUNT_CURRENCY, ACCOUNT_SERVER, ACCOUNT_COMPANY };
enum ENUM_SYMBOL_INFO_INTEGER {
    SYMBOL_TRADE_STOPS_LEVEL,
    SYMBOL_TRADE_FREEZE_LEVEL,
    SYMBOL_TRADE_EXEMODE,
    SYMBOL_TRADE_MODE,
    SYMBOL_FILLING_MODE,
    SYMBOL_EXPIRATION_MODE
};
enum ENUM_SYMBOL_INFO_DOUBLE {
    SYMBOL_POINT,
    SYMBOL_TRADE_TICK_SIZE,
    SYMBOL_TRADE_TICK_VALUE,
    SYMBOL_TRADE_TICK_VALUE_LOSS,
    SYMBOL_TRADE_CONTRACT_SIZE,
    SYMBOL_VOLUME_MIN,
    SYMBOL_VOLUME_MAX,
    SYMBOL_VOLUME_STEP
};
enum ENUM_SYMBOL_INFO_STRING { SYMBOL_CURRENCY_PROFIT };
long TerminalInfoInteger(ENUM_TERMINAL_INFO_INTEGER property);
long MQLInfoInteger(ENUM_MQL_INFO_INTEGER property);
long AccountInfoInteger(ENUM_ACCOUNT_INFO_INTEGER property);
double AccountInfoDouble(ENUM_ACCOUNT_INFO_DOUBLE property);
string AccountInfoString(ENUM_ACCOUNT_INFO_STRING property);
int SymbolsTotal(bool selected);
string SymbolName(int index, bool selected);
bool SymbolSelect(const string &symbol, bool select);
long SymbolInfoInteger(const string &symbol, ENUM_SYMBOL_INFO_INTEGER property);
double SymbolInfoDouble(const string &symbol, ENUM_SYMBOL_INFO_DOUBLE property);
string SymbolInfoString(const string &symbol, ENUM_SYMBOL_INFO_STRING property);
bool SymbolInfoTick(const string &symbol, MqlTick &tick);

// ---- trade
enum ENUM_ORDER_PROPERTY_INTEGER { ORDER_STATE, ORDER_MAGIC, ORDER_REASON };
enum ENUM_ORDER_PROPERTY_DOUBLE { ORDER_PRICE_OPEN, ORDER_SL, ORDER_TP };
enum ENUM_ORDER_PROPERTY_STRING { ORDER_SYMBOL, ORDER_COMMENT };
enum ENUM_DEAL_PROPERTY_INTEGER {
    DEAL_ORDER,
    DEAL_TYPE,
    DEAL_ENTRY,
    DEAL_REASON,
    DEAL_POSITION_ID,
    DEAL_MAGIC,
    DEAL_TIME_MSC
};
enum ENUM_DEAL_PROPERTY_DOUBLE { DEAL_VOLUME, DEAL_PRICE, DEAL_COMMISSION, DEAL_SWAP, DEAL_FEE, DEAL_PROFIT };
enum ENUM_DEAL_PROPERTY_STRING { DEAL_SYMBOL, DEAL_COMMENT };
enum ENUM_POSITION_PROPERTY_INTEGER { POSITION_IDENTIFIER, POSITION_TYPE, POSITION_MAGIC };
enum ENUM_POSITION_PROPERTY_DOUBLE { POSITION_VOLUME, POSITION_PRICE_OPEN, POSITION_SL, POSITION_TP };
enum ENUM_POSITION_PROPERTY_STRING { POSITION_SYMBOL, POSITION_COMMENT };
bool OrderSend(const MqlTradeRequest &request, MqlTradeResult &result);
int OrdersTotal();
ulong OrderGetTicket(int index);
long OrderGetInteger(ENUM_ORDER_PROPERTY_INTEGER property);
double OrderGetDouble(ENUM_ORDER_PROPERTY_DOUBLE property);
string OrderGetString(ENUM_ORDER_PROPERTY_STRING property);
int PositionsTotal();
ulong PositionGetTicket(int index);
long PositionGetInteger(ENUM_POSITION_PROPERTY_INTEGER property);
double PositionGetDouble(ENUM_POSITION_PROPERTY_DOUBLE property);
string PositionGetString(ENUM_POSITION_PROPERTY_STRING property);
bool HistorySelect(datetime from, datetime to);
int HistoryOrdersTotal();
ulong HistoryOrderGetTicket(int index);
long HistoryOrderGetInteger(ulong ticket, ENUM_ORDER_PROPERTY_INTEGER property);
double HistoryOrderGetDouble(ulong ticket, ENUM_ORDER_PROPERTY_DOUBLE property);
string HistoryOrderGetString(ulong ticket, ENUM_ORDER_PROPERTY_STRING property);
int HistoryDealsTotal();
ulong HistoryDealGetTicket(int index);
long HistoryDealGetInteger(ulong ticket, ENUM_DEAL_PROPERTY_INTEGER property);
double HistoryDealGetDouble(ulong ticket, ENUM_DEAL_PROPERTY_DOUBLE property);
string HistoryDealGetString(ulong ticket, ENUM_DEAL_PROPERTY_STRING property);

// ---- inputs, which the host sets by name
struct MqlInput {
    using Setter = std::function<void(const std::string &)>;
    static std::map<std::string, Setter> &all();
    MqlInput(const char *name, string &value) {
        all()[name] = [&value](const std::string &text) { value = string::from_utf8(text); };
    }
    MqlInput(const char *name, double &value) {
        all()[name] = [&value](const std::string &text) { value = std::stod(text); };
    }
    MqlInput(const char *name, int &value) {
        all()[name] = [&value](const std::string &text) { value = std::stoi(text); };
    }
};

// ---- the expert's handlers
int OnInit();
void OnDeinit(const int reason);
void OnTimer();
void OnTradeTransaction(const MqlTradeTransaction &transaction, const MqlTradeRequest &request,
                        const MqlTradeResult &result);
