// What terminal and account look like now: flags, money, quotes and terms, in the words of the node protocol.

#include <Argos/Circuit.mqh>
#include <Argos/Quotes.mqh>
#include <Argos/Scanner.mqh>
#include <Argos/Terms.mqh>

#define SYMBOLS_TOLD_MAX 200

string g_flags_told = "";

bool IsHedging(void)
{
   return(AccountInfoInteger(ACCOUNT_MARGIN_MODE) == ACCOUNT_MARGIN_MODE_RETAIL_HEDGING);
}

// Of the positions in a symbol the oldest must be closed first. Told for hedging accounts only.
bool IsFifo(void)
{
   return(AccountInfoInteger(ACCOUNT_FIFO_CLOSE) != 0);
}

string FlagsJson(void)
{
   uint code = NotPermitted();
   return(BoolField("connected", TerminalInfoInteger(TERMINAL_CONNECTED) != 0) + ","
          + BoolField("algo_trading", TerminalInfoInteger(TERMINAL_TRADE_ALLOWED) != 0) + ","
          + BoolField("expert_may_trade", MQLInfoInteger(MQL_TRADE_ALLOWED) != 0) + ","
          + BoolField("account_may_trade", AccountInfoInteger(ACCOUNT_TRADE_ALLOWED) != 0) + ","
          + BoolField("account_takes_experts", AccountInfoInteger(ACCOUNT_TRADE_EXPERT) != 0) + ","
          + Field("not_permitted", code == 0 ? "" : IntegerToString(code)) + ","
          + WholeField("build", TerminalInfoInteger(TERMINAL_BUILD)) + ","
          + WholeField("broker_offset_ms", g_broker_offset_ms));
}

string StateJson(void)
{
   return(FlagsJson() + "," + WholeField("ping_us", TerminalInfoInteger(TERMINAL_PING_LAST)) + ","
          + Field("server", AccountInfoString(ACCOUNT_SERVER)) + "," + Field("company", AccountInfoString(ACCOUNT_COMPANY)) + ","
          + Field("login", IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN))));
}

// Which of the account's own permissions are off: while one is, the gateway plans no entry for it.
string BlocksJson(void)
{
   string list = AccountInfoInteger(ACCOUNT_TRADE_ALLOWED) != 0 ? "" : Quoted("trade_allowed is off");
   if(AccountInfoInteger(ACCOUNT_TRADE_EXPERT) == 0)
      list += (list == "" ? "" : ",") + Quoted("trade_expert is off");
   return("[" + list + "]");
}

// This node's own ceilings, for the operator to see; they hold whatever the gateway makes of them.
string LimitsJson(void)
{
   string list = "";
   for(int i = 0; i < ArraySize(g_settings.symbols); i++)
      list += (i == 0 ? "" : ",") + Quoted(g_settings.symbols[i]);
   string lots = g_settings.lots_max > 0 ? NumberField("lots_max", g_settings.lots_max) : RawField("lots_max", "null");
   string orders = IntegerToString(g_settings.orders_per_minute_max);
   return("{" + lots + "," + RawField("orders_per_minute_max", g_settings.orders_per_minute_max > 0 ? orders : "null") + ","
          + RawField("symbols", list == "" ? "null" : "[" + list + "]") + "}");
}

string TerminalJson(void)
{
   return("{" + Field("venue", "mt5") + "," + BoolField("unique_client_ids", false) + "," + BoolField("hedging", IsHedging()) + ","
          + BoolField("fifo", IsFifo()) + "," + StateJson() + "," + RawField("limits", LimitsJson()) + "}");
}

// A heartbeat when a flag has changed: nobody should wonder why no order goes out. That the node lives, its polls say.
void TellFlags(void)
{
   string flags = FlagsJson();
   if(flags == g_flags_told || !Begin(false))
      return;
   Tell(FactId("heartbeat", IntegerToString(NowMs()) + flags), "heartbeat", "", "",
        flags + "," + WholeField("ping_us", TerminalInfoInteger(TERMINAL_PING_LAST)));
   if(Commit())
      g_flags_told = flags;
}

