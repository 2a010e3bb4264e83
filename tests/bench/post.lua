-- For wrk: POSTs messages to the conversations of a plan (token, conversation, ... a line), each with a
-- clientId of its own. Arguments: the plan, a word that makes the ids of this run differ, the text, and
-- optionally a secret key, with which an agent writes in place of the visitors.
local rows, run, content, key, count, at = {}, nil, nil, nil, 0, 0

function init(args)
	run, content, key = args[2], args[3], args[4]
	for row in io.lines(args[1]) do
		local token, conversation = row:match("^([^\t]+)\t([^\t]+)")
		rows[#rows + 1] = { token, conversation }
	end
	math.randomseed(os.time())
	at = math.random(#rows)
end

function request()
	count = count + 1
	at = at % #rows + 1
	local row = rows[at]
	return wrk.format("POST",
		(key and "/api/v1/conversations/" or "/api/v1/widget/conversations/") .. row[2] .. "/messages",
		{ ["Authorization"] = "Bearer " .. (key or row[1]), ["Content-Type"] = "application/json" },
		string.format('{"clientId":"%s-%d","content":"%s"}', run, count, content))
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format('\n{"requests":%d,"seconds":%.3f,"errors":%d,"p50_ms":%.3f,"p99_ms":%.3f}\n',
		summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
		latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
