// What follows from a symbol's terms before anything is sent.

#include <Argos/Command.mqh>

// SYMBOL_FILLING_MODE is a mask of flags, the request's filling an enumeration: the two are no more alike than that.
#define FLAG_FOK 1
#define FLAG_IOC 2

// False when the terminal does not know the symbol; it is put into Market Watch, without which there are no quotes.
bool KnowSymbol(const string symbol)
{
   return(SymbolSelect(symbol, true) && SymbolInfoDouble(symbol, SYMBOL_TRADE_CONTRACT_SIZE) > 0.0);
}

double ContractSize(const string symbol)
{
   return(SymbolInfoDouble(symbol, SYMBOL_TRADE_CONTRACT_SIZE));
}

double TickSize(const string symbol)
{
   double tick = SymbolInfoDouble(symbol, SYMBOL_TRADE_TICK_SIZE);
   return(tick > 0.0 ? tick : SymbolInfoDouble(symbol, SYMBOL_POINT));
}

// On the tick, which is not always the point. Zero, which is no price, stays zero.
double OnTickSize(const string symbol, const double price)
{
   double tick = TickSize(symbol);
   if(price == 0.0 || tick <= 0.0)
      return(price);
   return(NormalizeDouble(MathRound(price / tick) * tick, 8));
}

// Rounded down to the step; what lies within a millionth of a step below the next one is that one.
double OnStep(const string symbol, const double lots)
{
   double step = SymbolInfoDouble(symbol, SYMBOL_VOLUME_STEP);
   if(step <= 0.0)
      return(lots);
   return(NormalizeDouble(MathFloor(lots / step + 0.000001) * step, 8));
}

bool Quote(const string symbol, MqlTick &tick)
{
   return(SymbolInfoTick(symbol, tick) && tick.bid > 0.0 && tick.ask > 0.0);
}

// Pending orders rest, so they always may be filled in parts. At the market: all or nothing where that is allowed,
// then what can be had at once; RETURN is no flag, and forbidden under Market execution. False: none will do.
bool ChooseFilling(const string symbol, const bool pending, ENUM_ORDER_TYPE_FILLING &filling)
{
   long flags = SymbolInfoInteger(symbol, SYMBOL_FILLING_MODE);
   bool by_market = SymbolInfoInteger(symbol, SYMBOL_TRADE_EXEMODE) == SYMBOL_TRADE_EXECUTION_MARKET;
   filling = ORDER_FILLING_RETURN;
   if(pending)
      return(true);
   if((flags & FLAG_FOK) != 0)
      filling = ORDER_FILLING_FOK;
   else if((flags & FLAG_IOC) != 0)
      filling = ORDER_FILLING_IOC;
   else
      return(!by_market);
   return(true);
}

// Until the moment that is wanted, where the symbol takes one, else until somebody ends it, or for the day.
ENUM_ORDER_TYPE_TIME ChooseLifetime(const string symbol, const bool until_a_moment)
{
   long modes = SymbolInfoInteger(symbol, SYMBOL_EXPIRATION_MODE);
   if(until_a_moment && (modes & SYMBOL_EXPIRATION_SPECIFIED) != 0)
      return(ORDER_TIME_SPECIFIED);
   return(modes == 0 || (modes & SYMBOL_EXPIRATION_GTC) != 0 ? ORDER_TIME_GTC : ORDER_TIME_DAY);
}

ENUM_ORDER_TYPE OrderTypeOf(const Command &command)
{
   bool buy = (command.side == "buy");
   if(command.order_type == "limit")
      return(buy ? ORDER_TYPE_BUY_LIMIT : ORDER_TYPE_SELL_LIMIT);
   if(command.order_type == "stop")
      return(buy ? ORDER_TYPE_BUY_STOP : ORDER_TYPE_SELL_STOP);
   if(command.order_type == "stop_limit")
      return(buy ? ORDER_TYPE_BUY_STOP_LIMIT : ORDER_TYPE_SELL_STOP_LIMIT);
   return(buy ? ORDER_TYPE_BUY : ORDER_TYPE_SELL);
}

// Empty, or why these lots cannot be an entry. An entry is never resized in silence: the size is the gateway's.
string VolumeProblem(const string symbol, const double lots)
{
   if(!IsSameAmount(OnStep(symbol, lots), lots))
      return(DecimalText(lots) + " lots are not on the step of " + DecimalText(SymbolInfoDouble(symbol, SYMBOL_VOLUME_STEP)));
   if(lots < SymbolInfoDouble(symbol, SYMBOL_VOLUME_MIN) - 0.000000005)
      return(DecimalText(lots) + " lots are below the smallest volume");
   if(lots > SymbolInfoDouble(symbol, SYMBOL_VOLUME_MAX) + 0.000000005)
      return(DecimalText(lots) + " lots are above the largest volume");
   return("");
}

// Empty, or why stop or target cannot stand this near to `base`, the price at which the position would be closed.
string StopsProblem(const string symbol, const bool buy, const double base, const double sl, const double tp)
{
   double point = SymbolInfoDouble(symbol, SYMBOL_POINT);
   double distance = (double)SymbolInfoInteger(symbol, SYMBOL_TRADE_STOPS_LEVEL) * point - point / 2;
   double sign = buy ? 1.0 : -1.0;
   if(sl > 0.0 && (base - sl) * sign < distance)
      return("the stop is nearer to the price than the broker allows");
   if(tp > 0.0 && (tp - base) * sign < distance)
      return("the target is nearer to the price than the broker allows");
   return("");
}

// Whether an order or level at `price` is frozen, because the market is about to reach it.
bool IsFrozen(const string symbol, const double price)
{
   MqlTick tick;
   double reach = (double)SymbolInfoInteger(symbol, SYMBOL_TRADE_FREEZE_LEVEL) * SymbolInfoDouble(symbol, SYMBOL_POINT);
   if(reach <= 0.0 || price <= 0.0 || !Quote(symbol, tick))
      return(false);
   return(MathMin(MathAbs(tick.ask - price), MathAbs(tick.bid - price)) <= reach);
}
