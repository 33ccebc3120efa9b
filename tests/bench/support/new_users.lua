-- wrk -s new_users.lua URL -- TOKEN PREFIX: users that nobody has seen yet, PREFIX1, PREFIX2, ...
local headers
local prefix
local count = 0

function init(args)
    headers = {["Authorization"] = "Bearer " .. args[1], ["Content-Type"] = "application/json"}
    prefix = args[2]
end

function request()
    count = count + 1
    local body = '{"id":"' .. prefix .. count .. '","name":"Asha Rao","role":"customer","area":"Bandra"}'
    return wrk.format("POST", "/api/users", headers, body)
end
