-- Takes tokens of every bucket, or of none where one has too few, by the generic
-- cell rate algorithm: a bucket is the time at which it will be full again.
--
-- KEYS are the buckets. ARGV[1] is the time in microseconds, 0 for this
-- server's; then for each bucket how many microseconds a token takes, how many a
-- full one holds, and how many are asked for. The answer is the number of the
-- bucket that has too few, or 0, and of those looked at what is left in it.
local now = tonumber(ARGV[1])
if now == 0 then
  local t = redis.call('TIME')
  now = (t[1] - 1704067200) * 1e6 + t[2] -- since 2024, so that a double holds fractions
end
local answer, full = {0}, {}
for i, key in ipairs(KEYS) do
  local each, burst, n = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local at = tonumber(redis.call('GET', key) or 0) or 0
  at = math.min(math.max(at, now), now + burst * each) -- a clock that was set back takes nobody more than a bucket
  full[i] = at + n * each
  local left = burst - (full[i] - now) / each
  if full[i] - now > burst * each + 0.5 then
    answer[1], answer[i + 1] = i, string.format('%.17g', left + n)
    return answer
  end
  answer[i + 1] = string.format('%.17g', left)
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.17g', full[i]), 'PX', math.ceil((full[i] - now) / 1000) + 1)
end
return answer
