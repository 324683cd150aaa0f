// The node's own log in the terminal's SQLite: written before and after every call of the broker, read first after
// a crash. One expert at a time holds it.

#include <Argos/Clock.mqh>
#include <Argos/Command.mqh>
#include <Argos/Crypto.mqh>

#define JOURNAL_VERSION "1"
#define COUNTERS_PER_MS 1000
#define COMMAND_COLUMNS "body, state, attempt, bid, ask, sent_qty, closes_all, venue_order_id, venue_state"

int    g_journal = INVALID_HANDLE;
int    g_journal_lock = INVALID_HANDLE;
int    g_journal_durable = -1;
bool   g_journal_failed = false;   // within the open transaction
long   g_counter = 0;
string g_log_id = "";
long   g_login = 0;                // the account at the broker that this journal is of

// Runs a statement whose values are bound already. False, and the transaction is lost, when it failed.
bool Ran(const int statement)
{
   bool good = false;
   if(statement != INVALID_HANDLE)
   {
      ResetLastError();
      good = DatabaseRead(statement) || GetLastError() == ERR_DATABASE_NO_MORE_DATA;
      DatabaseFinalize(statement);
   }
   if(!good)
   {
      g_journal_failed = true;
      PrintFormat("journal: a statement failed, error %d", GetLastError());
   }
   return(good);
}

int Asked(const string sql)
{
   int statement = DatabasePrepare(g_journal, sql);
   if(statement == INVALID_HANDLE)
   {
      g_journal_failed = true;
      PrintFormat("journal: cannot prepare, error %d: %s", GetLastError(), sql);
   }
   return(statement);
}

bool Run1(const string sql, const string a)
{
   int statement = Asked(sql);
   DatabaseBind(statement, 0, a);
   return(Ran(statement));
}

bool Run2(const string sql, const string a, const string b)
{
   int statement = Asked(sql);
   DatabaseBind(statement, 0, a);
   DatabaseBind(statement, 1, b);
   return(Ran(statement));
}

// The first column of the first row; empty when there is none.
string Scalar(const string sql, const string a)
{
   int statement = Asked(sql);
   string value = "";
   if(statement == INVALID_HANDLE)
      return(value);
   if(a != "")
      DatabaseBind(statement, 0, a);
   if(DatabaseRead(statement))
      DatabaseColumnText(statement, 0, value);
   DatabaseFinalize(statement);
   return(value);
}

