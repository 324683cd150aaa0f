// Commands and executions in the journal. What writes stands inside Begin() and Commit() of the caller.

#include <Argos/Journal.mqh>

// A command's row; a further attempt overwrites the first but keeps the evidence found since.
void PutCommand(const LoggedCommand &row, const long sent_at_ms)
{
   int statement = Asked("INSERT INTO commands (command_id, order_id, kind, seq, magic, state, attempt, body, sent_at_ms, bid, ask,"
                         " sent_qty, closes_all) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)"
                         " ON CONFLICT (command_id) DO UPDATE SET state = excluded.state, magic = excluded.magic,"
                         " attempt = excluded.attempt, sent_at_ms = excluded.sent_at_ms, bid = excluded.bid, ask = excluded.ask,"
                         " sent_qty = excluded.sent_qty, closes_all = excluded.closes_all");
   // Cancels and modifies bear the magic of the order they change, and what was never sent has none at the broker.
   bool has_identity = MakesOrder(row.command) && row.state != STATE_UNSENT;
   DatabaseBind(statement, 0, row.command.command_id);
   DatabaseBind(statement, 1, row.command.order_id);
   DatabaseBind(statement, 2, row.command.kind);
   DatabaseBind(statement, 3, row.command.seq);
   DatabaseBind(statement, 4, has_identity ? row.command.magic : 0);
   DatabaseBind(statement, 5, row.state);
   DatabaseBind(statement, 6, row.attempt);
   DatabaseBind(statement, 7, row.command.body);
   DatabaseBind(statement, 8, sent_at_ms);
   DatabaseBind(statement, 9, row.bid);
   DatabaseBind(statement, 10, row.ask);
   DatabaseBind(statement, 11, row.sent_qty);
   DatabaseBind(statement, 12, row.closes_all ? 1 : 0);
   Ran(statement);
}

void SetState(const string command_id, const string state)
{
   Run2("UPDATE commands SET state = ?2 WHERE command_id = ?1", command_id, state);
}

// The broker has, or had, the order. An end is never undone; only a fill replaces another end. A row whose call is
// still out keeps its state: the answer, or its absence, will set it.
void NoteEvidence(const LoggedCommand &row, const string venue_state, const string venue_order_id)
{
   string known = Scalar("SELECT venue_state FROM commands WHERE command_id = ?1", row.command.command_id);
   string state = Scalar("SELECT state FROM commands WHERE command_id = ?1", row.command.command_id);
   string seen = venue_state;
   if(IsEnded(known) && seen != VENUE_FILLED)
      seen = known;
   if(state != STATE_SEND_STARTED)
      state = IsEnded(seen) ? STATE_DONE : STATE_ANSWERED;
   int statement = Asked("UPDATE commands SET state = ?2, venue_state = ?3,"
                         " venue_order_id = CASE WHEN ?4 = '' THEN venue_order_id ELSE ?4 END WHERE command_id = ?1");
   DatabaseBind(statement, 0, row.command.command_id);
   DatabaseBind(statement, 1, state);
   DatabaseBind(statement, 2, seen);
   DatabaseBind(statement, 3, venue_order_id);
   Ran(statement);
}

// An execution seen; a later sight may add whose it is and takes nothing away.
void PutExecution(const string venue_exec_id, const string command_id, const bool own, const string position_id, const double qty)
{
   int statement = Asked("INSERT INTO executions (venue_exec_id, command_id, own, position_id, qty) VALUES (?1,?2,?3,?4,?5)"
                         " ON CONFLICT (venue_exec_id) DO UPDATE SET command_id = excluded.command_id, own = excluded.own"
                         " WHERE executions.command_id = ''");
   DatabaseBind(statement, 0, venue_exec_id);
   DatabaseBind(statement, 1, command_id);
   DatabaseBind(statement, 2, own ? 1 : 0);
   DatabaseBind(statement, 3, position_id);
   DatabaseBind(statement, 4, qty);
   Ran(statement);
}

