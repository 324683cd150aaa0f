// Text, numbers and formats: pure functions.
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "mql5.hpp"

string::string(const char *utf8) {
    *this = from_utf8(utf8 ? utf8 : "");
}

string string::from_utf8(const std::string &text) {
    string out;
    for (size_t i = 0; i < text.size();) {
        const uchar lead = text[i++];
        const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
        uint code = more ? lead & (0x3F >> more) : lead;
        for (int k = 0; k < more && i < text.size(); k++) code = code << 6 | (text[i++] & 0x3F);
        if (code >= 0x10000) {
            out.units += static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10));
            out.units += static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FF));
        } else {
            out.units += static_cast<char16_t>(code);
        }
    }
    return out;
}

std::string string::utf8() const {
    std::string out;
    for (size_t i = 0; i < units.size(); i++) {
        uint code = units[i];
        if (code >= 0xD800 && code < 0xDC00 && i + 1 < units.size())
            code = 0x10000 + ((code - 0xD800) << 10) + (units[++i] - 0xDC00);
        if (code < 0x80) {
            out += static_cast<char>(code);
            continue;
        }
        const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        out += static_cast<char>((0xFF00 >> (more + 1) & 0xFF) | code >> 6 * more);
        for (int k = more - 1; k >= 0; k--) out += static_cast<char>(0x80 | (code >> 6 * k & 0x3F));
    }
    return out;
}

static std::string printed(const char *format, ...) {
    char buffer[512];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    return std::string(buffer, std::min<int>(size, sizeof buffer - 1));
}

static std::string one_argument(const std::string &spec, char letter, const MqlArgument &value) {
    const bool is_text = value.kind == MqlArgument::TEXT, is_real = value.kind == MqlArgument::REAL;
    if (letter == 's' && is_text) return value.text;
    if (strchr("dux", letter) && !is_text && !is_real)
        return printed((spec + "l" + letter).c_str(),
                       value.kind == MqlArgument::NATURAL ? static_cast<long>(value.natural) : value.whole);
    if (strchr("fg", letter) && is_real) return printed((spec + letter).c_str(), value.real);
    throw std::runtime_error(std::string("format: %") + letter + " does not fit its argument");
}

std::string mql_format(const std::string &format, const std::vector<MqlArgument> &arguments) {
    std::string out;
    size_t next = 0;
    for (size_t i = 0; i < format.size(); i++) {
        if (format[i] != '%') {
            out += format[i];
            continue;
        }
        std::string spec = "%";
        while (++i < format.size() && strchr("-+ #0123456789.", format[i])) spec += format[i];
        if (i < format.size() && format[i] == '%') {
            out += '%';
            continue;
        }
        if (next >= arguments.size() || i >= format.size())
            throw std::runtime_error("format: too few arguments for " + format);
        out += one_argument(spec, format[i], arguments[next++]);
    }
    if (next != arguments.size()) throw std::runtime_error("format: too many arguments for " + format);
    return out;
}

string IntegerToString(long value) {
    return string::from_utf8(std::to_string(value));
}
string DoubleToString(double value, int digits) {
    return string::from_utf8(printed("%.*f", digits, value));
}

string TimeToString(datetime value, int mode) {
    const time_t seconds = value.seconds;
    tm parts;
    gmtime_r(&seconds, &parts);
    char buffer[32];
    const char *format = mode & TIME_SECONDS   ? "%Y.%m.%d %H:%M:%S"
                         : mode & TIME_MINUTES ? "%Y.%m.%d %H:%M"
                                               : "%Y.%m.%d";
    strftime(buffer, sizeof buffer, format, &parts);
    return string(buffer);
}

datetime mql_date(const char *text) {
    tm parts = {};
    if (sscanf(text, "%d.%d.%d %d:%d:%d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
               &parts.tm_min, &parts.tm_sec) < 3)
        return datetime(0);
    parts.tm_year -= 1900;
    parts.tm_mon--;
    return datetime(timegm(&parts));
}

datetime StringToTime(const string &text) {
    return mql_date(text.utf8().c_str());
}
long StringToInteger(const string &text) {
    return strtol(text.utf8().c_str(), nullptr, 10);
}
double StringToDouble(const string &text) {
    return strtod(text.utf8().c_str(), nullptr);
}
int StringLen(const string &text) {
    return static_cast<int>(text.units.size());
}

int StringFind(const string &text, const string &part, int from) {
    const size_t at = text.units.find(part.units, from);
    return at == std::u16string::npos ? -1 : static_cast<int>(at);
}

string StringSubstr(const string &text, int from, int length) {
    if (from < 0 || from >= StringLen(text)) return string();
    return string(text.units.substr(from, length < 0 ? std::u16string::npos : length));
}

ushort StringGetCharacter(const string &text, int at) {
    if (at < 0 || at >= StringLen(text))
        throw std::out_of_range("StringGetCharacter: " + std::to_string(at) + " of " +
                                std::to_string(StringLen(text)));
    return text.units[at];
}

string ShortToString(ushort unit) {
    return string(std::u16string(1, unit));
}

int StringReplace(string &text, const string &from, const string &to) {
    int count = 0;
    for (size_t at = 0; (at = text.units.find(from.units, at)) != std::u16string::npos;
         at += to.units.size(), count++)
        text.units.replace(at, from.units.size(), to.units);
    return count;
}

int StringSplit(const string &text, ushort separator, MqlArray<string> &parts) {
    parts.items.assign(1, string());
    for (const char16_t unit : text.units) {
        if (unit == separator)
            parts.items.emplace_back();
        else
            parts.items.back().units += unit;
    }
    if (text.units.empty()) parts.items.clear();
    return ArraySize(parts);
}

static bool is_blank(char16_t unit) {
    return unit == ' ' || unit == '\t' || unit == '\r' || unit == '\n';
}

int StringTrimLeft(string &text) {
    size_t count = 0;
    while (count < text.units.size() && is_blank(text.units[count])) count++;
    text.units.erase(0, count);
    return static_cast<int>(count);
}

int StringTrimRight(string &text) {
    int count = 0;
    while (!text.units.empty() && is_blank(text.units.back())) {
        text.units.pop_back();
        count++;
    }
    return count;
}

bool StringToLower(string &text) {
    for (char16_t &unit : text.units)
        if (unit >= 'A' && unit <= 'Z') unit += 32;
    return true;
}

int StringToCharArray(const string &text, MqlArray<uchar> &bytes, int from, int count, uint codepage) {
    if (from != 0 || count != WHOLE_ARRAY || codepage != CP_UTF8)
        throw std::runtime_error("StringToCharArray: only the whole text, as UTF-8");
    const std::string utf8 = text.utf8();
    bytes.items.assign(utf8.begin(), utf8.end());
    bytes.items.push_back(0);
    return ArraySize(bytes);
}

string CharArrayToString(const MqlArray<uchar> &bytes, int from, int count, uint codepage) {
    if (from != 0 || count != WHOLE_ARRAY || codepage != CP_UTF8)
        throw std::runtime_error("CharArrayToString: only the whole text, as UTF-8");
    std::string utf8(bytes.items.begin(), bytes.items.end());
    return string::from_utf8(utf8.substr(0, utf8.find('\0')));
}

double NormalizeDouble(double value, int digits) {
    const double scale = std::pow(10.0, digits);
    return std::round(value * scale) / scale;
}

int MathRand() {
    return std::rand() & 0x7FFF;
}
void MathSrand(int seed) {
    std::srand(seed);
}
