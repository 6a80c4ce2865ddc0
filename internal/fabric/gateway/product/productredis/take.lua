-- Counts claims on counters of periods: all of them or, where one has reached its
-- limit, none. KEYS are the counters; ARGV has for each what is known to be used at
-- least, what came late and counts in any case, the cost, the limit (0 for none) and
-- the second of Unix at which the counter is forgotten.
-- Returns the refused counter's number, 0 for none, and what each counter is at.
local reply, refused = {0}, 0
for k = 1, #KEYS do
  local at = (k - 1) * 5
  local known, late, limit = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 4])
  local used = tonumber(redis.call('GET', KEYS[k]) or 0)
  if used < known then used = known end
  used = used + late
  if limit > 0 and used >= limit then refused = k end
  reply[k + 1] = used
end
for k, key in ipairs(KEYS) do
  local at = (k - 1) * 5
  if refused == 0 then reply[k + 1] = reply[k + 1] + tonumber(ARGV[at + 3]) end
  redis.call('SET', key, string.format('%.0f', reply[k + 1]), 'EXAT', ARGV[at + 5])
end
reply[1] = refused
return reply
