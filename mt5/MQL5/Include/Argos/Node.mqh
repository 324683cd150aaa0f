// The node's life, one short turn at a time: settle, look, say hello, then look, report and ask for work.
// MQL5 gives an expert one thread, and WebRequest blocks it: so every wait in here is short.

#include <Argos/Conversation.mqh>
#include <Argos/Lifetimes.mqh>
#include <Argos/Reports.mqh>
#include <Argos/Resolver.mqh>

#define LOOK_GAP_MS 250
#define LOOK_GAP_AWAITED_MS 50
#define REST_MS_MIN 50
#define REST_MS_MAX 2000

bool   g_has_key = false;
bool   g_begun = false;
string g_enrol_code = "";
long   g_last_look_ms = 0;
long   g_rest_until_ms = 0;
long   g_rest_ms = REST_MS_MIN;

// The gateway did not answer: the next call waits, each time longer.
void RestFromGateway(void)
{
   g_rest_until_ms = TicksMs() + g_rest_ms;
   g_rest_ms = MathMin(2 * g_rest_ms, REST_MS_MAX);
}

void ReachedGateway(void)
{
   g_rest_ms = REST_MS_MIN;
}

long NextLookMs(void)
{
   long next_ms = MathMin(g_last_look_ms + g_settings.scan_ms, NextDoubtLookMs());
   if(g_look_wanted)
      next_ms = g_last_look_ms + LOOK_GAP_MS;
   if(AwaitsFill())
      next_ms = g_last_look_ms + LOOK_GAP_AWAITED_MS;
   return(next_ms);
}

// Looks when it is time to, and judges the doubts by what was seen.
void LookIfDue(void)
{
   if(TicksMs() < NextLookMs())
      return;
   bool looked = LookNow(false);
   g_last_look_ms = TicksMs();
   if(!looked)
      return;
   JudgeDoubts();
   EndOverdueOrders(g_look);
}

// One after the other. What stands behind a command that was dropped is dropped with it, if it is of the same symbol:
// the gateway leases them again, in order. How many are done.
int ExecuteAll(const Command &commands[], const long given_ms)
{
   string dropped = "|";
   int done = 0;
   for(int i = 0; i < ArraySize(commands); i++)
   {
      if(StringFind(dropped, "|" + commands[i].symbol + "|") >= 0)
         continue;
      if(Execute(commands[i], given_ms + commands[i].lease_ms))
         done++;
      else
         dropped += commands[i].symbol + "|";
   }
   return(done);
}

// False when the gateway could not be asked, or everything it gave was dropped.
bool PollOnce(const long until_ms)
{
   Command commands[];
   int wait_ms = (int)MathMax(0, MathMin(until_ms, NextLookMs()) - TicksMs());
   bool asked = AskForWork(wait_ms, commands);
   if(!asked)
   {
      RestFromGateway();
      return(false);
   }
   ReachedGateway();
   if(ArraySize(commands) == 0)
      return(true);
   bool done = ExecuteAll(commands, TicksMs() - g_answer_age_ms) > 0;
   if(!done)
      RestFromGateway();
   // At once, not at the next turn: the answer to our own call is news.
   if(g_look_wanted && LookNow(false))
   {
      g_last_look_ms = TicksMs();
      JudgeDoubts();
   }
   Report();
   return(done);
}

// One poll after the other, for as long as one may wait: work that comes while none is open waits for the next turn.
// Reports that did not come home are tried at the next turn.
void PollForAWhile(void)
{
   long until_ms = TicksMs() + g_settings.poll_wait_ms;
   while(PollOnce(until_ms) && TicksMs() < until_ms && !g_fenced && !IsStopped())
      LookIfDue();
}

void ObtainKey(void)
{
   g_has_key = ReadKeyFile();
   if(g_has_key || TicksMs() < g_rest_until_ms)
      return;
   string code = g_enrol_code == "" ? "NODE_KEY_MISSING" : Enrol(g_enrol_code);
   if(code == GATEWAY_AWAY)
      RestFromGateway();
   else if(code != "")
   {
      PrintFormat("this node has no key (%s): put it into %s, or give it a fresh enrolment code", code, g_settings.key_file);
      ExpertRemove();
   }
}

// A newer session of this node has taken over. What has happened has happened, so the reports still go out.
void EndFenced(void)
{
   Print("a newer epoch of this node has taken over: this one sends no more");
   Report();
   ExpertRemove();
}

// Whoever logs the terminal into another account must not have that one traded in this one's name.
void EndOnOtherAccount(void)
{
   PrintFormat("this journal is of login %s, and the terminal is on %s: nothing is done", IntegerToString(g_login),
               IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN)));
   ExpertRemove();
}

void TakeTurn(void)
{
   if(!g_has_key)
   {
      ObtainKey();
      return;
   }
   if(!g_begun)
   {
      g_begun = LookNow(true);
      if(!g_begun && g_login != 0 && !IsOwnLogin())
         EndOnOtherAccount();
      return;
   }
   LookIfDue();
   if(TicksMs() < g_rest_until_ms)
      return;
   if(g_epoch == 0)
   {
      if(SayHello())
         PrintFormat("working in epoch %s", IntegerToString(g_epoch));
      else
         RestFromGateway();
      return;
   }
   TellFlags();
   if(!Report())
      RestFromGateway();
   else
      PollForAWhile();
   // What was asked to be traded comes first; should this fail, the next poll asks for it again.
   if(g_rekey_wanted && !g_fenced)
      TakeNewKey();
   g_rekey_wanted = false;
   if(g_fenced)
      EndFenced();
}

// Empty, or why this node cannot start. What was begun before a crash is settled here, before anything else.
string BeginNode(void)
{
   BeginClock();
   string problem = OpenJournal(g_settings.journal_file, g_settings.account);
   if(problem == "")
      SettleJournal();
   return(problem);
}

// What is known goes home before the end, if the gateway is there; else after the next start.
void EndNode(void)
{
   if(g_journal != INVALID_HANDLE && g_epoch > 0 && !g_fenced)
      Report();
   CloseJournal();
}
