// What each return code of the trade server means for us. A code that stands nowhere here is doubt.
// Source: MQL5 Reference, "Return Codes of the Trade Server".

enum ENUM_VERDICT
{
   VERDICT_DONE,            // carried out, or taken into work
   VERDICT_NO_CHANGES,      // it is already as the request wants it
   VERDICT_REFUSED,         // a definite no: the server looked at it and nothing happened
   VERDICT_REFUSED_FOR_NOW, // a definite no, but a fresh request may do
   VERDICT_NOT_PERMITTED,   // a definite no that stays one until somebody changes a setting
   VERDICT_POSITION_GONE,   // what should be closed is closed
   VERDICT_UNKNOWN          // it may have happened: look
};

ENUM_VERDICT VerdictOf(const uint retcode)
{
   switch(retcode)
   {
      case TRADE_RETCODE_PLACED:
      case TRADE_RETCODE_DONE:
      case TRADE_RETCODE_DONE_PARTIAL:
         return(VERDICT_DONE);
      case TRADE_RETCODE_NO_CHANGES:
         return(VERDICT_NO_CHANGES);
      case TRADE_RETCODE_REQUOTE:
      case TRADE_RETCODE_PRICE_CHANGED:
      case TRADE_RETCODE_PRICE_OFF:
      case TRADE_RETCODE_TOO_MANY_REQUESTS:
      case TRADE_RETCODE_FROZEN:
         return(VERDICT_REFUSED_FOR_NOW);
      case TRADE_RETCODE_TRADE_DISABLED:
      case TRADE_RETCODE_SERVER_DISABLES_AT:
      case TRADE_RETCODE_CLIENT_DISABLES_AT:
      case TRADE_RETCODE_ONLY_REAL:
         return(VERDICT_NOT_PERMITTED);
      case TRADE_RETCODE_POSITION_CLOSED:
         return(VERDICT_POSITION_GONE);
      case TRADE_RETCODE_REJECT:
      case TRADE_RETCODE_CANCEL:
      case TRADE_RETCODE_INVALID:
      case TRADE_RETCODE_INVALID_VOLUME:
      case TRADE_RETCODE_INVALID_PRICE:
      case TRADE_RETCODE_INVALID_STOPS:
      case TRADE_RETCODE_MARKET_CLOSED:
      case TRADE_RETCODE_NO_MONEY:
      case TRADE_RETCODE_INVALID_EXPIRATION:
      case TRADE_RETCODE_INVALID_FILL:
      case TRADE_RETCODE_LIMIT_ORDERS:
      case TRADE_RETCODE_LIMIT_VOLUME:
      case TRADE_RETCODE_INVALID_ORDER:
      case TRADE_RETCODE_INVALID_CLOSE_VOLUME:
      case TRADE_RETCODE_LIMIT_POSITIONS:
      case TRADE_RETCODE_REJECT_CANCEL:
      case TRADE_RETCODE_LONG_ONLY:
      case TRADE_RETCODE_SHORT_ONLY:
      case TRADE_RETCODE_CLOSE_ONLY:
      case TRADE_RETCODE_FIFO_CLOSE:
      case TRADE_RETCODE_HEDGE_PROHIBITED:
         return(VERDICT_REFUSED);
      default:
         return(VERDICT_UNKNOWN);
   }
}
