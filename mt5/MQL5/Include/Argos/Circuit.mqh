// After a no that every further request would get as well: entries stop, exits go on at a bounded pace.
// The Python node keeps to the same rules and the same pauses (src/argos/venues/mt5/circuit.py).

#include <Argos/Clock.mqh>

// So long no entry is tried, unless a flag of the terminal or account changes: somebody may have acted.
#define CIRCUIT_PAUSE_MS 30000
// So long after a refused request the next exit waits.
#define CIRCUIT_EXIT_PAUSE_MS 5000

uint   g_circuit_code = 0;      // the return code that opened it; 0: closed
long   g_circuit_opened_ms = 0;
string g_circuit_flags = "";

// Whether the terminal is connected; and the algo button, the permissions of this expert and those of the account: "1" or
// "0" for each.
string PermissionFlags(void)
{
   return(IntegerToString(TerminalInfoInteger(TERMINAL_CONNECTED)) + IntegerToString(TerminalInfoInteger(TERMINAL_TRADE_ALLOWED))
          + IntegerToString(MQLInfoInteger(MQL_TRADE_ALLOWED)) + IntegerToString(AccountInfoInteger(ACCOUNT_TRADE_ALLOWED))
          + IntegerToString(AccountInfoInteger(ACCOUNT_TRADE_EXPERT)));
}

// The return code that a request would get by these flags; 0 for none.
uint ForbiddenBy(const string flags)
{
   if(StringSubstr(flags, 3, 1) == "0")
      return(TRADE_RETCODE_TRADE_DISABLED);
   if(StringSubstr(flags, 4, 1) == "0")
      return(TRADE_RETCODE_SERVER_DISABLES_AT);
   return(StringFind(StringSubstr(flags, 1, 2), "0") >= 0 ? TRADE_RETCODE_CLIENT_DISABLES_AT : 0);
}

// Return codes after which all sending is useless until somebody acts.
bool OpensCircuit(const uint retcode)
{
   return(retcode == TRADE_RETCODE_TRADE_DISABLED || retcode == TRADE_RETCODE_SERVER_DISABLES_AT
          || retcode == TRADE_RETCODE_CLIENT_DISABLES_AT || retcode == TRADE_RETCODE_CONNECTION
          || retcode == TRADE_RETCODE_ONLY_REAL);
}

// Every answer of the trade server.
void NoteAnswer(const uint retcode)
{
   g_circuit_code = OpensCircuit(retcode) ? retcode : 0;
   if(g_circuit_code == 0)
      return;
   g_circuit_opened_ms = TicksMs();
   g_circuit_flags = PermissionFlags();
}

// The code of a late answer that still holds under these flags, or 0.
uint LateAnswer(const string flags)
{
   if(g_circuit_code != 0 && g_circuit_flags != flags)
      g_circuit_code = 0;      // somebody has acted
   return(TicksMs() - g_circuit_opened_ms < CIRCUIT_PAUSE_MS ? g_circuit_code : 0);
}

// The code that a request would get now, by the flags or by a late answer; 0 if it would be taken.
uint NotPermitted(void)
{
   string flags = PermissionFlags();
   uint code = ForbiddenBy(flags);
   return(code != 0 ? code : LateAnswer(flags));
}

// An exit is tried again sooner than an entry: it takes risk away.
bool ExitsWait(void)
{
   string flags = PermissionFlags();
   if(ForbiddenBy(flags) != 0)
      return(true);
   return(LateAnswer(flags) != 0 && TicksMs() - g_circuit_opened_ms < CIRCUIT_EXIT_PAUSE_MS);
}

string NotPermittedText(const uint code)
{
   switch((int)code)
   {
      case TRADE_RETCODE_TRADE_DISABLED:
         return("trading is disabled for this account (return code 10017)");
      case TRADE_RETCODE_SERVER_DISABLES_AT:
         return("the server does not let programs trade here (return code 10026)");
      case TRADE_RETCODE_CLIENT_DISABLES_AT:
         return("Algo Trading is off in the terminal (return code 10027)");
      case TRADE_RETCODE_CONNECTION:
         return("the terminal has no connection to its server (return code 10031)");
      default:
         return("the server takes orders of real accounts only (return code 10032)");
   }
}
