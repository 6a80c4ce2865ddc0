-- Counts claims by the generic cell rate algorithm: all of them or, where one is
-- beyond its tolerance, none. KEYS are the keys; ARGV is "1" to count beyond the
-- tolerance too, then for each key whether it counts and how many windows it
-- has, then for each window its name, step and tolerance in microseconds.
-- Returns the refused key's number, 0 for none, and how far ahead of the time
-- each window is. The server's clock is everybody's.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local force = ARGV[1] == '1'
local at, refused, worst = 2, 0, 0
local reply, writes = {0}, {}
for k, key in ipairs(KEYS) do
  local counts, n = ARGV[at] == '1', tonumber(ARGV[at + 1])
  at = at + 2
  local fields, last = {}, now
  for w = 1, n do
    local name, step, tolerance = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    at = at + 3
    local tat = tonumber(redis.call('HGET', key, name) or now)
    if tat < now then tat = now end
    local after = tat + step
    local beyond = after - now - tolerance
    if beyond > 0 and beyond > worst then refused, worst = k, beyond end
    reply[#reply + 1] = tat - now
    if counts then
      fields[#fields + 1] = name
      fields[#fields + 1] = string.format('%.0f', after)
      if after > last then last = after end
      writes[#writes + 1] = {#reply, after - now}
    end
  end
  if counts then
    writes[#writes + 1] = {key, fields, math.ceil((last - now) / 1000) + 1}
  end
end
if refused > 0 and not force then
  reply[1] = refused
  return reply
end
for _, write in ipairs(writes) do
  if type(write[1]) == 'string' then
    redis.call('HSET', write[1], unpack(write[2]))
    redis.call('PEXPIRE', write[1], write[3])
  else
    reply[write[1]] = write[2]
  end
end
return reply
