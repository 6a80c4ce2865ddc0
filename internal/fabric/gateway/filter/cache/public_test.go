package cache_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// cacheTests names the folder of the package http-cache-tests from npm with
// its dependency node-fetch, and cacheResults a file to write its results to.
const (
	cacheTests   = "TERRACE_CACHE_TESTS"
	cacheResults = "TERRACE_CACHE_RESULTS"
)

// TestPublicCacheTests runs the HTTP cache tests of the HTTP working group's
// chair (http-tests/cache-tests) against a gateway in front of their server.
func TestPublicCacheTests(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(cacheTests)
	if dir == "" {
		t.Skip("skipped: " + cacheTests + " names no folder of the package http-cache-tests from npm")
	}
	f := start(t, `{"stale": {}}`, nil)
	f.clock.follow()
	port := nodeServer(t, dir)
	f.ups.m.Store("orders", "127.0.0.1:"+port)
	preload := filepath.Join(t.TempDir(), "lookup.cjs")
	script := `const dns = require('dns'); const real = dns.lookup
dns.lookup = (host, options, done) => { if (typeof options === 'function') { done = options; options = {} } return real(host.endsWith('.localhost') ? '127.0.0.1' : host, options, done) }`
	if err := os.WriteFile(preload, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--no-warnings", "--require", preload, "cli.mjs")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "npm_config_base="+f.base, "npm_package_config_id="+os.Getenv("TERRACE_CACHE_ID"))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	if os.Getenv("TERRACE_CACHE_ID") != "" {
		t.Log(out.String())
		return
	}
	results := map[string]any{}
	if err := json.Unmarshal(out.Bytes(), &results); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if to := os.Getenv(cacheResults); to != "" {
		_ = os.WriteFile(to, out.Bytes(), 0o600)
	}
	judge(t, dir, results)
}

// judge holds the results against those that are known not to be met, each
// with its reason.
func judge(t *testing.T, dir string, results map[string]any) {
	t.Helper()
	known, kinds := unmet(), kindsOf(t, dir)
	passed, of := map[string]int{}, map[string]int{}
	for _, id := range slices.Sorted(maps.Keys(results)) {
		kind := kinds[id]
		if of[kind]++; results[id] == true {
			passed[kind]++
			if _, listed := known[id]; listed {
				t.Logf("%s is met, though it is listed as unmet", id)
			}
			continue
		}
		if _, listed := known[id]; !listed && kind != "check" { // those ask how a cache behaves, and call nothing wrong
			t.Errorf("%s: %v", id, results[id])
		}
	}
	for kind, n := range of {
		t.Logf("%s: %d of %d", kind, passed[kind], n)
	}
	if passed["required"] < 100 {
		t.Error("hardly any test ran")
	}
}

// kindsOf returns what each test is: required, optimal or check. Those about
// Surrogate-Control, which is no standard, are checks as well.
func kindsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	script := `import tests from './tests/index.mjs'; import surrogate from './tests/surrogate-control.mjs'
const out = {}; tests.forEach(s => s.tests.forEach(t => { out[t.id] = t.kind || 'required' })); surrogate.tests.forEach(t => { out[t.id] = 'check' })
console.log(JSON.stringify(out))`
	cmd := exec.CommandContext(t.Context(), "node", "--input-type=module", "--eval", script)
	cmd.Dir = dir
	out, err := cmd.Output()
	kinds := map[string]string{}
	if err == nil {
		err = json.Unmarshal(out, &kinds)
	}
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

func nodeServer(t *testing.T, dir string) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "node", "server/server.mjs")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "npm_config_protocol=http", "npm_config_port="+port, "npm_config_pidfile="+filepath.Join(t.TempDir(), "pid"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; {
		resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%s/index.html", port))
		if err == nil {
			_ = resp.Body.Close()
			return port
		}
		if time.Now().After(deadline) || !strings.Contains(err.Error(), "refused") {
			t.Fatal(err)
		}
	}
}

// unmet are the tests that the cache does not meet, with the reason.
func unmet() map[string]string {
	out := map[string]string{
		"304-etag-update-response-ETag":       "a 304 with another entity tag is about another answer: that is asked for (RFC 9111 §4.3.4)",
		"304-etag-update-response-Set-Cookie": "answers with Set-Cookie are for one client unless the policy says setCookie: strip",
		"headers-store-Set-Cookie":            "answers with Set-Cookie are for one client unless the policy says setCookie: strip",
		"other-set-cookie":                    "answers with Set-Cookie are for one client unless the policy says setCookie: strip",
		"headers-store-Transfer-Encoding":     "an answer with a transfer coding that is none is refused, not passed on",
		"method-POST":                         "answers to POST are not stored",
		"conditional-lm-fresh-no-lm":          "without Last-Modified the Date counts, which is later than the client's (RFC 9111 §4.3.2)",
	}
	for _, id := range []string{
		"dup-0", "dup-0-twoline", "dup-old", "float", "negative", "nonnumeric", "numeric-parameter", "parameter", "prefix-twoline",
	} {
		out["age-parse-"+id] = "the first Age counts, and one that is no number is ignored (RFC 9111 §5.1)"
	}
	for _, id := range []string{"must-revalidate", "no-cache", "proxy-revalidate", "s-maxage=2"} {
		out["stale-close-"+id] = "the gateway's own 502 carries no number of the test server: it is taken for a stored answer"
	}
	for _, id := range []string{"complete", "reuse-partial", "reuse-partial-absent", "reuse-partial-byterange", "reuse-partial-suffix"} {
		out["partial-store-partial-"+id] = "partial answers are passed on and not stored"
	}
	for _, id := range []string{"case", "order", "select"} {
		out["vary-normalise-lang-"+id] = "languages are compared as they are written"
	}
	return out
}