// The operator's list, or what stands in Market Watch.
void ShownSymbols(string &symbols[])
{
   ArrayResize(symbols, 0);
   int listed = ArraySize(g_settings.symbols);
   int total = MathMin(listed > 0 ? listed : SymbolsTotal(true), SYMBOLS_TOLD_MAX);
   for(int i = 0; i < total; i++)
   {
      string name = listed > 0 ? g_settings.symbols[i] : SymbolName(i, true);
      if(!KnowSymbol(name))
         continue;
      int count = ArraySize(symbols);
      ArrayResize(symbols, count + 1, 32);
      symbols[count] = name;
   }
}

string InstrumentsJson(void)
{
   string symbols[];
   string list = "";
   ShownSymbols(symbols);
   for(int i = 0; i < ArraySize(symbols); i++)
      list += (i == 0 ? "" : ",") + InstrumentJson(symbols[i]);
   return("[" + list + "]");
}

string QuotesJson(void)
{
   string symbols[];
   string list = "";
   MqlTick tick;
   ShownSymbols(symbols);
   for(int i = 0; i < ArraySize(symbols); i++)
   {
      if(!Quote(symbols[i], tick))
         continue;
      KeepQuote(symbols[i], tick);
      list += (list == "" ? "" : ",") + "{" + Field("symbol", symbols[i]) + "," + NumberField("bid", tick.bid) + ","
              + NumberField("ask", tick.ask) + "," + Field("at", MomentText(UtcOfBroker(tick.time_msc))) + "}";
   }
   return("[" + list + "]");
}

// What would be lost, in account currency, if every stop were hit now; and of how many positions that cannot be said.
string OpenRiskJson(const SeenPosition &positions[])
{
   MqlTick tick;
   double at_stops = 0.0;
   int unbounded = 0;
   for(int i = 0; i < ArraySize(positions); i++)
   {
      string symbol = positions[i].symbol;
      double tick_size = TickSize(symbol);
      if(positions[i].sl <= 0.0 || tick_size <= 0.0 || !Quote(symbol, tick))
      {
         unbounded++;
         continue;
      }
      double distance = positions[i].buy ? tick.bid - positions[i].sl : positions[i].sl - tick.ask;
      at_stops += MathMax(0.0, distance) / tick_size * TickValue(symbol, true) * positions[i].lots;
   }
   return(NumberField("loss_at_stops", at_stops) + "," + WholeField("positions_unbounded", unbounded));
}

int WorkingOrders(const Look &look)
{
   int count = 0;
   for(int i = 0; i < ArraySize(look.orders); i++)
      if(look.orders[i].is_live)
         count++;
   return(count);
}

// The account as the newest complete look and the terminal show it; `instruments_json` is [] when they are known, and
// `terms_at_ms` is when they were read and found so.
string SnapshotJson(const string instruments_json, const long terms_at_ms)
{
   return("{" + Field("account", g_settings.account) + "," + Field("currency", AccountInfoString(ACCOUNT_CURRENCY)) + ","
          + NumberField("balance", AccountInfoDouble(ACCOUNT_BALANCE)) + ","
          + NumberField("equity", AccountInfoDouble(ACCOUNT_EQUITY)) + ","
          + NumberField("margin_free", AccountInfoDouble(ACCOUNT_MARGIN_FREE)) + "," + BoolField("hedging", IsHedging()) + ","
          + BoolField("fifo", IsFifo()) + "," + OptionalField("terms_at", terms_at_ms > 0 ? MomentText(terms_at_ms) : "") + ","
          + Field("taken_at", MomentText(g_look.taken_at_ms)) + "," + WholeField("open_orders", WorkingOrders(g_look)) + ","
          + RawField("positions", PositionsJson(g_look.positions)) + "," + RawField("quotes", QuotesJson()) + ","
          + RawField("instruments", instruments_json) + "," + NumberField("margin", AccountInfoDouble(ACCOUNT_MARGIN)) + ","
          + WholeField("leverage", AccountInfoInteger(ACCOUNT_LEVERAGE)) + "," + RawField("blocks", BlocksJson()) + ","
          + RawField("node", "{" + StateJson() + "," + WholeField("unreported", FactsUnreported()) + ","
          + OpenRiskJson(g_look.positions) + "}") + "}");
}
