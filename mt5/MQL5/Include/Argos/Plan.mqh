// What a command acts on, found out just before it is sent, and the request that says so to the broker.

#include <Argos/Gates.mqh>

// How far a fill may be from the price we saw when the command sets no bound.
#define ANY_DEVIATION_POINTS 1000000
#define FROZEN "NODE_FROZEN"

// `qty` in units. A cancel or modify without a target is known by both tickets being 0.
struct Plan
{
   long         order_ticket;
   long         position_ticket;
   SeenOrder    order;
   SeenPosition position;
   double       qty;
   bool         closes_all;
};

bool IsTarget(const SeenPosition &position, const Command &command)
{
   return(position.symbol == command.symbol && position.buy == (command.side == "sell"));
}

// The position that a close would reduce, or -1; a close whose side would add to it finds none. On a netting
// account there is one position per symbol, whoever opened it.
int ClosablePosition(const SeenPosition &positions[], const Command &command)
{
   int first = -1;
   for(int i = 0; i < ArraySize(positions); i++)
   {
      if(!IsTarget(positions[i], command))
         continue;
      if(command.position_id != "")
      {
         if(IntegerToString(positions[i].identifier) == command.position_id)
            return(i);
         continue;
      }
      if(command.target_magic > 0 && positions[i].magic == command.target_magic)
         return(i);
      if(first < 0)
         first = i;
   }
   return(command.position_id == "" && !IsHedging() ? first : -1);
}

// The position a modify names, or the one that its order opened; -1 without one.
int ProtectedPosition(const SeenPosition &positions[], const Command &command)
{
   LoggedCommand opening;
   string position_id = command.position_id;
   if(position_id == "" && FindByMagic(command.magic, opening))
      position_id = PositionOf(opening.command.command_id);
   for(int i = 0; i < ArraySize(positions); i++)
      if(IntegerToString(positions[i].identifier) == position_id
         || (position_id == "" && positions[i].symbol == command.symbol && positions[i].magic == command.magic))
         return(i);
   return(-1);
}

int WorkingOrder(const Look &look, const Command &command)
{
   for(int i = 0; i < ArraySize(look.orders); i++)
      if(look.orders[i].is_live && look.orders[i].magic == command.magic && look.orders[i].symbol == command.symbol)
         return(i);
   return(-1);
}

// The order to close is itself in doubt: finding nothing now does not mean nothing will be there.
bool IsTargetOpenQuestion(const Command &command)
{
   LoggedCommand target;
   return(FindByMagic(command.target_magic, target)
          && (target.state == STATE_SEND_STARTED || target.state == STATE_DOUBT));
}

// The oldest position of a symbol; of two of one moment the one with the lower ticket.
int OldestPosition(const SeenPosition &positions[], const string symbol)
{
   int oldest = -1;
   for(int i = 0; i < ArraySize(positions); i++)
   {
      if(positions[i].symbol != symbol)
         continue;
      if(oldest < 0 || positions[i].opened_ms < positions[oldest].opened_ms
         || (positions[i].opened_ms == positions[oldest].opened_ms && positions[i].ticket < positions[oldest].ticket))
         oldest = i;
   }
   return(oldest);
}

// Empty, or why the account does not let this position be closed before another one. MQL5 Reference, ACCOUNT_FIFO_CLOSE.
// It is not turned to the oldest: that one may be another trade's, and would be closed in the name of this one.
string FifoProblem(const SeenPosition &positions[], const int index)
{
   if(!IsFifo())
      return("");
   int oldest = OldestPosition(positions, positions[index].symbol);
   if(oldest == index)
      return("");
   return("position " + IntegerToString(positions[oldest].identifier) + " is older, and this account closes first in, first out");
}

ENUM_GATE PlanClose(const SeenPosition &positions[], const Command &command, Plan &plan, Refusal &refusal)
{
   int index = ClosablePosition(positions, command);
   if(index < 0)
      return(IsTargetOpenQuestion(command) ? GATE_DROP
             : Refuse(refusal, "CLOSE_NOTHING_OPEN", "no position of this trade is open"));
   string problem = FifoProblem(positions, index);
   if(problem != "")
      return(Refuse(refusal, "NODE_FIFO", problem));
   plan.position = positions[index];
   plan.position_ticket = positions[index].ticket;
   // An exit is rounded down to the step, and never asks for more than is there.
   double lots = MathMin(OnStep(command.symbol, command.qty / ContractSize(command.symbol)), positions[index].lots);
   if(lots <= 0.0)
      return(Refuse(refusal, "NODE_VOLUME", DecimalText(command.qty) + " units are less than one step"));
   plan.qty = lots * ContractSize(command.symbol);
   plan.closes_all = IsSameAmount(lots, positions[index].lots);
   return(GATE_OPEN);
}

