// Hashes, HMAC-SHA-256 and name-based ids, built from the terminal's own CryptEncode.

#include <Argos/Text.mqh>

#define HMAC_BLOCK_BYTES 64
#define ARGOS_NAMESPACE "5ab2b2a66d0e5c1e9d3a6f1f4b7a9c10"

bool Digest(const ENUM_CRYPT_METHOD method, const uchar &data[], uchar &digest[])
{
   uchar no_key[];
   return(CryptEncode(method, data, no_key, digest) > 0);
}

// Empty when the terminal cannot hash.
string Sha256Hex(const uchar &data[])
{
   uchar digest[];
   if(!Digest(CRYPT_HASH_SHA256, data, digest))
      return("");
   return(ToHex(digest));
}

// RFC 2104 with SHA-256. A key longer than a block never occurs: node keys have 32 bytes. Empty when it failed.
string HmacHex(const uchar &key[], const string text)
{
   uchar inner[];
   uchar outer[];
   uchar message[];
   uchar digest[];
   ToBytes(text, message);
   ArrayResize(inner, HMAC_BLOCK_BYTES + ArraySize(message));
   ArrayResize(outer, HMAC_BLOCK_BYTES + 32);
   for(int i = 0; i < HMAC_BLOCK_BYTES; i++)
   {
      uchar part = 0;
      if(i < ArraySize(key))
         part = key[i];
      inner[i] = (uchar)(part ^ 0x36);
      outer[i] = (uchar)(part ^ 0x5c);
   }
   ArrayCopy(inner, message, HMAC_BLOCK_BYTES);
   if(!Digest(CRYPT_HASH_SHA256, inner, digest))
      return("");
   ArrayCopy(outer, digest, HMAC_BLOCK_BYTES);
   return(Sha256Hex(outer));
}

// All of both texts is looked at, so that the time taken tells nothing of where they differ.
bool SameSecret(const string expected, const string given)
{
   int length = StringLen(expected);
   if(length == 0 || length != StringLen(given))
      return(false);
   int difference = 0;
   for(int i = 0; i < length; i++)
      difference |= (int)StringGetCharacter(expected, i) ^ (int)StringGetCharacter(given, i);
   return(difference == 0);
}

// UUIDv5 in Argos's namespace: the same name gives the same id here and at every other node.
string NamedUuid(const string name)
{
   uchar input_bytes[];
   uchar name_bytes[];
   uchar digest[];
   FromHex(ARGOS_NAMESPACE, input_bytes);
   ToBytes(name, name_bytes);
   ArrayCopy(input_bytes, name_bytes, ArraySize(input_bytes));
   if(!Digest(CRYPT_HASH_SHA1, input_bytes, digest))
      return("");
   ArrayResize(digest, 16);
   digest[6] = (uchar)((digest[6] & 0x0f) | 0x50);
   digest[8] = (uchar)((digest[8] & 0x3f) | 0x80);
   string hex = ToHex(digest);
   return(StringSubstr(hex, 0, 8) + "-" + StringSubstr(hex, 8, 4) + "-" + StringSubstr(hex, 12, 4)
          + "-" + StringSubstr(hex, 16, 4) + "-" + StringSubstr(hex, 20, 12));
}
