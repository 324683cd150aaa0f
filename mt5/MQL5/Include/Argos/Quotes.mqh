// The quotes of the last while, to know which one stood when the gateway received an alert.
// The terminal's own tick history would know it, too, but asking for it may block an expert for most of a minute.

#include <Argos/Clock.mqh>
#include <Argos/Symbols.mqh>

#define QUOTES_KEPT 1024

struct KeptQuote
{
   string symbol;
   double bid;
   double ask;
   long   at_ms;
};

// A ring: the oldest is overwritten.
KeptQuote g_quotes[];
int       g_quotes_next = 0;

void KeepQuote(const string symbol, const MqlTick &tick)
{
   if(ArraySize(g_quotes) < QUOTES_KEPT)
      ArrayResize(g_quotes, g_quotes_next + 1, QUOTES_KEPT);
   g_quotes[g_quotes_next].symbol = symbol;
   g_quotes[g_quotes_next].bid = tick.bid;
   g_quotes[g_quotes_next].ask = tick.ask;
   g_quotes[g_quotes_next].at_ms = UtcOfBroker(tick.time_msc);
   g_quotes_next = (g_quotes_next + 1) % QUOTES_KEPT;
}

// The newest quote kept that is not younger than that moment. False when none is known.
bool QuoteThen(const string symbol, const long moment_ms, KeptQuote &quote)
{
   quote.at_ms = 0;
   for(int i = 0; i < ArraySize(g_quotes); i++)
      if(g_quotes[i].symbol == symbol && g_quotes[i].at_ms <= moment_ms && g_quotes[i].at_ms > quote.at_ms)
         quote = g_quotes[i];
   return(quote.at_ms > 0);
}
