// One instruction of the gateway, as it travels and as the journal keeps it.

#include <Argos/Json.mqh>

#define KIND_SUBMIT "submit"
#define KIND_CLOSE "close"
#define KIND_CANCEL "cancel"
#define KIND_MODIFY "modify"

// Where a command stands in the journal. SEND_STARTED is written before the broker is called and is left only by
// its answer or by doubt. ANSWERED: the broker has it. DONE: it has ended. UNSENT: we refused it. NOT_FOUND: looked
// for in vain; late evidence turns it into ANSWERED or DONE.
#define STATE_SEND_STARTED "send_started"
#define STATE_DOUBT "doubt"
#define STATE_ANSWERED "answered"
#define STATE_DONE "done"
#define STATE_UNSENT "unsent"
#define STATE_NOT_FOUND "not_found"

// How an order stands at the broker.
#define VENUE_WORKING "working"
#define VENUE_FILLED "filled"
#define VENUE_CANCELED "canceled"
#define VENUE_EXPIRED "expired"
#define VENUE_REJECTED "rejected"

// Quantities in units, prices 0 for none.
struct Command
{
   string command_id;
   string order_id;
   long   seq;
   string kind;
   string symbol;
   string side;
   string order_type;
   double qty;
   double price;
   double stop_limit_price;
   double sl;
   double tp;
   long   deviation_points;
   string position_id;
   long   magic;
   long   target_magic;
   string comment;
   long   valid_until_ms;     // 0: it does not expire
   long   working_until_ms;   // when a pending order shall end; 0: it works until somebody ends it
   bool   is_exit;
   int    attempt;
   long   lease_ms;
   long   alert_received_ms;
   string body;
};

// A command and what the journal knows of it; `venue_state` is empty until the broker was seen to have it.
struct LoggedCommand
{
   Command command;
   string  state;
   int     attempt;
   string  bid;
   string  ask;
   double  sent_qty;          // 0: all that was asked for
   bool    closes_all;
   string  venue_order_id;
   string  venue_state;
};

bool IsOneOf(const string text, const string a, const string b, const string c, const string d)
{
   return(text == a || text == b || text == c || text == d);
}

// False when something that no command can do without is missing or wrong.
bool ReadCommand(const JsonDocument &document, const int node, Command &command)
{
   command.command_id = JsonText(document, node, "command_id");
   command.order_id = JsonText(document, node, "order_id");
   command.seq = StringToInteger(JsonText(document, node, "seq"));
   command.kind = JsonText(document, node, "kind");
   command.symbol = JsonText(document, node, "symbol");
   command.side = JsonText(document, node, "side");
   command.order_type = JsonText(document, node, "order_type");
   command.qty = StringToDouble(JsonText(document, node, "qty"));
   command.price = StringToDouble(JsonText(document, node, "price"));
   command.stop_limit_price = StringToDouble(JsonText(document, node, "stop_limit_price"));
   command.sl = StringToDouble(JsonText(document, node, "sl"));
   command.tp = StringToDouble(JsonText(document, node, "tp"));
   command.deviation_points = StringToInteger(JsonText(document, node, "deviation_points"));
   command.position_id = JsonText(document, node, "position_id");
   command.magic = StringToInteger(JsonText(document, node, "magic"));
   command.target_magic = StringToInteger(JsonText(document, node, "target_magic"));
   command.comment = JsonText(document, node, "comment");
   string valid_until = JsonText(document, node, "valid_until");
   command.valid_until_ms = valid_until == "" ? 0 : ParseMoment(valid_until);
   string working_until = JsonText(document, node, "working_until");
   command.working_until_ms = working_until == "" ? 0 : ParseMoment(working_until);
   command.is_exit = JsonText(document, node, "is_exit") == "true";
   command.attempt = (int)StringToInteger(JsonText(document, node, "attempt"));
   command.lease_ms = StringToInteger(JsonText(document, node, "lease_ms"));
   command.alert_received_ms = ParseMoment(JsonText(document, node, "alert_received_at"));
   command.body = JsonRaw(document, node);
   return(command.command_id != "" && command.order_id != "" && command.symbol != "" && command.magic > 0
          && command.attempt > 0 && command.valid_until_ms >= 0 && command.working_until_ms >= 0 && command.qty >= 0.0
          && IsOneOf(command.kind, KIND_SUBMIT, KIND_CLOSE, KIND_CANCEL, KIND_MODIFY)
          && IsOneOf(command.order_type, "market", "limit", "stop", "stop_limit")
          && (command.side == "buy" || command.side == "sell"));
}

bool MakesOrder(const Command &command)
{
   return(command.kind == KIND_SUBMIT || command.kind == KIND_CLOSE);
}

bool IsEnded(const string venue_state)
{
   return(venue_state != "" && venue_state != VENUE_WORKING);
}

// Doubles of decimals: equal when they differ by less than any step of a volume or a price.
bool IsSameAmount(const double one, const double other)
{
   return(MathAbs(one - other) < 0.000000005);
}
