// What the node says to the gateway besides facts: hello once, then one short poll after the other.

#include <Argos/Session.mqh>
#include <Argos/Terminal.mqh>

#define SNAPSHOT_GAP_MS 250
#define INSTRUMENTS_GAP_MS 60000

bool   g_rekey_wanted = false;
string g_instruments = "";          // as they were last read, at that moment
long   g_terms_at_ms = 0;
string g_instruments_told = "";     // as the gateway knows them
long   g_instruments_looked_ms = 0;
long   g_snapshot_told_ms = 0;

// Offline a terminal tells values of long ago: they keep the moment at which they were read.
void ReadInstruments(void)
{
   g_instruments_looked_ms = TicksMs();
   if(TerminalInfoInteger(TERMINAL_CONNECTED) == 0)
      return;
   string instruments = InstrumentsJson();
   if(TerminalInfoInteger(TERMINAL_CONNECTED) == 0)
      return;
   g_instruments = instruments;
   g_terms_at_ms = NowMs();
}

bool Heard(const JsonDocument &answer)
{
   long server_time_ms = ParseMoment(JsonText(answer, 0, "server_time"));
   if(server_time_ms < 0)
      return(false);
   HeardGateway(server_time_ms);
   return(true);
}

string ClockJson(void)
{
   return("{" + Field("node_time", MomentText(OwnNowMs())) + ","
          + Field("broker_time", MomentText((long)TimeTradeServer() * 1000)) + ","
          + WholeField("broker_offset_ms", g_broker_offset_ms) + "}");
}

// Begins a new epoch. False when the gateway did not grant one.
bool SayHello(void)
{
   GatewayAnswer answer;
   ReadInstruments();
   string instruments = g_instruments == "" ? "[]" : g_instruments;
   string body = "{" + Field("version", PROTOCOL_VERSION) + "," + Field("account", g_settings.account) + ","
                 + Field("log_id", g_log_id) + "," + RawField("log_counter", CounterUsed()) + ","
                 + RawField("info", SnapshotJson(instruments, g_terms_at_ms)) + "," + RawField("terminal", TerminalJson()) + ","
                 + RawField("clock", ClockJson()) + "}";
   if(!CallGateway("/node/v1/hello", body, 0, g_settings.request_timeout_ms, answer))
      return(false);
   long epoch = StringToInteger(JsonText(answer.document, 0, "epoch"));
   if(epoch <= 0 || !Heard(answer.document))
      return(false);
   string log_id = JsonText(answer.document, 0, "log_id");
   if(log_id != "" && log_id != g_log_id)
   {
      PrintFormat("this journal is a copy of another one: it is now %s", log_id);
      if(!RenameLog(log_id))
         return(false);
   }
   TuneSettings(answer.document, JsonMember(answer.document, 0, "settings"));
   g_epoch = epoch;
   g_instruments_told = instruments;
   return(true);
}

// The account, now and then with changed terms; null shortly after the last one.
string NewsOfAccount(string &instruments)
{
   if(TicksMs() - g_instruments_looked_ms >= INSTRUMENTS_GAP_MS)
      ReadInstruments();
   instruments = g_instruments == g_instruments_told ? "" : g_instruments;
   if(instruments == "" && TicksMs() - g_snapshot_told_ms < SNAPSHOT_GAP_MS)
      return("null");
   g_snapshot_told_ms = TicksMs();
   return(SnapshotJson(instruments == "" ? "[]" : instruments, g_terms_at_ms));
}

void SortBySeq(Command &commands[])
{
   for(int i = 1; i < ArraySize(commands); i++)
      for(int j = i; j > 0 && commands[j].seq < commands[j - 1].seq; j--)
      {
         Command earlier = commands[j];
         commands[j] = commands[j - 1];
         commands[j - 1] = earlier;
      }
}

// One that cannot be read is left to its lease: the gateway will see it unserved.
void ReadCommands(const JsonDocument &answer, Command &commands[])
{
   int items[];
   ArrayResize(commands, 0);
   int count = JsonElements(answer, JsonMember(answer, 0, "commands"), items);
   for(int i = 0; i < count; i++)
   {
      Command command;
      if(!ReadCommand(answer, items[i], command))
      {
         Print("a command cannot be read: ", JsonText(answer, items[i], "command_id"));
         continue;
      }
      int size = ArraySize(commands);
      ArrayResize(commands, size + 1, 16);
      commands[size] = command;
   }
   SortBySeq(commands);
}

// The next commands, in the order in which they were planned. False when the gateway could not be asked; sets
// `g_fenced` when a newer epoch has taken over.
bool AskForWork(const int wait_ms, Command &commands[])
{
   GatewayAnswer answer;
   string instruments = "";
   string body = "{" + WholeField("wait_ms", wait_ms) + "," + RawField("snapshot", NewsOfAccount(instruments)) + ","
                 + RawField("in_flight", InFlightJson()) + "}";
   ArrayResize(commands, 0);
   if(!CallGateway("/node/v1/poll", body, g_epoch, wait_ms + g_settings.request_timeout_ms, answer))
   {
      if(answer.code == CODE_FENCED && answer.believed)
         g_fenced = true;
      return(false);
   }
   string mode = JsonText(answer.document, JsonMember(answer.document, 0, "halt"), "mode");
   if(mode == "" || !Heard(answer.document))
      return(false);
   g_mode = mode;
   g_rekey_wanted = JsonText(answer.document, 0, "rekey") == "true";
   if(instruments != "")
      g_instruments_told = instruments;
   ReadCommands(answer.document, commands);
   return(true);
}
