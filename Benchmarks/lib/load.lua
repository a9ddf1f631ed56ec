-- What wrk sends, from the environment, and its summary as one line of JSON.
-- The request is fixed, so wrk formats it once; `done` runs after the load.

wrk.method = os.getenv("BENCH_METHOD") or "GET"
local body_bytes = tonumber(os.getenv("BENCH_BODY_BYTES") or "0")
if body_bytes > 0 then wrk.body = string.rep("x", body_bytes) end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    'SUMMARY {"requests": %d, "duration_us": %d, "p50_us": %d, "p99_us": %d, "connect_errors": %d, ' ..
    '"read_errors": %d, "write_errors": %d, "status_errors": %d, "timeouts": %d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), e.connect,
    e.read, e.write, e.status, e.timeout))
end
