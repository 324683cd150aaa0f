// This node's own reasons not to send, looked at just before the call. The gateway's came before.

#include <Argos/Session.mqh>
#include <Argos/Terminal.mqh>

enum ENUM_GATE
{
   GATE_OPEN,
   GATE_DROP,                 // leave no trace: the gateway leases it again
   GATE_REFUSE                // it ends here, unsent
};

struct Refusal
{
   string code;
   string text;
};

ENUM_GATE Refuse(Refusal &refusal, const string code, const string text)
{
   refusal.code = code;
   refusal.text = text;
   return(GATE_REFUSE);
}

// The operator's ceilings; they never hold back an exit, a cancel or a modify.
ENUM_GATE LimitGate(const Command &command, Refusal &refusal)
{
   if(command.kind != KIND_SUBMIT || command.is_exit)
      return(GATE_OPEN);
   if(!IsTradedHere(command.symbol))
      return(Refuse(refusal, "NODE_LIMIT_SYMBOL", command.symbol + " is not traded here"));
   if(!KnowSymbol(command.symbol))
      return(Refuse(refusal, "NODE_SYMBOL_UNKNOWN", "the broker has no " + command.symbol));
   double lots = command.qty / ContractSize(command.symbol);
   if(g_settings.lots_max > 0.0 && lots > g_settings.lots_max + 0.000000005)
      return(Refuse(refusal, "NODE_LIMIT_QTY", DecimalText(lots) + " lots are above " + DecimalText(g_settings.lots_max)));
   int ceiling = g_settings.orders_per_minute_max;
   if(ceiling > 0 && SubmitsSince(NowMs() - 60000) >= ceiling)
      return(Refuse(refusal, "NODE_LIMIT_RATE", IntegerToString(ceiling) + " orders a minute are reached"));
   return(GATE_OPEN);
}

// Nothing reaches the broker through a terminal that is offline, on another account, or may not trade. An entry that must not be sent is
// refused for good; an exit is given back, and comes again.
ENUM_GATE TerminalGate(const Command &command, Refusal &refusal)
{
   if(TerminalInfoInteger(TERMINAL_CONNECTED) == 0 || !IsOwnLogin())
      return(GATE_DROP);
   bool entry = command.kind == KIND_SUBMIT && !command.is_exit;
   if(!entry)
      return(ExitsWait() ? GATE_DROP : GATE_OPEN);
   uint code = NotPermitted();
   return(code == 0 ? GATE_OPEN : Refuse(refusal, "NODE_NOT_PERMITTED", NotPermittedText(code)));
}

ENUM_GATE SendGate(const Command &command, const long lease_until_ms, Refusal &refusal)
{
   if(g_fenced)
      return(GATE_DROP);
   long late_ms = NowMs() - command.valid_until_ms;
   if(command.valid_until_ms > 0 && late_ms >= 0)
      return(Refuse(refusal, "EXPIRED_UNSENT", IntegerToString(late_ms) + " ms after valid_until"));
   if(TicksMs() >= lease_until_ms)
      return(GATE_DROP);
   if(!command.is_exit && g_mode != "active")
      return(Refuse(refusal, "HALTED", "the account is " + g_mode + ": entries are not sent"));
   ENUM_GATE gate = LimitGate(command, refusal);
   if(gate == GATE_OPEN)
      gate = TerminalGate(command, refusal);
   if(gate != GATE_OPEN)
      return(gate);
   return(IsBraked(!command.is_exit) ? GATE_DROP : GATE_OPEN);
}
