// When a doubt ends, from what was seen. A look that failed is no part of it.

#include <Argos/Session.mqh>

enum ENUM_DOUBT
{
   DOUBT_WAIT,
   DOUBT_SEND_AGAIN,
   DOUBT_NOT_FOUND
};

// One doubt, in ticks. A clean look is a complete one, begun after the doubt, without a trace of the command.
struct DoubtWatch
{
   string command_id;
   long   since_ms;
   int    looks;
   long   first_look_ms;
   long   last_look_ms;
   long   lease_until_ms;     // 0 after a restart: that lease counts as over
};

// The open doubts of this process: looks before a restart do not count.
DoubtWatch g_doubts[];

// Looks after the doubt began, besides those of the periodic scan; then one a minute.
const int DOUBT_SCHEDULE_MS[] = {1000, 2000, 5000, 10000, 30000, 60000};

int DoubtIndex(const string command_id)
{
   for(int i = 0; i < ArraySize(g_doubts); i++)
      if(g_doubts[i].command_id == command_id)
         return(i);
   return(-1);
}

void BeginDoubt(const string command_id, const long lease_until_ms)
{
   int index = DoubtIndex(command_id);
   if(index < 0)
   {
      index = ArraySize(g_doubts);
      ArrayResize(g_doubts, index + 1, 16);
   }
   g_doubts[index].command_id = command_id;
   g_doubts[index].since_ms = TicksMs();
   g_doubts[index].looks = 0;
   g_doubts[index].first_look_ms = 0;
   g_doubts[index].last_look_ms = 0;
   g_doubts[index].lease_until_ms = lease_until_ms;
}

void ForgetDoubt(const int index)
{
   int last = ArraySize(g_doubts) - 1;
   if(index != last)
      g_doubts[index] = g_doubts[last];
   ArrayResize(g_doubts, last);
}

// Counts a complete look, unless it had begun before the doubt.
void CountLook(const int index, const long began_ms)
{
   if(began_ms < g_doubts[index].since_ms)
      return;
   g_doubts[index].last_look_ms = TicksMs();
   if(g_doubts[index].looks == 0)
      g_doubts[index].first_look_ms = g_doubts[index].last_look_ms;
   g_doubts[index].looks++;
}

// When the schedule wants the next look at any doubt; LONG_MAX without one.
long NextDoubtLookMs(void)
{
   long next_ms = LONG_MAX;
   int steps = ArraySize(DOUBT_SCHEDULE_MS);
   for(int i = 0; i < ArraySize(g_doubts); i++)
   {
      long last_ms = MathMax(g_doubts[i].last_look_ms, g_doubts[i].since_ms);
      long own_ms = last_ms + DOUBT_SCHEDULE_MS[steps - 1];
      for(int step = steps - 1; step >= 0; step--)
         if(g_doubts[i].since_ms + DOUBT_SCHEDULE_MS[step] > last_ms)
            own_ms = g_doubts[i].since_ms + DOUBT_SCHEDULE_MS[step];
      next_ms = MathMin(next_ms, own_ms);
   }
   return(next_ms);
}

// `target_open`: what a close, cancel or modify would act on is still there. Entries are never sent again: nothing
// at MT5 keeps a second one from being filled. Closes are after the full wait, or sooner if they take all of a
// position, since nothing is left for a late first one. Cancels and modifies say how it shall be.
bool MayRepeat(const LoggedCommand &row, const DoubtWatch &watch, const bool target_open, const bool long_enough)
{
   if(row.command.kind == KIND_SUBMIT || !target_open || row.attempt >= g_settings.attempts_max
      || !MaySendAgain(!row.command.is_exit))
      return(false);
   if(row.command.kind != KIND_CLOSE)
      return(true);
   return(long_enough || (watch.looks >= g_settings.doubt_looks_min && row.closes_all));
}

ENUM_DOUBT JudgeDoubt(const LoggedCommand &row, const DoubtWatch &watch, const bool target_open)
{
   if(watch.looks == 0)
      return(DOUBT_WAIT);
   bool long_enough = watch.looks >= g_settings.doubt_looks_min
                      && watch.last_look_ms - watch.first_look_ms >= g_settings.doubt_window_ms;
   if(MayRepeat(row, watch, target_open, long_enough))
      return(DOUBT_SEND_AGAIN);
   if(!long_enough || (row.command.valid_until_ms > 0 && NowMs() < row.command.valid_until_ms))
      return(DOUBT_WAIT);
   // An exit that could be sent again, were it not for a brake or a silent gateway, goes on waiting.
   bool held_up = row.command.kind != KIND_SUBMIT && target_open && row.attempt < g_settings.attempts_max
                  && !MaySendAgain(!row.command.is_exit);
   return(held_up ? DOUBT_WAIT : DOUBT_NOT_FOUND);
}
