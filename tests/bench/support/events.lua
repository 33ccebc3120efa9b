-- wrk -s events.lua URL -- TOKEN TYPE USERS: events of that type, each about another user in one scattered order.
local headers
local kind
local users
local count = 0

function init(args)
    headers = {["Authorization"] = "Bearer " .. args[1], ["Content-Type"] = "application/json"}
    kind = args[2]
    users = tonumber(args[3])
end

function request()
    count = count + 1
    -- A prime that does not divide the number of users meets each of them once before any a second time.
    local user = "u" .. (count * 7919 % users + 1)
    local body = '{"type":"' .. kind .. '","payload":{"user_id":"' .. user .. '","text":"Your table is ready."}}'
    return wrk.format("POST", "/api/notifications/events", headers, body)
end
