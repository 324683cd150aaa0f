// Three clocks: this machine's, the gateway's and the broker's. All moments here are Unix milliseconds in UTC.

#define CLOCK_TRUSTED_MS 500
#define OFFSETS_KEPT 8
#define QUARTER_HOUR_MS 900000

// MQL5 tells UTC in whole seconds. Milliseconds come from the tick counter, pinned to every second that was seen.
long g_clock_base_ms = 0;
// Gateway minus own. An answer's way here makes each too small, so the largest is the nearest.
long g_gateway_offsets[];
long g_heard_at_ms = 0;
// How old the newest answer was when it was read: a lease in it has run that long already.
long g_answer_age_ms = 0;
// Broker minus UTC, whole quarters of an hour.
long g_broker_offset_ms = 0;

long TicksMs(void)
{
   return((long)GetTickCount64());
}

// This machine's clock.
long OwnNowMs(void)
{
   long ticks = TicksMs();
   long second = (long)TimeGMT() * 1000;
   long low = second - ticks;
   if(g_clock_base_ms < low || g_clock_base_ms > low + 999)
      g_clock_base_ms = g_clock_base_ms < low ? low : low + 999;
   return(ticks + g_clock_base_ms);
}

// Waits for the edge of a second, a second at most: from then on the milliseconds are right.
void BeginClock(void)
{
   datetime second = TimeGMT();
   while(TimeGMT() == second && !IsStopped())
      Sleep(1);
   OwnNowMs();
}

// How long the gateway has been silent; the whole of a lifetime before its first word.
long SilenceMs(void)
{
   return(g_heard_at_ms == 0 ? LONG_MAX : TicksMs() - g_heard_at_ms);
}

// The gateway's time where the own clock is clearly wrong, else the own.
long NowMs(void)
{
   int count = ArraySize(g_gateway_offsets);
   if(count == 0)
      return(OwnNowMs());
   long offset = g_gateway_offsets[0];
   for(int i = 1; i < count; i++)
      offset = MathMax(offset, g_gateway_offsets[i]);
   if(offset >= -CLOCK_TRUSTED_MS && offset <= CLOCK_TRUSTED_MS)
      offset = 0;
   return(OwnNowMs() + offset);
}

void HeardGateway(const long server_time_ms)
{
   int count = ArraySize(g_gateway_offsets);
   if(count < OFFSETS_KEPT)
      ArrayResize(g_gateway_offsets, ++count);
   for(int i = count - 1; i > 0; i--)
      g_gateway_offsets[i] = g_gateway_offsets[i - 1];
   g_gateway_offsets[0] = server_time_ms - OwnNowMs();
   g_heard_at_ms = TicksMs();
   g_answer_age_ms = MathMax(0, NowMs() - server_time_ms);
}

// Every epoch that the terminal gives is the broker's clock written as if it were UTC. Brokers live in time zones,
// so the difference to UTC is a whole number of quarter hours; what is left over is delay and wrong clocks.
void EstimateBrokerOffset(void)
{
   long difference = (long)TimeTradeServer() * 1000 - NowMs();
   long quarters = (long)MathRound((double)difference / QUARTER_HOUR_MS);
   g_broker_offset_ms = quarters * QUARTER_HOUR_MS;
}

long UtcOfBroker(const long broker_ms)
{
   return(broker_ms - g_broker_offset_ms);
}
