// Carries facts from the outbox to the gateway until each is taken or refused.

#include <Argos/JournalFacts.mqh>
#include <Argos/Session.mqh>

#define REPORTS_PATH "/node/v1/reports"
#define BATCH_MAX 500
#define BATCHES_MAX 8

int g_batch_max = BATCH_MAX;

// Refusals of a whole batch because of what is in it: it is halved until the culprit stands alone.
bool IsUnreadable(const GatewayAnswer &answer)
{
   return(answer.status == 400 || answer.status == 413 || answer.status == 422);
}

// Anybody may make us send less at once; only the gateway itself may refuse a fact.
bool NarrowDown(const PendingFact &facts[], const GatewayAnswer &answer)
{
   int count = ArraySize(facts);
   if(!IsUnreadable(answer))
      return(false);
   if(count > 1)
   {
      g_batch_max = MathMax(1, count / 2);
      return(true);
   }
   if(!answer.believed || !Begin(false))
      return(false);
   MarkRefused(facts[0].fact_id, answer.code);
   return(Commit());
}

int FactIndex(const PendingFact &facts[], const string fact_id)
{
   for(int i = 0; i < ArraySize(facts); i++)
      if(facts[i].fact_id == fact_id)
         return(i);
   return(-1);
}

// False when the gateway named none of the facts: such an answer would be asked for again at once, for ever.
bool Settle(const PendingFact &facts[], const JsonDocument &answer)
{
   int accepted[];
   int refused[];
   int settled = 0;
   JsonElements(answer, JsonMember(answer, 0, "accepted"), accepted);
   JsonElements(answer, JsonMember(answer, 0, "refused"), refused);
   if(!Begin(false))
      return(false);
   for(int i = 0; i < ArraySize(accepted); i++)
   {
      int index = FactIndex(facts, answer.nodes[accepted[i]].value);
      if(index < 0)
         continue;
      MarkReported(facts[index]);
      settled++;
   }
   for(int i = 0; i < ArraySize(refused); i++)
   {
      string fact_id = JsonText(answer, refused[i], "fact_id");
      if(FactIndex(facts, fact_id) < 0)
         continue;
      MarkRefused(fact_id, JsonText(answer, refused[i], "code"));
      settled++;
   }
   return(Commit() && settled > 0);
}

// One batch. False when it could not be brought home.
bool ReportBatch(const PendingFact &facts[])
{
   GatewayAnswer answer;
   string list = "";
   for(int i = 0; i < ArraySize(facts); i++)
      list += (i == 0 ? "" : ",") + facts[i].body;
   if(!CallGateway(REPORTS_PATH, "{\"facts\":[" + list + "]}", g_epoch, g_settings.request_timeout_ms, answer))
      return(NarrowDown(facts, answer));
   return(Settle(facts, answer.document));
}

// Empties the outbox, as far as a few batches do. False when one could not be brought home.
bool Report(void)
{
   PendingFact facts[];
   for(int i = 0; i < BATCHES_MAX; i++)
   {
      if(PendingFacts(facts, g_batch_max) == 0)
      {
         g_batch_max = BATCH_MAX;
         return(true);
      }
      if(!ReportBatch(facts))
         return(false);
   }
   return(true);
}
