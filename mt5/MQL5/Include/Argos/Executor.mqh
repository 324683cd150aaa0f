// One command from its arrival to its answer: seen before? at the broker already? still allowed? then sent.

#include <Argos/Sender.mqh>

#define AGAIN_PAUSE_MS 100

// A lease counts as a further attempt when an earlier one went to another log, or was given up here.
bool MayBeOutElsewhere(const Command &command)
{
   return(command.attempt > 1 && MakesOrder(command));
}

// Another log may have sent it just now: only looking for long enough tells that it did not.
bool DoubtUnseen(const LoggedCommand &row, const string why)
{
   LoggedCommand written = row;
   written.state = STATE_SEND_STARTED;
   if(!Begin(true))
      return(false);
   PutCommand(written, 0);
   if(!Commit())
      return(false);
   LeaveInDoubt(written, "leased to another log before, and there is no trace of it so far; " + why, 0);
   return(true);
}

// Not sent by this log, which ends the command, unless another one may have sent it.
bool EndUnsent(const LoggedCommand &row, const bool known, const Refusal &refusal)
{
   if(MayBeOutElsewhere(row.command) && !known)
      return(DoubtUnseen(row, refusal.text));
   LoggedCommand written = row;
   written.state = STATE_UNSENT;
   written.attempt = row.command.attempt;
   if(!Begin(true))
      return(false);
   PutCommand(written, 0);
   TellRefused(written, "unsent", refusal.code, refusal.text);
   return(Commit());
}

// Takes a command that the broker has already seen, but this journal had not, as ours.
bool AdoptUnknown(const LoggedCommand &row)
{
   LoggedCommand written = row;
   written.state = STATE_ANSWERED;
   if(!Begin(true))
      return(false);
   PutCommand(written, 0);
   return(Commit() && Observe(g_look));
}

ENUM_GATE PlanAgain(const Sending &sending, Plan &plan)
{
   Refusal refusal;
   Sleep(AGAIN_PAUSE_MS);
   ENUM_GATE gate = MakePlan(sending.row.command, true, plan, refusal);
   if(gate == GATE_OPEN && (TicksMs() >= sending.lease_until_ms || g_fenced || IsBraked(!sending.row.command.is_exit)))
      gate = GATE_DROP;
   return(gate);
}

// Sends; a close refused for now, or a refused cancel, is tried again under its lease, and looks first.
bool SendWithTries(Sending &sending)
{
   Plan plan;
   for(int tries_left = g_settings.attempts_max; tries_left > 0; tries_left--)
   {
      ENUM_SENT sent = Send(sending);
      if(sent != SENT_FOR_NOW_NO)
         return(sent == SENT_OVER);
      if(tries_left == 1 || PlanAgain(sending, plan) != GATE_OPEN)
         break;
      sending.plan = plan;
      sending.row.attempt++;
   }
   WriteLastRefusal(sending);
   return(true);
}

// A frozen order or position may thaw in a moment: a close or a cancel waits for that under its lease, a few looks long.
// A modify does not: where the level was wanted, the market is by then. What is refused otherwise stays refused.
ENUM_GATE AwaitThaw(Sending &sending, const bool by_whole_look, Refusal &refusal)
{
   ENUM_GATE gate = TermsGate(sending.row.command, sending.plan, refusal);
   for(int tries_left = g_settings.attempts_max - 1; tries_left > 0; tries_left--)
   {
      bool waits = gate == GATE_REFUSE && refusal.code == FROZEN && sending.row.command.kind != KIND_MODIFY;
      if(!waits || TicksMs() + AGAIN_PAUSE_MS >= sending.lease_until_ms)
         return(gate);
      Sleep(AGAIN_PAUSE_MS);
      gate = MakePlan(sending.row.command, by_whole_look, sending.plan, refusal);
      if(gate == GATE_OPEN)
         gate = TermsGate(sending.row.command, sending.plan, refusal);
   }
   return(gate);
}

bool SendFirst(const LoggedCommand &row, const bool known, const long lease_until_ms)
{
   Refusal refusal;
   Sending sending;
   ENUM_GATE gate = SendGate(row.command, lease_until_ms, refusal);
   sending.row = row;
   sending.lease_until_ms = lease_until_ms;
   if(gate == GATE_OPEN)
      gate = MakePlan(row.command, known, sending.plan, refusal);
   if(gate == GATE_OPEN)
      gate = AwaitThaw(sending, known, refusal);
   // The looks may have taken a while: nothing stands between this gate and the call.
   if(gate == GATE_OPEN)
      gate = SendGate(row.command, lease_until_ms, refusal);
   if(gate == GATE_DROP)
      return(false);
   if(gate == GATE_REFUSE)
      return(EndUnsent(row, known, refusal));
   sending.row.attempt = known ? MathMax(row.command.attempt, row.attempt + 1) : row.command.attempt;
   sending.repeat = known;
   return(SendWithTries(sending));
}

// A repeat that looks first; whatever stands in its way leaves the doubt as it was.
void SendAgain(const LoggedCommand &doubted, const long lease_until_ms)
{
   LoggedCommand row;
   Refusal refusal;
   Sending sending;
   if(MakePlan(doubted.command, true, sending.plan, refusal) != GATE_OPEN
      || TermsGate(doubted.command, sending.plan, refusal) != GATE_OPEN
      || !FindCommand(doubted.command.command_id, row) || row.state != STATE_DOUBT)
      return;
   bool expired = row.command.valid_until_ms > 0 && NowMs() >= row.command.valid_until_ms;
   bool leased = row.command.is_exit || TicksMs() < lease_until_ms;
   if(expired || !leased || !MaySendAgain(!row.command.is_exit) || TerminalGate(row.command, refusal) != GATE_OPEN)
      return;
   sending.row = row;
   sending.row.attempt++;
   sending.lease_until_ms = lease_until_ms;
   sending.repeat = true;
   SendWithTries(sending);
}

// True when the command's facts are in the journal. False: it left no trace, and the gateway leases it again.
bool Execute(const Command &command, const long lease_until_ms)
{
   LoggedCommand row;
   bool known = FindCommand(command.command_id, row);
   // A close that was looked for in vain may be leased once more; it looks again before it is sent.
   bool new_exit_attempt = known && row.state == STATE_NOT_FOUND && command.kind == KIND_CLOSE && command.attempt > row.attempt;
   if(known && !new_exit_attempt)
   {
      if(!Begin(false))
         return(false);
      ReportAgain(command.command_id);
      return(Commit());
   }
   row.command = command;
   if(!known)
   {
      row.attempt = command.attempt;
      row.sent_qty = 0.0;
      row.closes_all = false;
      row.bid = "";
      row.ask = "";
      row.venue_state = "";
      row.venue_order_id = "";
      row.state = "";
   }
   if(MayBeOutElsewhere(command))
   {
      if(!LookNow(true))
         return(false);
      if(Knows(g_look, command.magic))
         return(AdoptUnknown(row));
      if(command.kind == KIND_SUBMIT)
         return(DoubtUnseen(row, "it is not sent a second time here"));
   }
   return(SendFirst(row, known, lease_until_ms));
}
