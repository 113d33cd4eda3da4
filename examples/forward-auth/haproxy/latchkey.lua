-- Shows a request to Latchkey: passed, with who it is in headers, or answered as Latchkey answers.

-- What the app needs goes here: /v1/forward-auth?scope=pipelines:read
local url = "http://127.0.0.1:6789/v1/forward-auth"
local headers = { "x-latchkey-user", "x-latchkey-account", "x-latchkey-key", "x-latchkey-scopes" }
local told = { "content-type", "www-authenticate", "retry-after" }

core.register_action("latchkey", { "http-req" }, function(txn)
  local sent = txn.http:req_get_headers()
  local asked = { ["x-forwarded-for"] = { txn.f:src() } }
  if sent["authorization"] then
    asked["authorization"] = {}
    for _, value in pairs(sent["authorization"]) do
      table.insert(asked["authorization"], value)
    end
  end
  local answer = core.httpclient():get({ url = url, headers = asked, timeout = 5000 })
  if answer and answer.status == 200 then
    for _, name in ipairs(headers) do
      txn.http:req_set_header(name, answer.headers[name] and answer.headers[name][0] or "")
    end
    txn:set_var("txn.latchkey", "passed")
    return
  end
  local status = answer and answer.status or 503
  local reply = txn:reply()
  if status ~= 400 and status ~= 401 and status ~= 403 and status ~= 429 then
    reply:set_status(503)
    reply:add_header("content-type", "application/json")
    reply:set_body('{"detail": "Whether you may is not known at present."}\n')
    txn:done(reply)
    return
  end
  reply:set_status(status)
  for _, name in ipairs(told) do
    if answer.headers[name] then
      reply:add_header(name, answer.headers[name][0])
    end
  end
  reply:set_body(answer.body)
  txn:done(reply)
end, 0)
