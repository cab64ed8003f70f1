-- SPDX-License-Identifier: Apache-2.0
-- wrk: each request submits a manifest that no other one has submitted. The 1.5 KB body is that of a
-- pipeline that gives counts and suites. RUN (environment) keeps runs against one registry apart.
local threads = 0

function setup(thread)
	thread:set("thread_id", threads)
	threads = threads + 1
end

local head = [[{"schema":"spiralfed.manifest/v1","provider":"hf","run":{"id":"bench","pipeline":"bench/submit"},]]
	.. [["artifacts":[{"id":"bench/textgen-%s-v%d","kind":"adapter","role":"textgen","uri":"hf://bench/textgen@%d",]]
local tail = [["base_model":"mistralai/Mistral-7B-v0.3","license":"apache-2.0","prompt_types":["chat","code"],]]
	.. [["metrics":{"quality":{"value":0.86,"n":1300,"successes":1118},"safety":{"value":0.9972,"n":5000,"successes":4986},]]
	.. [["latency_ms_p95":{"value":121.4,"n":20000,"histogram":{"bounds":[50,100,150,250,500],"counts":[6100,9820,3350,640,82,8]}},]]
	.. [["cost_per_1k_tokens":{"value":0.68,"n":20000,"stderr":0.004}},]]
	.. [["suites":{"policy":{"passed":2500,"total":2500,"digest":"sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"},]]
	.. [["adversarial":{"passed":4000,"total":4000,"digest":"sha256:d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35",]]
	.. [["by_category":{"jailbreak":{"passed":2000,"total":2000},"self_harm":{"passed":1000,"total":1000},]]
	.. [["data_exfiltration":{"passed":1000,"total":1000}}}}}]}]]

local headers = {["Content-Type"] = "application/json"}
local count = 0

function init(args)
	family = (os.getenv("RUN") or "r") .. "t" .. thread_id
end

function request()
	count = count + 1
	return wrk.format("POST", "/v1/manifests", headers,
		string.format(head, family, count, count) .. tail)
end

function response(status)
	if status ~= 201 then
		bad = (bad or 0) + 1
	end
end

function done(summary, latency)
	io.write(string.format("p50_ms %.3f p99_ms %.3f\n", latency:percentile(50) / 1000,
		latency:percentile(99) / 1000))
end
