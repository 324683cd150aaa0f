// A symbol's terms as the broker tells them, in the words of the node protocol.

#include <Argos/Symbols.mqh>

// All the digits that a double holds, and none that it does not: the gateway works out the value of a unit from them.
string ExactField(const string name, const double value)
{
   return(Field(name, StringFormat("%.15g", value)));
}

string SymbolNumber(const string symbol, const string name, const ENUM_SYMBOL_INFO_DOUBLE property)
{
   return(ExactField(name, SymbolInfoDouble(symbol, property)));
}

string SymbolWhole(const string symbol, const string name, const ENUM_SYMBOL_INFO_INTEGER property)
{
   return(WholeField(name, SymbolInfoInteger(symbol, property)));
}

// Where profit and loss are converted at different sides of a quote their ticks differ; brokers that tell none of the
// two have one for both.
double TickValue(const string symbol, const bool lost)
{
   double value = SymbolInfoDouble(symbol, lost ? SYMBOL_TRADE_TICK_VALUE_LOSS : SYMBOL_TRADE_TICK_VALUE_PROFIT);
   return(value > 0.0 ? value : SymbolInfoDouble(symbol, SYMBOL_TRADE_TICK_VALUE));
}

// How a move becomes money: by the formula of a pair, by move, contract and lots, or by a price that each tick has.
string ProfitRule(const string symbol)
{
   switch((int)SymbolInfoInteger(symbol, SYMBOL_TRADE_CALC_MODE))
   {
      case SYMBOL_CALC_MODE_FOREX:
      case SYMBOL_CALC_MODE_FOREX_NO_LEVERAGE:
         return("pair");
      case SYMBOL_CALC_MODE_FUTURES:
      case SYMBOL_CALC_MODE_EXCH_FUTURES:
      case SYMBOL_CALC_MODE_EXCH_FUTURES_FORTS:
      case SYMBOL_CALC_MODE_EXCH_BONDS:
      case SYMBOL_CALC_MODE_EXCH_BONDS_MOEX:
      case SYMBOL_CALC_MODE_SERV_COLLATERAL:
         return("tick");
      default:
         return("linear");
   }
}

string VenueTermsJson(const string symbol)
{
   return("{" + SymbolNumber(symbol, "point", SYMBOL_POINT) + "," + ExactField("tick_value_profit", TickValue(symbol, false)) + ","
          + ExactField("tick_value_loss", TickValue(symbol, true)) + "," + SymbolNumber(symbol, "volume_min", SYMBOL_VOLUME_MIN) + ","
          + SymbolNumber(symbol, "volume_max", SYMBOL_VOLUME_MAX) + "," + SymbolNumber(symbol, "volume_step", SYMBOL_VOLUME_STEP) + ","
          + SymbolNumber(symbol, "volume_limit", SYMBOL_VOLUME_LIMIT) + "," + SymbolNumber(symbol, "swap_long", SYMBOL_SWAP_LONG) + ","
          + SymbolNumber(symbol, "swap_short", SYMBOL_SWAP_SHORT) + "," + SymbolWhole(symbol, "digits", SYMBOL_DIGITS) + ","
          + SymbolWhole(symbol, "trade_mode", SYMBOL_TRADE_MODE) + "," + SymbolWhole(symbol, "calc_mode", SYMBOL_TRADE_CALC_MODE) + ","
          + SymbolWhole(symbol, "execution", SYMBOL_TRADE_EXEMODE) + "," + SymbolWhole(symbol, "filling_flags", SYMBOL_FILLING_MODE) + ","
          + SymbolWhole(symbol, "expiration_flags", SYMBOL_EXPIRATION_MODE) + ","
          + SymbolWhole(symbol, "stops_level", SYMBOL_TRADE_STOPS_LEVEL) + ","
          + SymbolWhole(symbol, "freeze_level", SYMBOL_TRADE_FREEZE_LEVEL) + "," + SymbolWhole(symbol, "swap_mode", SYMBOL_SWAP_MODE) + ","
          + SymbolWhole(symbol, "swap_triple_day", SYMBOL_SWAP_ROLLOVER3DAYS) + ","
          + Field("margin_currency", SymbolInfoString(symbol, SYMBOL_CURRENCY_MARGIN)) + "}");
}

string InstrumentJson(const string symbol)
{
   double size = ContractSize(symbol);
   double tick = TickSize(symbol);
   double stops = (double)SymbolInfoInteger(symbol, SYMBOL_TRADE_STOPS_LEVEL) * SymbolInfoDouble(symbol, SYMBOL_POINT);
   bool tradable = SymbolInfoInteger(symbol, SYMBOL_TRADE_MODE) == SYMBOL_TRADE_MODE_FULL;
   return("{" + Field("symbol", symbol) + "," + Field("base_currency", SymbolInfoString(symbol, SYMBOL_CURRENCY_BASE)) + ","
          + Field("quote_currency", SymbolInfoString(symbol, SYMBOL_CURRENCY_PROFIT)) + "," + Field("profit_rule", ProfitRule(symbol)) + ","
          + BoolField("tradable", tradable) + "," + ExactField("contract_size", size) + "," + ExactField("tick_size", tick) + ","
          + NumberField("qty_min", SymbolInfoDouble(symbol, SYMBOL_VOLUME_MIN) * size) + ","
          + NumberField("qty_max", SymbolInfoDouble(symbol, SYMBOL_VOLUME_MAX) * size) + ","
          + NumberField("qty_step", SymbolInfoDouble(symbol, SYMBOL_VOLUME_STEP) * size) + ","
          + NumberField("stops_distance_min", stops) + "," + ExactField("unit_value", TickValue(symbol, true) / tick / size) + ","
          + RawField("venue_terms", VenueTermsJson(symbol)) + "}");
}
