// This node's standing with the gateway: its epoch and the brakes on the account.

#include <Argos/Gateway.mqh>

#define CONTACT_MS_MAX 60000

// Until the gateway has spoken nothing may be sent.
string g_mode = "halted";
bool   g_fenced = false;

bool IsBraked(const bool entry)
{
   return(g_mode != "active" && (g_mode != "reducing" || entry));
}

// Whether a command may be sent once more without a new lease: the epoch is not fenced, the gateway was heard lately
// enough to know so, and no brake is on.
bool MaySendAgain(const bool entry)
{
   return(!g_fenced && SilenceMs() <= CONTACT_MS_MAX && !IsBraked(entry));
}
