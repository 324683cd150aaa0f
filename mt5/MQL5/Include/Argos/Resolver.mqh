// Judges the open doubts by a completed look: what the scanner found is adopted already, this is about the rest.

#include <Argos/Executor.mqh>

bool IsTargetOpen(const Command &command)
{
   if(command.kind == KIND_SUBMIT)
      return(false);
   if(command.kind == KIND_CLOSE)
      return(ClosablePosition(g_look.positions, command) >= 0);
   bool working = WorkingOrder(g_look, command) >= 0;
   if(command.kind == KIND_CANCEL)
      return(working);
   // A repeat must not undo a modify that came after this one.
   return(!HasNewerModify(command) && (working || ProtectedPosition(g_look.positions, command) >= 0));
}

// What became of a cancel or modify, where its order or position shows it; empty where nothing does.
string OutcomeOfChange(const Command &command)
{
   LoggedCommand target;
   if(command.kind == KIND_MODIFY)
   {
      int i = ProtectedPosition(g_look.positions, command);
      bool as_wanted = i >= 0 && IsSameAmount(g_look.positions[i].sl, command.sl) && IsSameAmount(g_look.positions[i].tp, command.tp);
      return(as_wanted ? VENUE_FILLED : "");
   }
   if(command.kind != KIND_CANCEL)
      return("");
   if(FindByMagic(command.magic, target) && IsEnded(target.venue_state))
      return(target.venue_state);
   for(int i = 0; i < ArraySize(g_look.orders); i++)
      if(g_look.orders[i].magic == command.magic && !g_look.orders[i].by_broker && IsEnded(g_look.orders[i].state))
         return(g_look.orders[i].state);
   return("");
}

void ConcludeChange(const LoggedCommand &row, const string outcome)
{
   if(!Begin(true))
      return;
   SetState(row.command.command_id, STATE_DONE);
   TellChange(row, outcome, "");
   Commit();
}

void ConcludeNotFound(const LoggedCommand &row, const DoubtWatch &watch)
{
   if(!Begin(true))
      return;
   SetState(row.command.command_id, STATE_NOT_FOUND);
   TellAbout(row, "not_found", WholeField("looks", watch.looks) + "," + WholeField("seconds", (TicksMs() - watch.since_ms) / 1000));
   Commit();
}

void JudgeRow(const LoggedCommand &row)
{
   if(DoubtIndex(row.command.command_id) < 0)
      BeginDoubt(row.command.command_id, 0);
   int index = DoubtIndex(row.command.command_id);
   CountLook(index, g_look.began_ms);
   string outcome = OutcomeOfChange(row.command);
   if(outcome != "")
   {
      ConcludeChange(row, outcome);
      return;
   }
   DoubtWatch watch = g_doubts[index];
   ENUM_DOUBT judged = JudgeDoubt(row, watch, IsTargetOpen(row.command));
   if(judged == DOUBT_NOT_FOUND)
      ConcludeNotFound(row, watch);
   else if(judged == DOUBT_SEND_AGAIN)
      SendAgain(row, watch.lease_until_ms);
}

// Takes the newest complete look into account.
void JudgeDoubts(void)
{
   LoggedCommand rows[];
   LoggedCommand now;
   int count = FindInState(STATE_DOUBT, rows);
   for(int i = 0; i < count; i++)
      JudgeRow(rows[i]);
   for(int i = ArraySize(g_doubts) - 1; i >= 0; i--)
      if(!FindCommand(g_doubts[i].command_id, now) || now.state != STATE_DOUBT)
         ForgetDoubt(i);
}

// At the start: a call without an answer is a doubt; doubts of before are watched anew.
void SettleJournal(void)
{
   LoggedCommand rows[];
   int count = FindInState(STATE_SEND_STARTED, rows);
   for(int i = 0; i < count; i++)
      LeaveInDoubt(rows[i], "the node stopped during the call", 0);
   count = FindInState(STATE_DOUBT, rows);
   for(int i = 0; i < count; i++)
      BeginDoubt(rows[i].command.command_id, 0);
}