// Looks at what the command needs to know. GATE_DROP when the terminal could not be looked at.
ENUM_GATE MakePlan(const Command &command, const bool by_whole_look, Plan &plan, Refusal &refusal)
{
   SeenPosition positions[];
   ZeroMemory(plan);
   if(command.kind == KIND_SUBMIT)
      return(GATE_OPEN);
   if(command.kind == KIND_CLOSE && !by_whole_look)
      return(LookAtPositions(positions) ? PlanClose(positions, command, plan, refusal) : GATE_DROP);
   if(!LookNow(false))
      return(GATE_DROP);
   if(command.kind == KIND_CLOSE)
      return(PlanClose(g_look.positions, command, plan, refusal));
   int order = WorkingOrder(g_look, command);
   int position = command.kind == KIND_MODIFY ? ProtectedPosition(g_look.positions, command) : -1;
   if(position >= 0)
   {
      plan.position = g_look.positions[position];
      plan.position_ticket = plan.position.ticket;
   }
   else if(order >= 0)
   {
      plan.order = g_look.orders[order];
      plan.order_ticket = plan.order.ticket;
   }
   return(GATE_OPEN);
}

// Empty, or why a pending order cannot rest at its price: on the wrong side of the market, or too near.
string PendingProblem(const Command &command, const MqlTick &tick)
{
   double point = SymbolInfoDouble(command.symbol, SYMBOL_POINT);
   double distance = (double)SymbolInfoInteger(command.symbol, SYMBOL_TRADE_STOPS_LEVEL) * point - point / 2;
   bool buy = (command.side == "buy");
   double market = buy ? tick.ask : tick.bid;
   bool below = buy == (command.order_type == "limit");
   double room = below ? market - command.price : command.price - market;
   if(command.price <= 0.0 || room < distance)
      return("the price is nearer to the market than the broker allows");
   return("");
}

string EntryProblem(const Command &command)
{
   MqlTick tick;
   bool buy = (command.side == "buy");
   string problem = VolumeProblem(command.symbol, command.qty / ContractSize(command.symbol));
   // Without a quote nothing can be measured; the server, which has one, will say.
   if(problem != "" || !Quote(command.symbol, tick))
      return(problem);
   double base = buy ? tick.bid : tick.ask;
   if(command.order_type != "market")
   {
      problem = PendingProblem(command, tick);
      base = command.order_type == "stop_limit" ? command.stop_limit_price : command.price;
   }
   return(problem != "" ? problem : StopsProblem(command.symbol, buy, base, command.sl, command.tp));
}

// Only what is to be changed is measured: a level may long stand nearer than a new one could be put.
string ProtectionProblem(const Command &command, const Plan &plan)
{
   MqlTick tick;
   if(!Quote(command.symbol, tick))
      return("");
   double sl = IsSameAmount(command.sl, plan.position.sl) ? 0.0 : command.sl;
   double tp = IsSameAmount(command.tp, plan.position.tp) ? 0.0 : command.tp;
   return(StopsProblem(command.symbol, plan.position.buy, plan.position.buy ? tick.bid : tick.ask, sl, tp));
}

// What the broker would surely refuse is not sent.
ENUM_GATE TermsGate(const Command &command, const Plan &plan, Refusal &refusal)
{
   ENUM_ORDER_TYPE_FILLING filling;
   string problem = "";
   if(command.kind == KIND_SUBMIT)
      problem = EntryProblem(command);
   if(command.kind == KIND_MODIFY && plan.position_ticket > 0)
      problem = ProtectionProblem(command, plan);
   if(problem != "")
      return(Refuse(refusal, "NODE_TERMS", problem));
   bool frozen = plan.order_ticket > 0 ? IsFrozen(command.symbol, plan.order.price)
                 : plan.position_ticket > 0
                   && (IsFrozen(command.symbol, plan.position.sl) || IsFrozen(command.symbol, plan.position.tp));
   if(frozen)
      return(Refuse(refusal, FROZEN, "the market is about to reach it: the broker freezes it"));
   bool pending = command.kind == KIND_SUBMIT && command.order_type != "market";
   if(MakesOrder(command) && !ChooseFilling(command.symbol, pending, filling))
      return(Refuse(refusal, "NODE_FILLING", "the symbol allows no filling that could be asked for"));
   return(GATE_OPEN);
}

