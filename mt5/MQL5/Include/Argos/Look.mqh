// One complete look at the account: working orders, what ended or was dealt since, and positions.
// A look that could not be completed is no observation. An empty list means "none" only in a complete one.

#include <Argos/Clock.mqh>
#include <Argos/Journal.mqh>
#include <Argos/Settings.mqh>
#include <Argos/Symbols.mqh>

// How far each look reaches back behind the last one: a deal may be booked later than its own time says.
#define OVERLAP_S 600
// Broker clocks run ahead of UTC, so "now" is asked for with room to spare.
#define AHEAD_S 172800

struct SeenOrder
{
   long   ticket;
   string symbol;
   long   magic;
   string state;
   double price;
   double sl;
   double tp;
   long   lifetime;
   long   expires_s;          // by the broker's clock; 0: never
   bool   by_broker;          // written by the broker itself to close at a stop, a target or for lack of margin
   bool   is_live;
   string comment;
};

struct SeenDeal
{
   long   ticket;
   long   order;
   string symbol;
   long   type;
   long   entry;
   long   reason;
   long   position_id;
   long   magic;
   double lots;
   double price;
   double commission;
   double swap;
   double fee;
   double profit;
   long   broker_ms;
   string comment;
};

struct SeenPosition
{
   long   ticket;
   long   identifier;
   string symbol;
   bool   buy;
   long   magic;
   double lots;
   double price_open;
   double sl;
   double tp;
   long   opened_ms;          // by the broker's clock
   string comment;
};

struct Look
{
   SeenOrder    orders[];
   SeenDeal     deals[];
   SeenPosition positions[];
   long         began_ms;
   long         taken_at_ms;
   long         cursor_s;
};

// When the connection that stands now was first seen; 0 while there is none.
long g_connected_since_ms = 0;

// Connected to our own account, and long enough for the terminal to have fetched its lists: an account that looks empty just after a
// connection may not be.
bool CanLook(void)
{
   if(TerminalInfoInteger(TERMINAL_CONNECTED) == 0 || !IsOwnLogin())
   {
      g_connected_since_ms = 0;
      return(false);
   }
   if(g_connected_since_ms == 0)
      g_connected_since_ms = TicksMs();
   return(TicksMs() - g_connected_since_ms >= g_settings.settle_ms);
}

string VenueStateOf(const long state)
{
   switch((int)state)
   {
      case ORDER_STATE_CANCELED:
         return(VENUE_CANCELED);
      case ORDER_STATE_FILLED:
         return(VENUE_FILLED);
      case ORDER_STATE_REJECTED:
         return(VENUE_REJECTED);
      case ORDER_STATE_EXPIRED:
         return(VENUE_EXPIRED);
      default:
         return(VENUE_WORKING);
   }
}

bool IsByBroker(const long reason)
{
   return(reason == ORDER_REASON_SL || reason == ORDER_REASON_TP || reason == ORDER_REASON_SO);
}

void AddOrder(Look &look, const SeenOrder &order)
{
   int count = ArraySize(look.orders);
   ArrayResize(look.orders, count + 1, 64);
   look.orders[count] = order;
}

bool SeeWorkingOrders(Look &look)
{
   int total = OrdersTotal();
   for(int i = 0; i < total; i++)
   {
      SeenOrder order;
      order.ticket = (long)OrderGetTicket(i);
      if(order.ticket == 0)
         return(false);
      order.symbol = OrderGetString(ORDER_SYMBOL);
      order.magic = OrderGetInteger(ORDER_MAGIC);
      order.state = VenueStateOf(OrderGetInteger(ORDER_STATE));
      order.price = OrderGetDouble(ORDER_PRICE_OPEN);
      order.sl = OrderGetDouble(ORDER_SL);
      order.tp = OrderGetDouble(ORDER_TP);
      order.lifetime = OrderGetInteger(ORDER_TYPE_TIME);
      order.expires_s = OrderGetInteger(ORDER_TIME_EXPIRATION);
      order.by_broker = IsByBroker(OrderGetInteger(ORDER_REASON));
      order.is_live = true;
      order.comment = OrderGetString(ORDER_COMMENT);
      AddOrder(look, order);
   }
   return(OrdersTotal() == total);
}

bool SeeEndedOrders(Look &look)
{
   int total = HistoryOrdersTotal();
   for(int i = 0; i < total; i++)
   {
      ulong ticket = HistoryOrderGetTicket(i);
      if(ticket == 0)
         return(false);
      SeenOrder order;
      order.ticket = (long)ticket;
      order.symbol = HistoryOrderGetString(ticket, ORDER_SYMBOL);
      order.magic = HistoryOrderGetInteger(ticket, ORDER_MAGIC);
      order.state = VenueStateOf(HistoryOrderGetInteger(ticket, ORDER_STATE));
      order.price = HistoryOrderGetDouble(ticket, ORDER_PRICE_OPEN);
      order.sl = HistoryOrderGetDouble(ticket, ORDER_SL);
      order.tp = HistoryOrderGetDouble(ticket, ORDER_TP);
      order.lifetime = ORDER_TIME_GTC;
      order.expires_s = 0;
      order.by_broker = IsByBroker(HistoryOrderGetInteger(ticket, ORDER_REASON));
      order.is_live = false;
      order.comment = HistoryOrderGetString(ticket, ORDER_COMMENT);
      AddOrder(look, order);
   }
   return(true);
}

