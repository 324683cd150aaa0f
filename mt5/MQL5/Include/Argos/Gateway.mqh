// Signed calls to the gateway. An answer that is not signed for this very request is not believed: it is silence.

#include <Argos/Journal.mqh>
#include <Argos/Settings.mqh>

#define PROTOCOL_VERSION "1"
#define STALE_TRIES_MAX 5
#define GATEWAY_AWAY "GATEWAY_AWAY"
#define GATEWAY_UNTRUSTED "GATEWAY_UNTRUSTED"
#define CODE_FENCED "NODE_EPOCH_FENCED"
#define CODE_STALE "NODE_COUNTER_STALE"

long g_epoch = 0;

struct GatewayAnswer
{
   int          status;
   bool         believed;
   string       code;         // empty for a believed success
   string       message;
   JsonDocument document;
};

// The value of a header, whatever the case of its name.
string HeaderOf(const string headers, const string name)
{
   string lines[];
   string wanted = name + ":";
   StringToLower(wanted);
   int count = StringSplit(headers, '\n', lines);
   for(int i = 0; i < count; i++)
   {
      string low = lines[i];
      StringToLower(low);
      if(StringFind(low, wanted) != 0)
         continue;
      string value = StringSubstr(lines[i], StringLen(wanted));
      StringTrimLeft(value);
      StringTrimRight(value);
      return(value);
   }
   return("");
}

// One POST. The status, or 0 when no answer came: the terminal has numbers of its own beyond those of HTTP.
int Post(const string path, const string headers, const uchar &body[], const int timeout_ms, uchar &reply[], string &reply_headers)
{
   char sent[];
   char received[];
   int size = ArraySize(body);
   ArrayResize(sent, size);
   for(int i = 0; i < size; i++)
      sent[i] = (char)body[i];
   ResetLastError();
   int status = WebRequest("POST", g_settings.gateway_url + path, headers, timeout_ms, sent, received, reply_headers);
   if(status < 100 || status > 599)
   {
      PrintFormat("no answer from %s%s, error %d", g_settings.gateway_url, path, GetLastError());
      return(0);
   }
   size = ArraySize(received);
   ArrayResize(reply, size);
   for(int i = 0; i < size; i++)
      reply[i] = (uchar)received[i];
   return(status);
}

// Reads what came into `answer`: its document, and a code for everything that is not a success.
void ReadAnswer(const uchar &reply[], GatewayAnswer &answer)
{
   bool is_json = JsonParse(CharArrayToString(reply, 0, WHOLE_ARRAY, CP_UTF8), answer.document)
                  && answer.document.nodes[0].kind == JSON_OBJECT;
   if(answer.status >= 200 && answer.status < 300)
   {
      answer.code = answer.believed && is_json ? "" : GATEWAY_UNTRUSTED;
      answer.message = "the answer is not signed by our gateway";
      return;
   }
   answer.code = GATEWAY_AWAY;
   answer.message = "the gateway answered " + IntegerToString(answer.status);
   if(answer.status >= 500 || answer.status == 429 || !is_json)
      return;
   int error = JsonMember(answer.document, 0, "error");
   string code = JsonText(answer.document, error, "code");
   answer.code = code == "" ? "GATEWAY_REFUSED" : code;
   answer.message = JsonText(answer.document, error, "message");
}

void CallOnce(const string path, const string body_text, const long epoch, const int timeout_ms, GatewayAnswer &answer)
{
   uchar body[];
   uchar reply[];
   string reply_headers = "";
   answer.status = 0;
   answer.believed = false;
   answer.code = GATEWAY_AWAY;
   answer.message = "no answer";
   ToBytes(body_text, body);
   long counter = TakeCounter();
   if(counter == 0)
      return;
   string numbers = IntegerToString(epoch) + "\n" + IntegerToString(counter) + "\n";
   string time_ms = IntegerToString(OwnNowMs());
   string signature = HmacHex(g_settings.key, "POST\n" + path + "\n" + Sha256Hex(body) + "\n" + g_settings.node + "\n" + numbers + time_ms);
   if(signature == "")
      return;
   string headers = "Content-Type: application/json\r\nX-Argos-Node: " + g_settings.node + "\r\nX-Argos-Epoch: "
                    + IntegerToString(epoch) + "\r\nX-Argos-Counter: " + IntegerToString(counter) + "\r\nX-Argos-Time: " + time_ms
                    + "\r\nX-Argos-Signature: " + signature + "\r\n";
   answer.status = Post(path, headers, body, timeout_ms, reply, reply_headers);
   if(answer.status == 0)
      return;
   if(ArraySize(reply) > 0)
   {
      string expected = HmacHex(g_settings.key, IntegerToString(answer.status) + "\n" + Sha256Hex(reply) + "\n" + g_settings.node
                                + "\n" + IntegerToString(counter));
      answer.believed = SameSecret(expected, HeaderOf(reply_headers, "X-Argos-Signature"));
   }
   ReadAnswer(reply, answer);
}

// True for a believed success. A request of ours that was overtaken on the way is sent again with a new counter.
bool CallGateway(const string path, const string body, const long epoch, const int timeout_ms, GatewayAnswer &answer)
{
   for(int i = 0; i < STALE_TRIES_MAX; i++)
   {
      CallOnce(path, body, epoch, timeout_ms, answer);
      if(answer.code != CODE_STALE)
         break;
   }
   if(answer.code != "")
      PrintFormat("%s: %s, %s", path, answer.code, answer.message);
   return(answer.code == "");
}

// Trades a single-use code for the node's key, the only unsigned call, and keeps the key in the key file. Empty when
// that is done, GATEWAY_AWAY when it may be tried again; any other code is final.
string Enrol(const string code)
{
   GatewayAnswer answer;
   uchar body[];
   uchar reply[];
   string reply_headers = "";
   ToBytes("{" + Field("code", code) + "," + Field("account", g_settings.account) + "," + Field("venue", "mt5") + "}", body);
   answer.status = Post("/node/v1/enrol", "Content-Type: application/json\r\n", body, g_settings.request_timeout_ms, reply, reply_headers);
   if(answer.status == 0)
      return(GATEWAY_AWAY);
   answer.believed = true;
   ReadAnswer(reply, answer);
   if(answer.code != "")
   {
      PrintFormat("not enrolled: %s, %s", answer.code, answer.message);
      return(answer.code);
   }
   bool kept = WriteKeyFile(JsonText(answer.document, 0, "node"), JsonText(answer.document, 0, "key"));
   return(kept ? "" : "NODE_KEY_UNREADABLE");
}

// Exchanges this node's key for a new one, which is on disk before a call is signed by it. When that fails the old one
// stays good, and the gateway offers another.
void TakeNewKey(void)
{
   GatewayAnswer answer;
   if(!CallGateway("/node/v1/rekey", "{" + Field("version", PROTOCOL_VERSION) + "}", g_epoch, g_settings.request_timeout_ms, answer))
      return;
   if(WriteKeyFile(JsonText(answer.document, 0, "node"), JsonText(answer.document, 0, "key")) && ReadKeyFile())
      PrintFormat("a new key is in use, %s", JsonText(answer.document, 0, "key_id"));
   else
      PrintFormat("the new key cannot be kept in %s: the old one stays in use", g_settings.key_file);
}
