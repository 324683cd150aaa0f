-- wrk script: every request is a new event with 16 features, in the words of our Pine library (about 0.65 KB).
-- wrk -s alerts.lua URL -- PATH SECRET ROUTE RUN. `done` prints one line of JSON: counts, microseconds.

local path, secret, route, run
local sent = 0

local body = [[{"event_id":"ema-cross|3.2|NASDAQ:AAPL|5|%s|buy|%d","trade_id":"ema-cross.AAPL.%s.%d",]]
  .. [["bot_version":"ema-cross@3.2","account_route":"%s","action":"open","symbol":"AAPL","side":"buy",]]
  .. [["order_type":"market","entry_price":"189.55","sl":"187.10","tp":"193.20",]]
  .. [["size":{"mode":"risk_fraction","value":"0.005"},"confidence":"0.8","timestamp_tv":1763740200412,]]
  .. [["features":{"sequence":"%d","exchange":"NASDAQ","timeframe":"5","bar_at":"1763736600000",]]
  .. [["ema_fast":"189.31257","ema_slow":"188.90411","rsi":"61.2","atr":"1.42","volume":1048211,]]
  .. [["spread":0.01,"session":"regular","trend":1,"gap":-0.12,"beta":1.24,"news":false,"hour":14}]]
  .. [[,"secret":"%s"}]]

function init(args)
  path, secret, route, run = args[1], args[2], args[3], args[4]
end

function request()
  sent = sent + 1
  local text = string.format(body, run, sent, run, sent, route, sent, secret)
  return wrk.format("POST", path, {["Content-Type"] = "application/json"}, text)
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"duration_us":%d,"errors":%d,"p50_us":%d,"p99_us":%d,"max_us":%d}\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max
  ))
end
