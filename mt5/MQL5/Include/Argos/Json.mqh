// JSON both ways: a strict reader into one flat table of nodes, and the few words needed to write it.

#include <Argos/Text.mqh>

#define JSON_DEPTH_MAX 32

enum ENUM_JSON_KIND
{
   JSON_NULL,
   JSON_BOOL,
   JSON_NUMBER,
   JSON_TEXT,
   JSON_ARRAY,
   JSON_OBJECT
};

struct JsonNode
{
   ENUM_JSON_KIND kind;
   int            parent;
   string         key;
   string         value;   // text, or the number or word as it was written
   int            begin;
   int            end;     // one behind its last character
};

struct JsonDocument
{
   string   source;
   JsonNode nodes[];
   int      at;
   bool     sound;
};

void JsonSkipBlanks(JsonDocument &document)
{
   int length = StringLen(document.source);
   while(document.at < length)
   {
      ushort character = StringGetCharacter(document.source, document.at);
      if(character != ' ' && character != '\t' && character != '\n' && character != '\r')
         return;
      document.at++;
   }
}

ushort JsonPeek(const JsonDocument &document)
{
   if(document.at >= StringLen(document.source))
      return(0);
   return(StringGetCharacter(document.source, document.at));
}

bool JsonTake(JsonDocument &document, const ushort character)
{
   JsonSkipBlanks(document);
   if(JsonPeek(document) != character)
      return(false);
   document.at++;
   return(true);
}

// The character behind a backslash; `document.at` stands on it, and behind the escape afterwards.
string JsonEscape(JsonDocument &document)
{
   ushort character = JsonPeek(document);
   document.at++;
   switch(character)
   {
      case '"':
      case '\\':
      case '/':
         return(ShortToString(character));
      case 'b':
         return(ShortToString(8));
      case 'f':
         return(ShortToString(12));
      case 'n':
         return(ShortToString(10));
      case 'r':
         return(ShortToString(13));
      case 't':
         return(ShortToString(9));
      case 'u':
      {
         int code = 0;
         for(int i = 0; i < 4; i++)
         {
            int digit = HexDigit(JsonPeek(document));
            if(digit < 0)
               document.sound = false;
            code = code * 16 + (digit < 0 ? 0 : digit);
            document.at++;
         }
         return(ShortToString((ushort)code));
      }
      default:
         document.sound = false;
         return("");
   }
}

string JsonString(JsonDocument &document)
{
   string text = "";
   if(!JsonTake(document, '"'))
      document.sound = false;
   int from = document.at;
   while(document.sound)
   {
      ushort character = JsonPeek(document);
      if(character < ' ')
      {
         document.sound = false;
         break;
      }
      if(character == '"' || character == '\\')
      {
         if(document.at > from)
            text += StringSubstr(document.source, from, document.at - from);
         document.at++;
         if(character == '"')
            break;
         text += JsonEscape(document);
         from = document.at;
         continue;
      }
      document.at++;
   }
   return(text);
}

// A number, true, false or null, as it is written.
string JsonWord(JsonDocument &document)
{
   int from = document.at;
   int length = StringLen(document.source);
   while(document.at < length)
   {
      ushort c = StringGetCharacter(document.source, document.at);
      bool belongs = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' || c == 'E';
      if(!belongs)
         break;
      document.at++;
   }
   if(document.at == from)
      return("");
   return(StringSubstr(document.source, from, document.at - from));
}

int JsonAdd(JsonDocument &document, const int parent, const string key)
{
   int index = ArraySize(document.nodes);
   ArrayResize(document.nodes, index + 1, 64);
   document.nodes[index].kind = JSON_NULL;
   document.nodes[index].parent = parent;
   document.nodes[index].key = key;
   document.nodes[index].value = "";
   document.nodes[index].begin = document.at;
   document.nodes[index].end = document.at;
   return(index);
}

void JsonScalar(JsonDocument &document, const int index)
{
   if(JsonPeek(document) == '"')
   {
      document.nodes[index].kind = JSON_TEXT;
      document.nodes[index].value = JsonString(document);
      return;
   }
   string word = JsonWord(document);
   document.nodes[index].value = word;
   if(word == "true" || word == "false")
      document.nodes[index].kind = JSON_BOOL;
   else if(word == "null")
      document.nodes[index].kind = JSON_NULL;
   else
   {
      document.nodes[index].kind = JSON_NUMBER;
      ushort first = 0;
      if(word != "")
         first = StringGetCharacter(word, 0);
      if(first != '-' && (first < '0' || first > '9'))
         document.sound = false;
   }
}

