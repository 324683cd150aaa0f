// SHA-1 and SHA-256 (FIPS 180-4), as CryptEncode gives them.
#include <cstring>

#include "mql5.hpp"

static uint32_t left(uint32_t x, int n) {
    return x << n | x >> (32 - n);
}
static uint32_t right(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

static std::vector<uchar> padded(const std::vector<uchar> &data) {
    std::vector<uchar> out = data;
    out.push_back(0x80);
    while (out.size() % 64 != 56) out.push_back(0);
    for (int i = 7; i >= 0; i--) out.push_back(static_cast<uint64_t>(data.size()) * 8 >> 8 * i & 0xFF);
    return out;
}

static uint32_t word(const uchar *at) {
    return uint32_t(at[0]) << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static std::vector<uchar> bytes_of(const uint32_t *state, int words) {
    std::vector<uchar> out;
    for (int i = 0; i < words; i++)
        for (int k = 3; k >= 0; k--) out.push_back(state[i] >> 8 * k & 0xFF);
    return out;
}

static std::vector<uchar> sha1(const std::vector<uchar> &data) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    const std::vector<uchar> text = padded(data);
    for (size_t block = 0; block < text.size(); block += 64) {
        uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 16; i++) w[i] = word(&text[block + 4 * i]);
        for (int i = 16; i < 80; i++) w[i] = left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        for (int i = 0; i < 80; i++) {
            const uint32_t f = i < 20              ? (b & c) | (~b & d)
                               : i < 40 || i >= 60 ? b ^ c ^ d
                                                   : (b & c) | (b & d) | (c & d);
            const uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
            const uint32_t next = left(a, 5) + f + e + k + w[i];
            e = d, d = c, c = left(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    return bytes_of(h, 5);
}

// The first 32 bits of the fractional parts of the cube roots of the first primes.
static uint32_t sha256_constant(int index) {
    static uint32_t table[64];
    if (table[0] == 0) {
        for (int prime = 2, found = 0; found < 64; prime++) {
            bool is_prime = true;
            for (int i = 2; i * i <= prime; i++) is_prime = is_prime && prime % i != 0;
            if (!is_prime) continue;
            const long double root = cbrtl(prime);
            table[found++] = static_cast<uint32_t>((root - floorl(root)) * 4294967296.0L);
        }
    }
    return table[index];
}

static std::vector<uchar> sha256(const std::vector<uchar> &data) {
    uint32_t h[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                     0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
    const std::vector<uchar> text = padded(data);
    for (size_t block = 0; block < text.size(); block += 64) {
        uint32_t w[64], s[8];
        memcpy(s, h, sizeof s);
        for (int i = 0; i < 16; i++) w[i] = word(&text[block + 4 * i]);
        for (int i = 16; i < 64; i++) {
            const uint32_t low = right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ w[i - 15] >> 3;
            const uint32_t high = right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ w[i - 2] >> 10;
            w[i] = w[i - 16] + low + w[i - 7] + high;
        }
        for (int i = 0; i < 64; i++) {
            const uint32_t high = right(s[4], 6) ^ right(s[4], 11) ^ right(s[4], 25);
            const uint32_t one = s[7] + high + ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha256_constant(i) + w[i];
            const uint32_t low = right(s[0], 2) ^ right(s[0], 13) ^ right(s[0], 22);
            const uint32_t two = low + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
            memmove(s + 1, s, 7 * sizeof(uint32_t));
            s[4] += one;
            s[0] = one + two;
        }
        for (int i = 0; i < 8; i++) h[i] += s[i];
    }
    return bytes_of(h, 8);
}

// Nothing for no data, as the terminal does.
int CryptEncode(ENUM_CRYPT_METHOD method, const MqlArray<uchar> &data, const MqlArray<uchar> &key,
                MqlArray<uchar> &result) {
    if (data.items.empty() || !key.items.empty()) return 0;
    result.items = method == CRYPT_HASH_SHA1 ? sha1(data.items) : sha256(data.items);
    return ArraySize(result);
}
