// Writes down what a look shows that was not known: facts for the gateway, evidence for open commands.

#include <Argos/PassedOver.mqh>
#include <Argos/Reporter.mqh>

#define FULL_LOOK_EVERY_MS 86400000

Look   g_look;                      // the newest complete one
bool   g_looked = false;
string g_positions_told = "";       // as they were last put into the outbox
long   g_full_look_ms = 0;
bool   g_full_look_wanted = true;
bool   g_look_wanted = false;       // a trade transaction hinted at news

// Notes evidence; the first of it is also the broker's acceptance, unless it is a refusal.
void Adopt(const LoggedCommand &row, const string state, const string venue_order_id)
{
   if(state == row.venue_state)
      return;
   if(row.venue_state == "" && state != VENUE_REJECTED)
      TellAccepted(row, venue_order_id, state);
   NoteEvidence(row, state, venue_order_id);
}

double WantedQty(const LoggedCommand &row)
{
   return(row.sent_qty > 0.0 ? row.sent_qty : row.command.qty);
}

void SeeCharge(const SeenDeal &deal)
{
   string key = "charge:" + IntegerToString(deal.ticket);
   if(ExecutionOwner(key) != "")
   {
      PassOver(KeyOfDeal(deal.ticket));
      return;
   }
   PutExecution(key, "", false, "", 0.0);
   TellCharge(deal);
}

void SeeExecution(const SeenDeal &deal)
{
   if(deal.type != DEAL_TYPE_BUY && deal.type != DEAL_TYPE_SELL)
   {
      SeeCharge(deal);
      return;
   }
   string venue_exec_id = IntegerToString(deal.ticket);
   string venue_order_id = IntegerToString(deal.order);
   string known = ExecutionOwner(venue_exec_id);
   if(known != "" && known != "?")
   {
      PassOver(KeyOfDeal(deal.ticket));
      return;
   }
   LoggedCommand row;
   bool found = FindOwner(deal.magic, venue_order_id, row);
   if(known == "?" && !found)
      return;
   // A symbol that the broker has taken away cannot be one of ours, and without its contract size nothing true
   // can be said of the deal.
   if(!KnowSymbol(deal.symbol))
   {
      PrintFormat("deal %s of the unknown symbol %s is not reported", venue_exec_id, deal.symbol);
      return;
   }
   // Stops, targets and stop-outs carry the opening order's magic and are nobody's command.
   bool own = found && deal.reason == DEAL_REASON_EXPERT;
   double qty = deal.lots * ContractSize(deal.symbol);
   PutExecution(venue_exec_id, found ? row.command.command_id : "", own, IntegerToString(deal.position_id), qty);
   if(!own)
   {
      TellDeal(deal, found ? row.command.order_id : "");
      return;
   }
   TellFill(row, deal);
   bool complete = FilledQty(row.command.command_id) >= WantedQty(row) - 0.000000005;
   Adopt(row, complete ? VENUE_FILLED : VENUE_WORKING, venue_order_id);
}

void SeeOrder(const SeenOrder &order)
{
   LoggedCommand row;
   string venue_order_id = IntegerToString(order.ticket);
   if(order.by_broker || !FindOwner(order.magic, venue_order_id, row))
      return;
   if(IsEnded(row.venue_state))
   {
      if(!order.is_live)
         PassOver(KeyOfOrder(order.ticket));
      return;
   }
   TellEnded(row, venue_order_id, order.state, order.comment);
   Adopt(row, order.state, venue_order_id);
}

void SeePosition(const SeenPosition &position)
{
   LoggedCommand row;
   if(!FindByMagic(position.magic, row) || row.venue_state != "")
      return;
   bool complete = position.lots * ContractSize(position.symbol) >= WantedQty(row) - 0.000000005;
   Adopt(row, complete ? VENUE_FILLED : VENUE_WORKING, "");
}

// False when it could not be kept; then the next look sees the same again.
bool Observe(const Look &look)
{
   string positions_json = PositionsJson(look.positions);
   if(!Begin(false))
      return(false);
   // Fills first: an order's end says nothing about how much of it was filled.
   BeginPassingOver();
   for(int i = 0; i < ArraySize(look.deals); i++)
   {
      if(IsPassedOver(KeyOfDeal(look.deals[i].ticket)))
         PassOver(KeyOfDeal(look.deals[i].ticket));
      else
         SeeExecution(look.deals[i]);
   }
   for(int i = 0; i < ArraySize(look.orders); i++)
   {
      if(!look.orders[i].is_live && IsPassedOver(KeyOfOrder(look.orders[i].ticket)))
         PassOver(KeyOfOrder(look.orders[i].ticket));
      else
         SeeOrder(look.orders[i]);
   }
   for(int i = 0; i < ArraySize(look.positions); i++)
      SeePosition(look.positions[i]);
   if(positions_json != g_positions_told)
      TellPositions(positions_json, look.taken_at_ms);
   SetMeta("cursor", IntegerToString(look.cursor_s));
   if(!Commit())
      return(false);
   KeepPassingOver();
   g_positions_told = positions_json;
   return(true);
}

// A look begun now, written down. From as far back as the settings say at the start, after every lost connection and once
// a day; else from a while behind the last one. False when nothing was observed.
bool LookNow(const bool everything)
{
   bool full = everything || g_full_look_wanted || TicksMs() - g_full_look_ms >= FULL_LOOK_EVERY_MS;
   g_look_wanted = false;
   if(!TakeLook(full ? 0 : StringToInteger(Meta("cursor")), g_look))
   {
      // What happened while the connection was gone comes with its own, older time.
      g_full_look_wanted = true;
      return(false);
   }
   if(!Observe(g_look))
      return(false);
   g_looked = true;
   if(full)
   {
      g_full_look_wanted = false;
      g_full_look_ms = TicksMs();
   }
   return(true);
}
