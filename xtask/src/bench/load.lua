-- Inquiries for wrk: bodies at random from a file, each thread with a chance of its own; a line that is a path is opened.
-- "check" looks at every answer, which costs the generator time; "drive" leaves the counting to wrk; a number is a
-- pause in milliseconds between an answer and the next request of a connection.

local most_bodies = 50000
local threads = {}

function setup(thread)
  thread:set("id", #threads + 1)
  table.insert(threads, thread)
end

function init(args)
  wrong = 0
  math.randomseed(id * 7919)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  requests = {}
  -- Each thread begins elsewhere in the file, so that the bodies of two threads differ.
  local skip = (id - 1) * most_bodies
  local spare = {}
  for body in io.lines(args[1]) do
    local request = body:sub(1, 1) == "/" and wrk.format("GET", body) or wrk.format(nil, nil, nil, body)
    if skip > 0 then
      skip = skip - 1
      spare[#spare + 1] = request
    else
      requests[#requests + 1] = request
    end
    if #requests >= most_bodies then break end
  end
  if #requests < 1000 then requests = spare end
  if args[2] == "check" then
    response = function(status)
      if status ~= 200 then wrong = wrong + 1 end
    end
  end
  local pause = tonumber(args[2])
  if pause then
    -- Sometimes shorter and sometimes longer: nobody asks in step.
    delay = function() return math.random(0, 2 * pause) end
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local wrong_in_all = 0
  for _, thread in ipairs(threads) do
    wrong_in_all = wrong_in_all + (thread:get("wrong") or 0)
  end
  local errors = summary.errors
  print(string.format(
    'BENCH {"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,'
      .. '"wrong":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    wrong_in_all, errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
