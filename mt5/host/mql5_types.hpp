// MQL5's text, moments and arrays. Stricter than MetaTrader where that differs: arrays are checked, and text and
// numbers do not mix in silence.
#pragma once
#include <climits>
#include <cmath>
#include <cstdint>
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