// Without `durable` the disk may learn of it later: for what a loss would only mean doing again.
bool Begin(const bool durable)
{
   int wanted = durable ? 1 : 0;
   if(wanted != g_journal_durable)
   {
      if(!DatabaseExecute(g_journal, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"))
         return(false);
      g_journal_durable = wanted;
   }
   g_journal_failed = false;
   return(DatabaseTransactionBegin(g_journal));
}

// True when all of it is kept. Nothing of it is when one statement failed.
bool Commit(void)
{
   if(g_journal_failed || !DatabaseTransactionCommit(g_journal))
   {
      DatabaseTransactionRollback(g_journal);
      Print("journal: a transaction was not kept");
      return(false);
   }
   return(true);
}

string Meta(const string key)
{
   return(Scalar("SELECT value FROM meta WHERE key = ?1", key));
}

void SetMeta(const string key, const string value)
{
   Run2("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value);
}

bool MakeIndex(const string table, const string columns)
{
   string name = table + "_" + columns;
   StringReplace(name, ", ", "_");
   return(DatabaseExecute(g_journal, "CREATE INDEX IF NOT EXISTS " + name + " ON " + table + " (" + columns + ")"));
}

// One statement a call: a terminal may run no more than the first.
bool MakeTables(void)
{
   return(DatabaseExecute(g_journal, "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
          && DatabaseExecute(g_journal, "CREATE TABLE IF NOT EXISTS commands ("
             " command_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, kind TEXT NOT NULL, seq INTEGER NOT NULL, magic INTEGER,"
             " state TEXT NOT NULL, attempt INTEGER NOT NULL, body TEXT NOT NULL, sent_at_ms INTEGER NOT NULL DEFAULT 0,"
             " bid TEXT NOT NULL DEFAULT '', ask TEXT NOT NULL DEFAULT '', sent_qty REAL NOT NULL DEFAULT 0,"
             " closes_all INTEGER NOT NULL DEFAULT 0, venue_order_id TEXT NOT NULL DEFAULT '', venue_state TEXT NOT NULL DEFAULT '')")
          && DatabaseExecute(g_journal, "CREATE TABLE IF NOT EXISTS executions ("
             " venue_exec_id TEXT PRIMARY KEY, command_id TEXT NOT NULL DEFAULT '', own INTEGER NOT NULL,"
             " position_id TEXT NOT NULL, qty REAL NOT NULL) WITHOUT ROWID")
          && DatabaseExecute(g_journal, "CREATE TABLE IF NOT EXISTS facts ("
             " seq INTEGER PRIMARY KEY AUTOINCREMENT, fact_id TEXT NOT NULL UNIQUE, command_id TEXT NOT NULL DEFAULT '',"
             " kind TEXT NOT NULL, body TEXT NOT NULL, reported INTEGER NOT NULL DEFAULT 0,"
             " refused_code TEXT NOT NULL DEFAULT '')")
          && MakeIndex("commands", "state") && MakeIndex("commands", "magic") && MakeIndex("commands", "order_id")
          && MakeIndex("commands", "venue_order_id") && MakeIndex("executions", "command_id")
          && MakeIndex("facts", "reported, seq") && MakeIndex("facts", "command_id"));
}

// What no two logs share: the account, the machine's clocks and chance.
string NewLogId(void)
{
   MathSrand((int)GetTickCount());
   string seed = IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN)) + ":" + IntegerToString(OwnNowMs()) + ":"
                 + IntegerToString((long)GetMicrosecondCount());
   for(int i = 0; i < 8; i++)
      seed += ":" + IntegerToString(MathRand());
   return(NamedUuid("log:" + seed));
}

void FirstMeta(const string key, const string value)
{
   Run2("INSERT OR IGNORE INTO meta (key, value) VALUES (?1, ?2)", key, value);
}

// Empty when the journal is open and ours; else why it cannot be used.
string OpenJournal(const string file, const string account)
{
   g_journal_lock = FileOpen(file + ".lock", FILE_WRITE | FILE_BIN);
   if(g_journal_lock == INVALID_HANDLE)
      return("another expert holds " + file + ".lock");
   g_journal = DatabaseOpen(file, DATABASE_OPEN_READWRITE | DATABASE_OPEN_CREATE);
   if(g_journal == INVALID_HANDLE)
      return("cannot open " + file);
   Scalar("PRAGMA journal_mode = WAL", "");
   g_journal_durable = -1;
   if(!MakeTables() || !Begin(true))
      return("cannot write " + file);
   FirstMeta("version", JOURNAL_VERSION);
   FirstMeta("account", account);
   FirstMeta("log_id", NewLogId());
   FirstMeta("counter_used", "0");
   FirstMeta("cursor", "0");
   if(!Commit())
      return("cannot write " + file);
   // A promise that the terminal's SQLite does not keep would be worth nothing.
   if(Scalar("PRAGMA synchronous", "") != "2")
      return("this terminal's SQLite does not write durably");
   if(Meta("version") != JOURNAL_VERSION)
      return(file + " is of version " + Meta("version"));
   if(Meta("account") != account)
      return(file + " belongs to account " + Meta("account"));
   g_log_id = Meta("log_id");
   // At the clock at least: an old copy of a log would begin below what the gateway has seen since.
   g_counter = MathMax(StringToInteger(Meta("counter_used")), OwnNowMs() * COUNTERS_PER_MS);
   return("");
}

void CloseJournal(void)
{
   if(g_journal != INVALID_HANDLE)
      DatabaseClose(g_journal);
   if(g_journal_lock != INVALID_HANDLE)
      FileClose(g_journal_lock);
   g_journal = INVALID_HANDLE;
   g_journal_lock = INVALID_HANDLE;
}

// Whether this journal is of the account that is logged in: the first one that is seen is written down for good.
bool IsOwnLogin(void)
{
   long login = AccountInfoInteger(ACCOUNT_LOGIN);
   if(login == 0)
      return(false);
   if(g_login == 0)
   {
      string kept = Meta("login");
      if(kept == "" && Begin(true))
      {
         SetMeta("login", IntegerToString(login));
         kept = Commit() ? IntegerToString(login) : "";
      }
      g_login = StringToInteger(kept);
   }
   return(login == g_login);
}

// The highest counter this log has given out; 0 before the first.
string CounterUsed(void)
{
   return(Meta("counter_used"));
}

// The next request's counter: strictly rising, over restarts too. 0 when it could not be written down.
long TakeCounter(void)
{
   g_counter++;
   if(!Begin(false))
      return(0);
   SetMeta("counter_used", IntegerToString(g_counter));
   return(Commit() ? g_counter : 0);
}

// Another log wrote under our id, too: from now on this one has an id of its own.
bool RenameLog(const string log_id)
{
   if(!Begin(true))
      return(false);
   SetMeta("log_id", log_id);
   g_log_id = log_id;
   return(Commit());
}
