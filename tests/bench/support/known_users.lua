-- wrk -s known_users.lua URL -- TOKEN COUNT: the users u1 to uCOUNT, all of them, in one scattered order.
local requests = {}
local at = 0

function init(args)
    local headers = {Authorization = "Bearer " .. args[1]}
    local count = tonumber(args[2])
    -- A prime that does not divide the count visits each user once before any a second time.
    for i = 1, count do
        requests[i] = wrk.format("GET", "/api/users/u" .. (i * 7919 % count + 1), headers)
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end
