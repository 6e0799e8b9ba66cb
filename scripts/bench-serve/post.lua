-- Posts the bodies of a file, one a line, in turn; prints one JSON line.
-- usage: wrk … URL -- BODIES [CREDENTIAL]

local requests, turn = {}, 0

function init(arguments)
  local headers = { ["Content-Type"] = "application/json" }
  if arguments[2] and arguments[2] ~= "" then
    headers["Authorization"] = "Bearer " .. arguments[2]
  end
  for body in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    'result {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
