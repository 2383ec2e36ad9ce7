-- Sends requests in bursts without waiting for replies: wrk -s pipeline.lua URL -- DEPTH
local burst

function init(arguments)
  local one = wrk.format("GET", wrk.path)
  burst = string.rep(one, tonumber(arguments[1]))
end

function request()
  return burst
end
