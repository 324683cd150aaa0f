// Builds the node's facts and puts them into the outbox. Stands inside the caller's transaction.

#include <Argos/JournalCommands.mqh>
#include <Argos/JournalFacts.mqh>
#include <Argos/Look.mqh>
#include <Argos/Quotes.mqh>

// A fact's id is a pure function of what it states, so a repeated observation repeats its id.
string FactId(const string kind, const string key)
{
   return(NamedUuid("fact:" + g_settings.account + ":" + kind + ":" + key));
}

void Tell(const string fact_id, const string kind, const string order_id, const string command_id, const string body)
{
   string text = "{" + Field("fact_id", fact_id) + "," + Field("kind", kind) + "," + OptionalField("order_id", order_id) + ","
                 + OptionalField("command_id", command_id) + "," + Field("at", MomentText(NowMs())) + "," + body + "}";
   PutFact(fact_id, command_id, kind, text);
}

// About a command: one fact per kind and attempt.
void TellAbout(const LoggedCommand &row, const string kind, const string body)
{
   string fact_id = FactId(kind, row.command.command_id + ":" + IntegerToString(row.attempt));
   string told = Field("command_kind", row.command.kind) + "," + WholeField("attempt", row.attempt);
   Tell(fact_id, kind, row.command.order_id, row.command.command_id, body == "" ? told : told + "," + body);
}

// The quote at the moment of sending, and the one that stood when the gateway received the alert.
void TellSendStarted(const LoggedCommand &row, const long quote_ms)
{
   KeptQuote then;
   string arrival = OptionalField("arrival_bid", "") + "," + OptionalField("arrival_ask", "") + "," + OptionalField("arrival_quote_at", "");
   if(QuoteThen(row.command.symbol, row.command.alert_received_ms, then))
      arrival = NumberField("arrival_bid", then.bid) + "," + NumberField("arrival_ask", then.ask) + ","
                + Field("arrival_quote_at", MomentText(then.at_ms));
   TellAbout(row, "send_started", OptionalField("bid", row.bid) + "," + OptionalField("ask", row.ask) + ","
             + OptionalField("quote_at", quote_ms > 0 ? MomentText(quote_ms) : "") + "," + arrival);
}

// A close tells in `qty` how much it asked for. That may be less than the command said, and the command may have said
// less than at its first lease, of which the gateway keeps the quantity.
void TellAccepted(const LoggedCommand &row, const string venue_order_id, const string state)
{
   string body = Field("venue_order_id", venue_order_id) + "," + Field("state", state);
   if(row.sent_qty > 0.0)
      body += "," + NumberField("qty", row.sent_qty);
   TellAbout(row, "accepted", body);
}

// The end of an order that was not a complete fill; any other state is told by its fills.
void TellEnded(const LoggedCommand &row, const string venue_order_id, const string state, const string text)
{
   if(state != VENUE_CANCELED && state != VENUE_EXPIRED && state != VENUE_REJECTED)
      return;
   string body = Field("venue_order_id", venue_order_id) + "," + Field("text", text);
   if(state == VENUE_REJECTED)
      body += "," + Field("code", "VENUE_REJECTED");
   TellAbout(row, state, body);
}

// `rejected` is the broker's no, `unsent` ours.
void TellRefused(const LoggedCommand &row, const string kind, const string code, const string text)
{
   TellAbout(row, kind, Field("code", code) + "," + Field("text", text));
}

// What became of a cancel or modify, from the state in which its order then was.
void TellChange(const LoggedCommand &row, const string state, const string text)
{
   bool is_cancel = (row.command.kind == KIND_CANCEL);
   if(is_cancel && state == VENUE_CANCELED)
      TellAbout(row, "canceled", Field("text", text));
   else if(is_cancel && state == VENUE_WORKING)
      TellAbout(row, "accepted", Field("venue_order_id", "") + "," + Field("state", state));
   else if(!is_cancel && (state == VENUE_WORKING || state == VENUE_FILLED))
      TellAbout(row, "modified", LevelField("price", row.command.price) + "," + LevelField("sl", row.command.sl) + ","
                + LevelField("tp", row.command.tp));
   else
      TellRefused(row, "rejected", is_cancel ? "CANCEL_TOO_LATE" : "MODIFY_TOO_LATE",
                  text == "" ? "the order is " + state : text);
}

string EntryName(const long entry)
{
   switch((int)entry)
   {
      case DEAL_ENTRY_OUT:
         return("out");
      case DEAL_ENTRY_INOUT:
         return("inout");
      case DEAL_ENTRY_OUT_BY:
         return("out_by");
      default:
         return("in");
   }
}