bool ReadRow(const int statement, LoggedCommand &row)
{
   if(!DatabaseRead(statement))
      return(false);
   string body = "";
   long closes_all = 0;
   long attempt = 0;
   DatabaseColumnText(statement, 0, body);
   DatabaseColumnText(statement, 1, row.state);
   DatabaseColumnLong(statement, 2, attempt);
   DatabaseColumnText(statement, 3, row.bid);
   DatabaseColumnText(statement, 4, row.ask);
   DatabaseColumnDouble(statement, 5, row.sent_qty);
   DatabaseColumnLong(statement, 6, closes_all);
   DatabaseColumnText(statement, 7, row.venue_order_id);
   DatabaseColumnText(statement, 8, row.venue_state);
   row.attempt = (int)attempt;
   row.closes_all = (closes_all != 0);
   JsonDocument document;
   return(JsonParse(body, document) && ReadCommand(document, 0, row.command));
}

bool FindRow(const string condition, const string value, LoggedCommand &row)
{
   int statement = Asked("SELECT " + COMMAND_COLUMNS + " FROM commands WHERE " + condition + " LIMIT 1");
   if(statement == INVALID_HANDLE)
      return(false);
   DatabaseBind(statement, 0, value);
   bool found = ReadRow(statement, row);
   DatabaseFinalize(statement);
   return(found);
}

bool FindCommand(const string command_id, LoggedCommand &row)
{
   return(FindRow("command_id = ?1", command_id, row));
}

// The entry or exit that the broker knows by this magic.
bool FindByMagic(const long magic, LoggedCommand &row)
{
   return(magic > 0 && FindRow("magic = CAST(?1 AS INTEGER)", IntegerToString(magic), row));
}

// By magic where the broker kept it, else by the ticket of its order.
bool FindOwner(const long magic, const string venue_order_id, LoggedCommand &row)
{
   if(FindByMagic(magic, row))
      return(true);
   return(venue_order_id != "" && venue_order_id != "0"
          && FindRow("venue_order_id = ?1 AND kind IN ('submit', 'close')", venue_order_id, row));
}

int FindInState(const string state, LoggedCommand &rows[])
{
   ArrayResize(rows, 0);
   int statement = Asked("SELECT " + COMMAND_COLUMNS + " FROM commands WHERE state = ?1 ORDER BY rowid");
   if(statement == INVALID_HANDLE)
      return(0);
   DatabaseBind(statement, 0, state);
   LoggedCommand row;
   while(ReadRow(statement, row))
   {
      int count = ArraySize(rows);
      ArrayResize(rows, count + 1, 16);
      rows[count] = row;
   }
   DatabaseFinalize(statement);
   return(ArraySize(rows));
}

// Whether an order at the market was taken by the broker and its fills are still to be seen.
bool AwaitsFill(void)
{
   return(Scalar("SELECT 1 FROM commands WHERE state = 'answered' AND venue_state <> '' AND (kind = 'close'"
                 " OR kind = 'submit' AND json_extract(body, '$.order_type') = 'market') LIMIT 1", "") != "");
}

bool HasNewerModify(const Command &command)
{
   int statement = Asked("SELECT 1 FROM commands WHERE order_id = ?1 AND kind = 'modify' AND seq > ?2 LIMIT 1");
   DatabaseBind(statement, 0, command.order_id);
   DatabaseBind(statement, 1, command.seq);
   bool found = DatabaseRead(statement);
   DatabaseFinalize(statement);
   return(found);
}

// Entries that began to be sent since that moment.
int SubmitsSince(const long moment_ms)
{
   return((int)StringToInteger(Scalar("SELECT count(*) FROM commands WHERE kind = 'submit' AND sent_at_ms > CAST(?1 AS INTEGER)",
                                      IntegerToString(moment_ms))));
}

// "": never seen; "?": seen and nobody's; else the command it belongs to.
string ExecutionOwner(const string venue_exec_id)
{
   return(Scalar("SELECT CASE WHEN command_id = '' THEN '?' ELSE command_id END FROM executions WHERE venue_exec_id = ?1",
                 venue_exec_id));
}

double FilledQty(const string command_id)
{
   return(StringToDouble(Scalar("SELECT coalesce(sum(qty), 0) FROM executions WHERE command_id = ?1 AND own = 1", command_id)));
}

// The position that this command's fills made; empty when none is known.
string PositionOf(const string command_id)
{
   return(Scalar("SELECT position_id FROM executions WHERE command_id = ?1 AND own = 1 LIMIT 1", command_id));
}