// Under Market execution the server fills at its own price. Elsewhere it wants the one we saw and the distance that
// a fill may have from it.
void PriceMarketOrder(const Command &command, MqlTradeRequest &request)
{
   MqlTick tick;
   long mode = SymbolInfoInteger(command.symbol, SYMBOL_TRADE_EXEMODE);
   bool at_any_price = command.kind == KIND_CLOSE || command.deviation_points <= 0;
   bool by_server = mode == SYMBOL_TRADE_EXECUTION_MARKET || mode == SYMBOL_TRADE_EXECUTION_EXCHANGE;
   if((by_server && at_any_price) || !Quote(command.symbol, tick))
      return;
   request.price = request.type == ORDER_TYPE_BUY ? tick.ask : tick.bid;
   request.deviation = at_any_price ? ANY_DEVIATION_POINTS : (ulong)command.deviation_points;
}

void FillOrderRequest(const Command &command, const Plan &plan, MqlTradeRequest &request)
{
   bool pending = command.kind == KIND_SUBMIT && command.order_type != "market";
   double qty = plan.qty > 0.0 ? plan.qty : command.qty;
   request.action = pending ? TRADE_ACTION_PENDING : TRADE_ACTION_DEAL;
   request.type = OrderTypeOf(command);
   if(command.kind == KIND_CLOSE)
      request.type = command.side == "buy" ? ORDER_TYPE_BUY : ORDER_TYPE_SELL;
   request.volume = OnStep(command.symbol, qty / ContractSize(command.symbol));
   // The magic is the order's identity, the comment a hint for people; the terminal cuts it at 31 characters.
   request.magic = (ulong)command.magic;
   request.comment = StringSubstr(command.comment, 0, 26);
   request.position = (ulong)plan.position_ticket;
   ChooseFilling(command.symbol, pending, request.type_filling);
   if(!pending)
      PriceMarketOrder(command, request);
   else
   {
      request.price = OnTickSize(command.symbol, command.price);
      request.stoplimit = OnTickSize(command.symbol, command.stop_limit_price);
      request.type_time = ChooseLifetime(command.symbol, command.working_until_ms > 0);
      // In whole seconds of the broker's clock, rounded up.
      if(request.type_time == ORDER_TIME_SPECIFIED)
         request.expiration = (datetime)((command.working_until_ms + g_broker_offset_ms + 999) / 1000);
   }
   if(command.kind == KIND_SUBMIT)
   {
      request.sl = OnTickSize(command.symbol, command.sl);
      request.tp = OnTickSize(command.symbol, command.tp);
   }
}

void FillChangeRequest(const Command &command, const Plan &plan, MqlTradeRequest &request)
{
   request.sl = OnTickSize(command.symbol, command.sl);
   request.tp = OnTickSize(command.symbol, command.tp);
   if(plan.position_ticket > 0)
   {
      request.action = TRADE_ACTION_SLTP;
      request.position = (ulong)plan.position_ticket;
      return;
   }
   request.action = TRADE_ACTION_MODIFY;
   request.order = (ulong)plan.order_ticket;
   request.price = command.price > 0.0 ? OnTickSize(command.symbol, command.price) : plan.order.price;
   request.stoplimit = OnTickSize(command.symbol, command.stop_limit_price);
   // What a modify leaves out the server would take away.
   request.type_time = (ENUM_ORDER_TYPE_TIME)plan.order.lifetime;
   request.expiration = (datetime)plan.order.expires_s;
}

void FillRequest(const Command &command, const Plan &plan, MqlTradeRequest &request)
{
   ZeroMemory(request);
   request.symbol = command.symbol;
   if(command.kind == KIND_CANCEL)
   {
      request.action = TRADE_ACTION_REMOVE;
      request.order = (ulong)plan.order_ticket;
   }
   else if(command.kind == KIND_MODIFY)
      FillChangeRequest(command, plan, request);
   else
      FillOrderRequest(command, plan, request);
}
