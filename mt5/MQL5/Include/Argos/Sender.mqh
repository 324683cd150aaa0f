// One sending: the durable SEND_STARTED, the broker call, and its answer or the doubt it leaves.

#include <Argos/Doubt.mqh>
#include <Argos/Plan.mqh>
#include <Argos/Retcodes.mqh>

enum ENUM_SENT
{
   SENT_OVER,                 // the journal says how it ended
   SENT_FOR_NOW_NO,           // a close was refused only for now, or a cancel at all; nothing is written of that yet
   SENT_NOT_WRITTEN           // the journal could not be written, so nothing was sent
};

// `repeat`: this node has sent the command before, so a refusal says nothing about that one.
struct Sending
{
   LoggedCommand row;
   Plan          plan;
   long          lease_until_ms;
   bool          repeat;
   uint          retcode;
   string        text;
};

// A call of which no answer will come: evidence seen meanwhile stands, else it is doubt.
void LeaveInDoubt(const LoggedCommand &row, const string text, const long lease_until_ms)
{
   LoggedCommand now;
   if(!Begin(true))
      return;
   if(FindCommand(row.command.command_id, now) && now.venue_state != "")
   {
      SetState(row.command.command_id, IsEnded(now.venue_state) ? STATE_DONE : STATE_ANSWERED);
      Commit();
      return;
   }
   SetState(row.command.command_id, STATE_DOUBT);
   TellAbout(row, "in_doubt", Field("text", text));
   if(Commit())
      BeginDoubt(row.command.command_id, lease_until_ms);
}

void WriteRefusal(const Sending &sending, const string code, const string venue_code, const bool retryable)
{
   if(!Begin(true))
      return;
   SetState(sending.row.command.command_id, STATE_DONE);
   TellAbout(sending.row, "rejected", Field("code", code) + "," + Field("text", sending.text) + ","
             + Field("venue_code", venue_code) + "," + BoolField("retryable", retryable));
   Commit();
}

// There is nothing to cancel or modify: the order has ended, and with it, perhaps, the position that it opened.
void WriteGone(Sending &sending)
{
   LoggedCommand opening;
   Command command = sending.row.command;
   bool had_position = command.position_id != ""
                       || (FindByMagic(command.magic, opening) && PositionOf(opening.command.command_id) != "");
   if(command.kind == KIND_MODIFY && had_position)
   {
      sending.text = "the position is closed";
      WriteRefusal(sending, "VENUE_POSITION_CLOSED", IntegerToString(TRADE_RETCODE_POSITION_CLOSED), false);
      return;
   }
   sending.text = "no working order with magic " + IntegerToString(command.magic);
   WriteRefusal(sending, "VENUE_ORDER_GONE", "not_found", false);
}

// Ends a close or a cancel that was refused and cannot be tried again.
void WriteLastRefusal(const Sending &sending)
{
   WriteRefusal(sending, "VENUE_REFUSED", IntegerToString(sending.retcode), true);
}

// Written and on disk before anything is sent: from here on it may exist at the broker.
bool WriteStart(Sending &sending)
{
   MqlTick tick;
   long quote_ms = 0;
   sending.row.state = STATE_SEND_STARTED;
   sending.row.bid = "";
   sending.row.ask = "";
   sending.row.sent_qty = sending.plan.qty;
   sending.row.closes_all = sending.plan.closes_all;
   if(Quote(sending.row.command.symbol, tick))
   {
      sending.row.bid = DecimalText(tick.bid);
      sending.row.ask = DecimalText(tick.ask);
      quote_ms = UtcOfBroker(tick.time_msc);
   }
   if(!Begin(true))
      return(false);
   PutCommand(sending.row, NowMs());
   TellSendStarted(sending.row, quote_ms);
   return(Commit());
}

// The answer to an entry or a close. Fills and the order's end are told by the look that follows at once.
void WriteOrder(const Sending &sending, const MqlTradeResult &result)
{
   string venue_order_id = IntegerToString((long)result.order);
   bool filled = result.deal > 0 && result.retcode == TRADE_RETCODE_DONE;
   if(!Begin(false))
      return;
   SetState(sending.row.command.command_id, STATE_ANSWERED);
   TellAccepted(sending.row, venue_order_id, filled ? VENUE_FILLED : VENUE_WORKING);
   NoteEvidence(sending.row, VENUE_WORKING, venue_order_id);
   Commit();
   g_look_wanted = true;
}