bool SeeDeals(Look &look)
{
   int total = HistoryDealsTotal();
   ArrayResize(look.deals, total);
   for(int i = 0; i < total; i++)
   {
      ulong ticket = HistoryDealGetTicket(i);
      if(ticket == 0)
         return(false);
      look.deals[i].ticket = (long)ticket;
      look.deals[i].order = HistoryDealGetInteger(ticket, DEAL_ORDER);
      look.deals[i].symbol = HistoryDealGetString(ticket, DEAL_SYMBOL);
      look.deals[i].type = HistoryDealGetInteger(ticket, DEAL_TYPE);
      look.deals[i].entry = HistoryDealGetInteger(ticket, DEAL_ENTRY);
      look.deals[i].reason = HistoryDealGetInteger(ticket, DEAL_REASON);
      look.deals[i].position_id = HistoryDealGetInteger(ticket, DEAL_POSITION_ID);
      look.deals[i].magic = HistoryDealGetInteger(ticket, DEAL_MAGIC);
      look.deals[i].lots = HistoryDealGetDouble(ticket, DEAL_VOLUME);
      look.deals[i].price = HistoryDealGetDouble(ticket, DEAL_PRICE);
      look.deals[i].commission = HistoryDealGetDouble(ticket, DEAL_COMMISSION);
      look.deals[i].swap = HistoryDealGetDouble(ticket, DEAL_SWAP);
      look.deals[i].fee = HistoryDealGetDouble(ticket, DEAL_FEE);
      look.deals[i].profit = HistoryDealGetDouble(ticket, DEAL_PROFIT);
      look.deals[i].broker_ms = HistoryDealGetInteger(ticket, DEAL_TIME_MSC);
      look.deals[i].comment = HistoryDealGetString(ticket, DEAL_COMMENT);
   }
   return(true);
}

bool SeePositions(SeenPosition &positions[])
{
   int total = PositionsTotal();
   ArrayResize(positions, total);
   for(int i = 0; i < total; i++)
   {
      positions[i].ticket = (long)PositionGetTicket(i);
      if(positions[i].ticket == 0)
         return(false);
      positions[i].identifier = PositionGetInteger(POSITION_IDENTIFIER);
      positions[i].symbol = PositionGetString(POSITION_SYMBOL);
      positions[i].buy = PositionGetInteger(POSITION_TYPE) == POSITION_TYPE_BUY;
      positions[i].magic = PositionGetInteger(POSITION_MAGIC);
      positions[i].lots = PositionGetDouble(POSITION_VOLUME);
      positions[i].price_open = PositionGetDouble(POSITION_PRICE_OPEN);
      positions[i].sl = PositionGetDouble(POSITION_SL);
      positions[i].tp = PositionGetDouble(POSITION_TP);
      positions[i].opened_ms = PositionGetInteger(POSITION_TIME_MSC);
      positions[i].comment = PositionGetString(POSITION_COMMENT);
      if(!KnowSymbol(positions[i].symbol))
         return(false);
   }
   return(PositionsTotal() == total);
}

// Orders before deals and deals before positions: what moves on meanwhile is seen later on. `cursor_s` is where the
// last look ended, on the broker's clock; 0 looks as far back as the settings say. False when it could not be completed.
bool TakeLook(const long cursor_s, Look &look)
{
   if(!CanLook())
      return(false);
   look.began_ms = TicksMs();
   look.cursor_s = (long)TimeTradeServer();
   ArrayResize(look.orders, 0);
   long from_s = cursor_s > 0 ? cursor_s - OVERLAP_S : look.cursor_s - (long)g_settings.history_days * 86400;
   bool complete = SeeWorkingOrders(look)
                   && HistorySelect((datetime)MathMax(0, from_s), (datetime)(look.cursor_s + AHEAD_S))
                   && SeeEndedOrders(look) && SeeDeals(look) && SeePositions(look.positions);
   // The lists of a terminal that lost its connection meanwhile are of before.
   if(!complete || TerminalInfoInteger(TERMINAL_CONNECTED) == 0)
      return(false);
   EstimateBrokerOffset();
   look.taken_at_ms = NowMs();
   return(true);
}

// Only the positions, as they are now.
bool LookAtPositions(SeenPosition &positions[])
{
   return(CanLook() && SeePositions(positions) && TerminalInfoInteger(TERMINAL_CONNECTED) != 0);
}

bool Knows(const Look &look, const long magic)
{
   for(int i = 0; i < ArraySize(look.orders); i++)
      if(look.orders[i].magic == magic)
         return(true);
   for(int i = 0; i < ArraySize(look.deals); i++)
      if(look.deals[i].magic == magic)
         return(true);
   for(int i = 0; i < ArraySize(look.positions); i++)
      if(look.positions[i].magic == magic)
         return(true);
   return(false);
}
