-- For wrk: sends the requests of a file, separated by NUL, one after the other and again from the start, and prints
-- what was measured as one line of JSON. One thread only: each thread would begin at the first request.
local requests, at = {}, 0

function init(args)
    local file = assert(io.open(args[1], "rb"))
    for request in file:read("*a"):gmatch("[^%z]+") do
        requests[#requests + 1] = request
    end
    file:close()
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests": %d, "duration_us": %d, "bytes": %d, "p50_us": %d, "p99_us": %d, '
            .. '"refused": %d, "broken": %d}\n',
        summary.requests, summary.duration, summary.bytes,
        latency:percentile(50), latency:percentile(99),
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
