// A reader of the broker's answers: every scalar stays the text it was.
#include <cstdlib>
#include <stdexcept>

#include "host.hpp"

namespace {

struct Reader {
    const std::string &text;
    size_t at = 0;

    void blanks() {
        while (at < text.size() && isspace(static_cast<unsigned char>(text[at]))) at++;
    }
    char peek() {
        blanks();
        if (at >= text.size()) throw std::runtime_error("JSON ends too soon");
        return text[at];
    }
    bool take(char c) {
        if (peek() != c) return false;
        at++;
        return true;
    }
    std::string quoted() {
        std::string out;
        at++;
        while (at < text.size() && text[at] != '"') {
            if (text[at] != '\\') {
                out += text[at++];
                continue;
            }
            const char c = text[at + 1];
            at += 2;
            if (c == 'u') {
                out += string(std::u16string(
                                  1, static_cast<char16_t>(std::stoul(text.substr(at, 4), nullptr, 16))))
                           .utf8();
                at += 4;
            } else {
                out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
            }
        }
        at++;
        return out;
    }
    Json value() {
        Json out;
        const char first = peek();
        if (first == '"') {
            out.kind = Json::SCALAR;
            out.text = quoted();
            return out;
        }
        if (first == '{' || first == '[') {
            out.kind = first == '{' ? Json::OBJECT : Json::ARRAY;
            const char last = first == '{' ? '}' : ']';
            at++;
            while (!take(last)) {
                std::string key;
                if (out.kind == Json::OBJECT) {
                    peek();
                    key = quoted();
                    take(':');
                }
                out.items.emplace_back(key, value());
                take(',');
            }
            return out;
        }
        while (at < text.size() && !ends_scalar(text[at])) out.text += text[at++];
        out.kind = out.text == "null" ? Json::NONE : Json::SCALAR;
        return out;
    }
    static bool ends_scalar(char c) {
        return c == ',' || c == '}' || c == ']' || isspace(static_cast<unsigned char>(c));
    }
};

}  // namespace

const Json &Json::operator[](const std::string &key) const {
    static const Json none;
    for (const auto &item : items)
        if (item.first == key) return item.second;
    return none;
}

long Json::whole() const {
    return text == "true" ? 1 : strtol(text.c_str(), nullptr, 10);
}
double Json::real() const {
    return strtod(text.c_str(), nullptr);
}

Json parse_json(const std::string &text) {
    return Reader{text}.value();
}

std::string json_text(const std::string &text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}
