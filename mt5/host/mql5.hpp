// The MQL5 built-ins that the expert uses, for a host on Linux. Formats must fit their arguments.
#pragma once
#include <functional>
#include <map>

#include "mql5_words.hpp"

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
bool FileMove(const string &from, int common, const string &to, int flags);
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
