-- wrk calls done() once, at the end: the figures as one line of JSON. Nothing here runs for a request.
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\nJSON {"operations":%d,"bytes":%.0f,"seconds":%.6f,"p50Us":%.1f,"p99Us":%.1f,"p999Us":%.1f,' ..
    '"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    summary.requests, summary.bytes, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    e.connect, e.read, e.write, e.status, e.timeout))
end
