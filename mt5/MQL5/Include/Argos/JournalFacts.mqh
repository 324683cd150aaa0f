// The outbox: a fact waits in the journal until the gateway has taken or refused it. Nothing is ever dropped.

#include <Argos/Journal.mqh>

struct PendingFact
{
   string fact_id;
   string kind;
   string body;
};

// A fact that stands there already stays as it was first written. The one exception is an execution that was
// nobody's and is now known for ours: it goes out again.
void PutFact(const string fact_id, const string command_id, const string kind, const string body)
{
   int statement = Asked("INSERT INTO facts (fact_id, command_id, kind, body) VALUES (?1,?2,?3,?4)"
                         " ON CONFLICT (fact_id) DO UPDATE SET command_id = excluded.command_id, kind = excluded.kind,"
                         " body = excluded.body, reported = 0, refused_code = ''"
                         " WHERE facts.kind = 'deal' AND excluded.kind = 'fill'");
   DatabaseBind(statement, 0, fact_id);
   DatabaseBind(statement, 1, command_id);
   DatabaseBind(statement, 2, kind);
   DatabaseBind(statement, 3, body);
   Ran(statement);
}

// Everything said about this command, except what the gateway refused, goes out once more.
void ReportAgain(const string command_id)
{
   Run1("UPDATE facts SET reported = 0 WHERE command_id = ?1", command_id);
}

// The oldest facts that the gateway has neither taken nor refused.
int PendingFacts(PendingFact &facts[], const int facts_max)
{
   ArrayResize(facts, 0);
   int statement = Asked("SELECT fact_id, kind, body FROM facts WHERE reported = 0 AND refused_code = '' ORDER BY seq LIMIT ?1");
   if(statement == INVALID_HANDLE)
      return(0);
   DatabaseBind(statement, 0, facts_max);
   while(DatabaseRead(statement))
   {
      int count = ArraySize(facts);
      ArrayResize(facts, count + 1, 64);
      DatabaseColumnText(statement, 0, facts[count].fact_id);
      DatabaseColumnText(statement, 1, facts[count].kind);
      DatabaseColumnText(statement, 2, facts[count].body);
   }
   DatabaseFinalize(statement);
   return(ArraySize(facts));
}

long FactsUnreported(void)
{
   return(StringToInteger(Scalar("SELECT count(*) FROM facts WHERE reported = 0 AND refused_code = ''", "")));
}

// The gateway has it as it was read: one that changed since goes out again. States of the account are forgotten,
// since the next one replaces them.
void MarkReported(const PendingFact &fact)
{
   if(fact.kind == "position" || fact.kind == "snapshot" || fact.kind == "heartbeat")
      Run1("DELETE FROM facts WHERE fact_id = ?1", fact.fact_id);
   else
      Run2("UPDATE facts SET reported = 1 WHERE fact_id = ?1 AND kind = ?2", fact.fact_id, fact.kind);
}

// It stays in the journal and is not sent again.
void MarkRefused(const string fact_id, const string code)
{
   Run2("UPDATE facts SET refused_code = ?2 WHERE fact_id = ?1", fact_id, code);
   PrintFormat("the gateway refused fact %s: %s", fact_id, code);
}

// Commands in doubt, and those of which the gateway has not been told everything yet, as a JSON list: what is not
// in it and was leased looks lost to the gateway.
string InFlightJson(void)
{
   string list = "";
   int statement = Asked("SELECT command_id FROM commands WHERE state IN ('send_started', 'doubt') UNION"
                         " SELECT command_id FROM facts WHERE reported = 0 AND refused_code = '' AND command_id <> '' LIMIT 4000");
   if(statement == INVALID_HANDLE)
      return("[]");
   while(DatabaseRead(statement))
   {
      string command_id = "";
      DatabaseColumnText(statement, 0, command_id);
      list += (list == "" ? "" : ",") + Quoted(command_id);
   }
   DatabaseFinalize(statement);
   return("[" + list + "]");
}