// Rollovers, margin variations and splits have no word of their own with us: nobody's command, so a person's.
string ReasonName(const long reason)
{
   switch((int)reason)
   {
      case DEAL_REASON_EXPERT:
         return("command");
      case DEAL_REASON_SL:
         return("sl");
      case DEAL_REASON_TP:
         return("tp");
      case DEAL_REASON_SO:
         return("stop_out");
      default:
         return("manual");
   }
}

// MT5 books what we pay as a negative amount; with us a cost is positive. The broker's own clock travels along raw.
string ExecutionJson(const SeenDeal &deal)
{
   return(Field("venue_exec_id", IntegerToString(deal.ticket)) + "," + Field("venue_order_id", IntegerToString(deal.order)) + ","
          + Field("position_id", IntegerToString(deal.position_id)) + "," + Field("symbol", deal.symbol) + ","
          + Field("side", deal.type == DEAL_TYPE_SELL ? "sell" : "buy") + "," + Field("entry", EntryName(deal.entry)) + ","
          + NumberField("price", deal.price) + "," + NumberField("qty", deal.lots * ContractSize(deal.symbol)) + ","
          + NumberField("commission", -deal.commission) + "," + NumberField("swap", -deal.swap) + ","
          + NumberField("fee", -deal.fee) + "," + NumberField("profit", deal.profit) + ","
          + Field("reason", ReasonName(deal.reason)) + "," + Field("occurred_at", MomentText(UtcOfBroker(deal.broker_ms))) + ","
          + Field("magic", IntegerToString(deal.magic)) + "," + Field("client_order_id", "") + ","
          + Field("comment", deal.comment) + "," + WholeField("venue_reason", deal.reason) + ","
          + WholeField("venue_time_ms", deal.broker_ms) + "," + WholeField("broker_offset_ms", g_broker_offset_ms));
}

void TellFill(const LoggedCommand &row, const SeenDeal &deal)
{
   Tell(FactId("execution", IntegerToString(deal.ticket)), "fill", row.command.order_id, row.command.command_id,
        ExecutionJson(deal) + "," + OptionalField("bid_at_send", row.bid) + "," + OptionalField("ask_at_send", row.ask));
}

// An execution that no command of ours asked for; `opening_order_id` is the order whose position it closed.
void TellDeal(const SeenDeal &deal, const string opening_order_id)
{
   Tell(FactId("execution", IntegerToString(deal.ticket)), "deal", "", "",
        ExecutionJson(deal) + "," + OptionalField("opening_order_id", opening_order_id));
}

// A booking on the account that belongs to no execution, in the broker's own numbers and words, its own clock
// included: the same booking must be told in the same words for ever. `amount` is what it did to the balance.
void TellCharge(const SeenDeal &deal)
{
   double amount = deal.profit + deal.commission + deal.swap + deal.fee;
   string charge = "{" + Field("ticket", IntegerToString(deal.ticket)) + "," + Field("type", IntegerToString(deal.type)) + ","
                   + NumberField("amount", amount) + "," + Field("venue_time_ms", IntegerToString(deal.broker_ms)) + ","
                   + Field("comment", deal.comment) + "}";
   Tell(FactId("snapshot", "charge:" + IntegerToString(deal.ticket)), "snapshot", "", "", RawField("charge", charge));
}

string PositionJson(const SeenPosition &position)
{
   return("{" + Field("symbol", position.symbol) + "," + Field("side", position.buy ? "buy" : "sell") + ","
          + NumberField("qty", position.lots * ContractSize(position.symbol)) + "," + NumberField("price_open", position.price_open) + ","
          + Field("position_id", IntegerToString(position.identifier)) + "," + LevelField("sl", position.sl) + ","
          + LevelField("tp", position.tp) + "," + Field("magic", IntegerToString(position.magic)) + ","
          + Field("client_order_id", "") + "}");
}

string PositionsJson(const SeenPosition &positions[])
{
   string list = "";
   for(int i = 0; i < ArraySize(positions); i++)
      list += (i == 0 ? "" : ",") + PositionJson(positions[i]);
   return("[" + list + "]");
}

void TellPositions(const string positions_json, const long taken_at_ms)
{
   string taken_at = MomentText(taken_at_ms);
   Tell(FactId("position", taken_at + ":" + positions_json), "position", "", "",
        Field("taken_at", taken_at) + "," + RawField("positions", positions_json));
}