void JsonValue(JsonDocument &document, const int parent, const string key, const int depth)
{
   JsonSkipBlanks(document);
   int index = JsonAdd(document, parent, key);
   ushort opening = JsonPeek(document);
   if(opening != '{' && opening != '[')
   {
      JsonScalar(document, index);
      document.nodes[index].end = document.at;
      return;
   }
   bool is_object = (opening == '{');
   ushort closing = ']';
   if(is_object)
      closing = '}';
   document.nodes[index].kind = is_object ? JSON_OBJECT : JSON_ARRAY;
   document.at++;
   if(depth >= JSON_DEPTH_MAX)
      document.sound = false;
   bool more = !JsonTake(document, closing);
   while(document.sound && more)
   {
      string name = "";
      if(is_object)
      {
         JsonSkipBlanks(document);
         name = JsonString(document);
         if(!JsonTake(document, ':'))
            document.sound = false;
      }
      if(!document.sound)
         break;
      JsonValue(document, index, name, depth + 1);
      more = JsonTake(document, ',');
      if(!more && !JsonTake(document, closing))
         document.sound = false;
   }
   document.nodes[index].end = document.at;
}

// False when the text is not exactly one JSON value; node 0 is that value.
bool JsonParse(const string text, JsonDocument &document)
{
   document.source = text;
   document.at = 0;
   document.sound = true;
   ArrayResize(document.nodes, 0, 64);
   JsonValue(document, -1, "", 0);
   JsonSkipBlanks(document);
   return(document.sound && document.at == StringLen(text));
}

// The member of that name, or -1.
int JsonMember(const JsonDocument &document, const int object, const string key)
{
   int count = ArraySize(document.nodes);
   for(int i = object + 1; object >= 0 && i < count && document.nodes[i].begin < document.nodes[object].end; i++)
      if(document.nodes[i].parent == object && document.nodes[i].key == key)
         return(i);
   return(-1);
}

// The elements of an array, in order; how many there are.
int JsonElements(const JsonDocument &document, const int array, int &elements[])
{
   ArrayResize(elements, 0);
   for(int i = array + 1; array >= 0 && i < ArraySize(document.nodes); i++)
      if(document.nodes[i].parent == array)
      {
         int count = ArraySize(elements);
         ArrayResize(elements, count + 1, 16);
         elements[count] = i;
      }
   return(ArraySize(elements));
}

// A text, number or word; empty for null, for what is absent and for objects and arrays.
string JsonText(const JsonDocument &document, const int object, const string key)
{
   int member = JsonMember(document, object, key);
   if(member < 0 || document.nodes[member].kind == JSON_NULL)
      return("");
   return(document.nodes[member].value);
}

string JsonRaw(const JsonDocument &document, const int node)
{
   return(StringSubstr(document.source, document.nodes[node].begin, document.nodes[node].end - document.nodes[node].begin));
}

// Text in quotes. Halves of surrogate pairs and zeros, which no database holds, become a mark.
string Quoted(const string text)
{
   string out = "\"";
   int length = StringLen(text);
   for(int i = 0; i < length; i++)
   {
      ushort c = StringGetCharacter(text, i);
      if(c == '"' || c == '\\')
         out += "\\" + ShortToString(c);
      else if(c == 0 || (c >= 0xd800 && c <= 0xdfff))
         out += "\\ufffd";
      else if(c < ' ')
         out += StringFormat("\\u%04x", (int)c);
      else
         out += ShortToString(c);
   }
   return(out + "\"");
}

string Field(const string name, const string text)
{
   return("\"" + name + "\":" + Quoted(text));
}

string RawField(const string name, const string json)
{
   return("\"" + name + "\":" + json);
}

// null for an empty text
string OptionalField(const string name, const string text)
{
   return(RawField(name, text == "" ? "null" : Quoted(text)));
}

// null for zero, which is how the terminal writes "no price"
string LevelField(const string name, const double value)
{
   return(RawField(name, value == 0.0 ? "null" : Quoted(DecimalText(value))));
}

string NumberField(const string name, const double value)
{
   return(Field(name, DecimalText(value)));
}

string WholeField(const string name, const long value)
{
   return(RawField(name, IntegerToString(value)));
}

string BoolField(const string name, const bool value)
{
   return(RawField(name, value ? "true" : "false"));
}
