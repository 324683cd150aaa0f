// Argos execution node for one MetaTrader 5 account. It dials the gateway, trades what it is asked to, and reports
// what the broker really did. Attach it to one chart of the account; WebRequest must be allowed for the gateway's URL.
#property copyright "Argos"
#property version   "1.00"

#include <Argos/Node.mqh>

input group "Gateway"
input string InpGatewayUrl = "http://127.0.0.1:8000";   // Gateway, as allowed under Tools > Options > Expert Advisors
input string InpAccount = "";                           // The account's name at the gateway
input string InpKeyFile = "argos-node.key";             // File in MQL5/Files that holds the node's key
input string InpEnrolCode = "";                         // Single-use code, for the first start only
input group "Limits of this node, whatever the gateway asks"
input double InpLotsMax = 1.0;                          // Largest entry, in lots; 0: none set
input int    InpOrdersPerMinuteMax = 20;                // Most entries in a minute; 0: none set
input string InpSymbols = "";                           // Symbols that may be entered, by commas; empty: all
input group "Timings"
input int    InpTurnMs = 50;                            // A turn of this expert, in ms
input int    InpPollWaitMs = 1000;                      // Longest wait for work, in ms; blocks this expert
input int    InpScanMs = 2000;                          // Between two looks at the account, in ms
input int    InpHistoryDays = 30;                       // How far back a look at everything goes, in days
input int    InpSettleMs = 5000;                        // No trust in the terminal's lists so soon after it connected, in ms
input int    InpRequestTimeoutMs = 10000;               // A call to the gateway, in ms

void TakeInputs(void)
{
   g_settings.gateway_url = InpGatewayUrl;
   if(StringFind(InpGatewayUrl, "/", StringLen(InpGatewayUrl) - 1) >= 0)
      g_settings.gateway_url = StringSubstr(InpGatewayUrl, 0, StringLen(InpGatewayUrl) - 1);
   g_settings.account = InpAccount;
   g_settings.key_file = InpKeyFile;
   g_settings.journal_file = "argos-" + InpAccount + ".sqlite";
   g_settings.lots_max = InpLotsMax;
   g_settings.orders_per_minute_max = InpOrdersPerMinuteMax;
   ReadSymbols(InpSymbols, g_settings.symbols);
   g_settings.poll_wait_ms = InpPollWaitMs;
   g_settings.scan_ms = InpScanMs;
   g_settings.history_days = InpHistoryDays;
   g_settings.settle_ms = InpSettleMs;
   g_settings.request_timeout_ms = InpRequestTimeoutMs;
   g_settings.doubt_looks_min = 3;
   g_settings.doubt_window_ms = 60000;
   g_settings.attempts_max = 5;
   g_enrol_code = InpEnrolCode;
}

int OnInit(void)
{
   if(InpAccount == "" || InpGatewayUrl == "" || InpTurnMs <= 0 || InpPollWaitMs < 0 || InpScanMs <= 0 || InpHistoryDays <= 0)
   {
      Print("inputs: account and gateway must be given, times must be positive");
      return(INIT_PARAMETERS_INCORRECT);
   }
   TakeInputs();
   string problem = BeginNode();
   if(problem != "")
   {
      Print("cannot start: ", problem);
      return(INIT_FAILED);
   }
   return(EventSetMillisecondTimer(InpTurnMs) ? INIT_SUCCEEDED : INIT_FAILED);
}

void OnDeinit(const int reason)
{
   EventKillTimer();
   EndNode();
}

void OnTimer(void)
{
   TakeTurn();
}

// Only a hint to look sooner: transactions may be lost, and come in any order.
void OnTradeTransaction(const MqlTradeTransaction &transaction, const MqlTradeRequest &request, const MqlTradeResult &result)
{
   if(transaction.type != TRADE_TRANSACTION_REQUEST)
      g_look_wanted = true;
}
