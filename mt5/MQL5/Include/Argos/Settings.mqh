// What the operator tells this node, what the gateway may tune, and the file that holds the node's key.

#include <Argos/Json.mqh>

#define KEY_BYTES 32

struct NodeSettings
{
   string gateway_url;
   string node;
   string account;
   string key_file;
   string journal_file;
   string symbols[];          // empty: whatever the gateway asks for
   double lots_max;           // 0: none set
   int    orders_per_minute_max;
   int    poll_wait_ms;
   int    scan_ms;
   int    history_days;       // how far back a look at everything goes
   int    settle_ms;          // a terminal that has just connected may not have its lists yet
   int    request_timeout_ms;
   int    doubt_looks_min;
   int    doubt_window_ms;
   int    attempts_max;
   uchar  key[];
};

NodeSettings g_settings;

// The list in "EURUSD, XAUUSD"; empty for an empty text.
void ReadSymbols(const string text, string &symbols[])
{
   string parts[];
   int count = StringSplit(text, ',', parts);
   ArrayResize(symbols, 0);
   for(int i = 0; i < count; i++)
   {
      string name = parts[i];
      StringTrimLeft(name);
      StringTrimRight(name);
      if(name == "")
         continue;
      int size = ArraySize(symbols);
      ArrayResize(symbols, size + 1);
      symbols[size] = name;
   }
}

bool IsTradedHere(const string symbol)
{
   int count = ArraySize(g_settings.symbols);
   for(int i = 0; i < count; i++)
      if(g_settings.symbols[i] == symbol)
         return(true);
   return(count == 0);
}

int Tuned(const JsonDocument &document, const int wishes, const string name, const int own)
{
   long wish = StringToInteger(JsonText(document, wishes, name));
   return(wish > 0 && wish <= 600000 ? (int)wish : own);
}

// The gateway's wishes. It may shorten a poll but not lengthen it: the poll blocks this expert's only thread.
void TuneSettings(const JsonDocument &document, const int wishes)
{
   g_settings.poll_wait_ms = MathMin(g_settings.poll_wait_ms, Tuned(document, wishes, "poll_wait_ms", g_settings.poll_wait_ms));
   g_settings.scan_ms = Tuned(document, wishes, "scan_ms", g_settings.scan_ms);
   g_settings.doubt_looks_min = Tuned(document, wishes, "doubt_looks_min", g_settings.doubt_looks_min);
   g_settings.doubt_window_ms = Tuned(document, wishes, "doubt_window_ms", g_settings.doubt_window_ms);
   g_settings.attempts_max = Tuned(document, wishes, "attempts_max", g_settings.attempts_max);
}

// {"node": ..., "key": hex}: the file that an enrolment or an exchange writes. The name in it is the node's. What was
// known before stays when it cannot be read.
bool ReadKeyFile(void)
{
   int file = FileOpen(g_settings.key_file, FILE_READ | FILE_TXT | FILE_ANSI | FILE_SHARE_READ);
   if(file == INVALID_HANDLE)
      return(false);
   string text = FileReadString(file);
   FileClose(file);
   JsonDocument document;
   uchar key[];
   if(!JsonParse(text, document) || !FromHex(JsonText(document, 0, "key"), key))
      return(false);
   string node = JsonText(document, 0, "node");
   if(node == "" || ArraySize(key) != KEY_BYTES)
      return(false);
   g_settings.node = node;
   ArrayResize(g_settings.key, KEY_BYTES);
   for(int i = 0; i < KEY_BYTES; i++)
      g_settings.key[i] = key[i];
   return(true);
}

// Whole or not at all: written beside, and then put in place of the one before.
bool WriteKeyFile(const string node, const string key_hex)
{
   string draft = g_settings.key_file + ".new";
   int file = FileOpen(draft, FILE_WRITE | FILE_TXT | FILE_ANSI);
   if(file == INVALID_HANDLE)
      return(false);
   uint written = FileWriteString(file, "{" + Field("node", node) + "," + Field("key", key_hex) + "}");
   FileFlush(file);
   FileClose(file);
   return(written > 0 && FileMove(draft, 0, g_settings.key_file, FILE_REWRITE));
}