// The answer to a cancel or modify speaks of the order it was to change.
void WriteChange(const Sending &sending, const uint retcode)
{
   LoggedCommand target;
   string state = VENUE_WORKING;
   if(sending.plan.position_ticket > 0)
      state = VENUE_FILLED;
   else if(sending.row.command.kind == KIND_CANCEL && retcode != TRADE_RETCODE_PLACED)
      state = VENUE_CANCELED;
   if(!Begin(false))
      return;
   SetState(sending.row.command.command_id, STATE_DONE);
   TellChange(sending.row, state, sending.text);
   if(FindByMagic(sending.row.command.magic, target))
      NoteEvidence(target, state, "");
   Commit();
   g_look_wanted = true;
}

// Whether the look shows that the order with this magic was canceled.
bool WasCanceled(const Look &look, const long magic)
{
   for(int i = 0; i < ArraySize(look.orders); i++)
      if(!look.orders[i].is_live && !look.orders[i].by_broker && look.orders[i].magic == magic)
         return(look.orders[i].state == VENUE_CANCELED);
   return(false);
}

// A cancel did its work before, and its answer, or the journal that knew of the order, was lost: nobody else will tell.
void WriteCanceledBefore(const Sending &sending)
{
   if(!Begin(true))
      return;
   SetState(sending.row.command.command_id, STATE_DONE);
   TellChange(sending.row, VENUE_CANCELED, "it was canceled before");
   Commit();
}

void WriteAnswer(const Sending &sending, const MqlTradeResult &result)
{
   if(MakesOrder(sending.row.command))
      WriteOrder(sending, result);
   else
      WriteChange(sending, result.retcode);
}

ENUM_SENT WriteNo(const Sending &sending, const ENUM_VERDICT verdict)
{
   string venue_code = IntegerToString(sending.retcode);
   if(sending.repeat)
   {
      LeaveInDoubt(sending.row, "a repeat was refused: " + venue_code + " " + sending.text, sending.lease_until_ms);
      return(SENT_OVER);
   }
   bool for_now = (verdict == VERDICT_REFUSED_FOR_NOW);
   // Exits do not expire. That an order be cancelled may be said as often as it takes, whatever the refusal.
   if(sending.row.command.kind == KIND_CANCEL || (for_now && sending.row.command.kind == KIND_CLOSE))
      return(SENT_FOR_NOW_NO);
   string code = "VENUE_REFUSED";
   if(verdict == VERDICT_POSITION_GONE)
      code = "VENUE_POSITION_CLOSED";
   if(verdict == VERDICT_NOT_PERMITTED)
      code = "VENUE_TRADING_DISABLED";
   WriteRefusal(sending, code, venue_code, for_now);
   return(SENT_OVER);
}

// Calls the broker once. Whatever the call does, the journal then says answered, refused or in doubt; a close that
// was refused only for now, or a refused cancel, is left to the caller, and should the process end first, it will be a doubt.
ENUM_SENT Send(Sending &sending)
{
   MqlTradeRequest request;
   MqlTradeResult result;
   bool changes_order = !MakesOrder(sending.row.command);
   FillRequest(sending.row.command, sending.plan, request);
   ZeroMemory(result);
   if(!WriteStart(sending))
      return(SENT_NOT_WRITTEN);
   if(changes_order && sending.plan.order_ticket == 0 && sending.plan.position_ticket == 0)
   {
      if(sending.row.command.kind == KIND_CANCEL && WasCanceled(g_look, sending.row.command.magic))
      {
         WriteCanceledBefore(sending);
         return(SENT_OVER);
      }
      WriteGone(sending);
      return(SENT_OVER);
   }
   ResetLastError();
   bool sent = OrderSend(request, result);
   sending.retcode = result.retcode;
   sending.text = result.comment;
   NoteAnswer(result.retcode);
   PrintFormat("%s %s: return code %u, error %d", sending.row.command.kind, sending.row.command.symbol, result.retcode,
               sent ? 0 : GetLastError());
   ENUM_VERDICT verdict = VerdictOf(result.retcode);
   if(verdict == VERDICT_NO_CHANGES)
      verdict = changes_order ? VERDICT_DONE : VERDICT_REFUSED;
   if(verdict == VERDICT_UNKNOWN)
      LeaveInDoubt(sending.row, "return code " + IntegerToString(result.retcode) + ": " + result.comment, sending.lease_until_ms);
   else if(verdict == VERDICT_DONE)
      WriteAnswer(sending, result);
   else
      return(WriteNo(sending, verdict));
   return(SENT_OVER);
}
