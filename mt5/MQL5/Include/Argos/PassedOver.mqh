// Deals and ended orders of which no further look can tell anything new: each look shows those of the last while again,
// and to ask the journal about every one of them takes longer than all else.

long g_passed_over[];         // ascending, of the newest look
long g_passed_over_next[];    // of the look that is being written down

// Deals and orders count their tickets apart.
long KeyOfDeal(const long ticket)
{
   return(2 * ticket);
}

long KeyOfOrder(const long ticket)
{
   return(2 * ticket + 1);
}

// Where the key stands, or would stand.
int PlaceOf(const long &keys[], const long key)
{
   int low = 0;
   int high = ArraySize(keys);
   while(low < high)
   {
      int middle = (low + high) / 2;
      if(keys[middle] < key)
         low = middle + 1;
      else
         high = middle;
   }
   return(low);
}

bool IsPassedOver(const long key)
{
   int place = PlaceOf(g_passed_over, key);
   return(place < ArraySize(g_passed_over) && g_passed_over[place] == key);
}

// The next look need not ask about it. Mostly they come in order, and nothing is moved.
void PassOver(const long key)
{
   int place = PlaceOf(g_passed_over_next, key);
   int count = ArraySize(g_passed_over_next);
   if(place < count && g_passed_over_next[place] == key)
      return;
   ArrayResize(g_passed_over_next, count + 1, 256);
   for(int i = count; i > place; i--)
      g_passed_over_next[i] = g_passed_over_next[i - 1];
   g_passed_over_next[place] = key;
}

void BeginPassingOver(void)
{
   ArrayResize(g_passed_over_next, 0);
}

// What the look showed is written down. What it did not show is out of reach of the next one, too.
void KeepPassingOver(void)
{
   int count = ArraySize(g_passed_over_next);
   ArrayResize(g_passed_over, count);
   for(int i = 0; i < count; i++)
      g_passed_over[i] = g_passed_over_next[i];
}
