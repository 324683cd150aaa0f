// Numbers, moments and bytes as the node protocol writes them: plain decimals, RFC 3339 in UTC.

// Plain notation without trailing zeros; eight digits are finer than any price, volume or amount here.
string DecimalText(const double value, const int digits = 8)
{
   string text = DoubleToString(value, digits);
   int end = StringLen(text);
   if(StringFind(text, ".") >= 0)
   {
      while(end > 0 && StringGetCharacter(text, end - 1) == '0')
         end--;
      if(end > 0 && StringGetCharacter(text, end - 1) == '.')
         end--;
   }
   text = StringSubstr(text, 0, end);
   return(text == "-0" ? "0" : text);
}

// 2026-01-31T12:00:00.250000Z
string MomentText(const long unix_ms)
{
   string text = TimeToString((datetime)(unix_ms / 1000), TIME_DATE | TIME_SECONDS);
   StringReplace(text, ".", "-");
   StringReplace(text, " ", "T");
   return(text + StringFormat(".%03d000Z", (int)(unix_ms % 1000)));
}

// Unix milliseconds of a moment in UTC; -1 for text that is none.
long ParseMoment(const string text)
{
   int length = StringLen(text);
   if(length < 20 || StringGetCharacter(text, 10) != 'T' || StringGetCharacter(text, length - 1) != 'Z')
      return(-1);
   string plain = StringSubstr(text, 0, 10) + " " + StringSubstr(text, 11, 8);
   StringReplace(plain, "-", ".");
   long seconds = (long)StringToTime(plain);
   if(seconds <= 0)
      return(-1);
   long ms = 0;
   if(length > 21)
      ms = StringToInteger(StringSubstr(StringSubstr(text, 20, length - 21) + "000", 0, 3));
   return(seconds * 1000 + ms);
}

// UTF-8 without the terminating zero that MQL5 would add.
void ToBytes(const string text, uchar &bytes[])
{
   int count = StringToCharArray(text, bytes, 0, WHOLE_ARRAY, CP_UTF8);
   ArrayResize(bytes, count > 0 ? count - 1 : 0);
}

string ToHex(const uchar &bytes[])
{
   string text = "";
   for(int i = 0; i < ArraySize(bytes); i++)
      text += StringFormat("%02x", (int)bytes[i]);
   return(text);
}

int HexDigit(const ushort character)
{
   if(character >= '0' && character <= '9')
      return((int)character - '0');
   if(character >= 'a' && character <= 'f')
      return((int)character - 'a' + 10);
   if(character >= 'A' && character <= 'F')
      return((int)character - 'A' + 10);
   return(-1);
}

// False when the text is not hex of whole bytes.
bool FromHex(const string text, uchar &bytes[])
{
   int length = StringLen(text);
   if(length % 2 != 0)
      return(false);
   ArrayResize(bytes, length / 2);
   for(int i = 0; i < length / 2; i++)
   {
      int high = HexDigit(StringGetCharacter(text, 2 * i));
      int low = HexDigit(StringGetCharacter(text, 2 * i + 1));
      if(high < 0 || low < 0)
         return(false);
      bytes[i] = (uchar)(high * 16 + low);
   }
   return(true);
}
