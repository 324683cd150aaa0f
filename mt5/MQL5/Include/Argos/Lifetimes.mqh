// Ends working orders whose time is over, where the server has not done it: some symbols take no such order.

#include <Argos/Gates.mqh>

// A server that ends orders by itself may take so long.
#define LIFETIME_GRACE_MS 2000

bool IsOverdue(const SeenOrder &order)
{
   LoggedCommand row;
   return(order.is_live && FindByMagic(order.magic, row) && row.command.working_until_ms > 0
          && NowMs() >= row.command.working_until_ms + LIFETIME_GRACE_MS);
}

// No command of the gateway's, and in no journal: said once too often it does no harm. What became of the order the
// next look tells, a fill that crossed the cancel as well.
void EndOverdueOrders(const Look &look)
{
   MqlTradeRequest request;
   MqlTradeResult result;
   if(g_fenced || ExitsWait())
      return;
   for(int i = 0; i < ArraySize(look.orders); i++)
   {
      if(!IsOverdue(look.orders[i]) || IsFrozen(look.orders[i].symbol, look.orders[i].price))
         continue;
      ZeroMemory(request);
      ZeroMemory(result);
      request.action = TRADE_ACTION_REMOVE;
      request.order = (ulong)look.orders[i].ticket;
      request.symbol = look.orders[i].symbol;
      bool sent = OrderSend(request, result);
      NoteAnswer(result.retcode);
      PrintFormat("order %s has lasted long enough: return code %u, sent %s", IntegerToString(look.orders[i].ticket), result.retcode,
                  sent ? "yes" : "no");
      g_look_wanted = true;
   }
}
