package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	txhttp "github.com/corazawaf/coraza/v3/http"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf"
)

// serveGuarded is the gateway with the firewall as it is unless one says more.
func serveGuarded(ctx context.Context, listen, service string) error {
	f := &fixed{policies: []gateway.Policy{{Scope: measuredScope(), Name: "guard", Kind: waf.KindName, Spec: json.RawMessage(`{}`)}}}
	return f.serve(ctx, listen, service, waf.NewKind(slog.New(slog.DiscardHandler), nil, nil))
}

// what a firewall of others is set up with, so that all judge requests alike:
// paranoia level 1, no answers, no audit log.
const settings = `
SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 131072
SecRequestBodyNoFilesLimit 131072
SecResponseBodyAccess Off
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "^application/json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
`

// serveCoraza is Coraza as it comes, with the rule set as it comes, as its own
// middleware before a ReverseProxy.
func serveCoraza(ctx context.Context, listen, service string) error {
	w, err := coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(coreruleset.FS).
		WithDirectives(settings + "Include @crs-setup.conf.example\nInclude @owasp_crs/*.conf\n"))
	if err != nil {
		return err
	}
	target := &url.URL{Scheme: "http", Host: service}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.SetXForwarded() }, BufferPool: &buffers{},
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
	}
	s := &http.Server{Addr: listen, ReadHeaderTimeout: time.Minute, Handler: txhttp.WrapHandler(w, proxy)}
	go func() {
		<-ctx.Done()
		_ = s.Close()
	}()
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

const (
	modsecurityModule = "/usr/lib/nginx/modules/ngx_http_modsecurity_module.so"
	modsecurityRules  = "/usr/share/modsecurity-crs/rules"
	modsecuritySetup  = "/etc/modsecurity/crs/crs-setup.conf"
)

// modsecurity is nginx with ModSecurity and its rule set, as Debian has them in
// libnginx-mod-http-modsecurity and modsecurity-crs.
func modsecurity(b *testing.B, dir, listen, service string) *exec.Cmd {
	b.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		return nil
	}
	for _, file := range []string{modsecurityModule, modsecurityRules, modsecuritySetup} {
		if _, err := os.Stat(file); err != nil {
			return nil
		}
	}
	rules := write(b, dir, "rules.conf", settings+"Include "+modsecuritySetup+"\nInclude "+modsecurityRules+"/*.conf\n")
	config := write(b, dir, "nginx.conf", fmt.Sprintf(`
load_module %[4]s;
daemon off; worker_processes auto; pid %[1]s/nginx.pid; error_log %[1]s/nginx.log crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000; tcp_nodelay on; client_body_buffer_size 128k;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  upstream service { server %[3]s; keepalive 256; keepalive_requests 1000000; }
  server { listen %[2]s; modsecurity on; modsecurity_rules_file %[5]s; location / {
    proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; } }
}`, dir, listen, service, modsecurityModule, rules))
	return exec.Command(path, "-p", dir, "-c", config)
}

func firewalls() []peer {
	return []peer{{"terrace", role("terrace-waf")}, {"coraza", role("coraza")}, {"modsecurity", modsecurity}}
}

// asked is a sort of request.
type asked struct {
	name, method, path, kind, body string
}

func sorts() []asked {
	words := strings.Repeat("The quick brown fox jumps over the lazy dog and orders twelve blue chairs. ", 140)[:10<<10]
	return []asked{
		{"GET, three parameters", http.MethodGet, "/orders?customer=4711&sort=created_at&page=12", "", ""},
		{
			"POST of 150 bytes", http.MethodPost, "/orders", "application/x-www-form-urlencoded",
			"name=Grace+Hopper&street=Harbour+Lane+12&city=Arlington&country=US&note=please+ring+the+bell+twice&quantity=12&article=blue-chair&express=true&gift=no",
		},
		{"10 KB string of JSON", http.MethodPost, "/notes", "application/json", `{"text":"` + words + `"}`},
	}
}

// BenchmarkFirewalls measures requests through firewalls at paranoia level 1:
// the gateway's, Coraza as it comes and ModSecurity, taking turns. It fails where
// the gateway needs more than half the processor time of Coraza for the first two
// sorts, or more than ModSecurity for the third.
func BenchmarkFirewalls(b *testing.B) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.Skip("wrk is not on this machine")
	}
	service := launch(b, peer{"service", role("service")}, "")
	defer service.stop()
	seconds := 4
	if s, err := strconv.Atoi(os.Getenv("TERRACE_BENCH_SECONDS")); err == nil && s > 0 {
		seconds = s
	}
	results := map[string]*figures{}
	for range rounds {
		for _, p := range firewalls() {
			r := launch(b, p, service.addr)
			if r == nil {
				b.Logf("%s is not on this machine", p.name)
				continue
			}
			judges(b, p.name, r.addr)
			for _, s := range sorts() {
				key := p.name + " " + s.name
				if results[key] == nil {
					results[key] = &figures{}
				}
				load(b, wrk, seconds, r, s, results[key])
			}
			r.stop()
		}
	}
	reportFirewalls(b, results)
}

// judges checks that a firewall refuses an attack of each sort and lets an
// ordinary request pass, which also warms it.
func judges(b *testing.B, name, addr string) {
	b.Helper()
	attack := "1' OR '1'='1' UNION SELECT password FROM users-- "
	for _, s := range sorts() {
		bad := s
		switch s.kind {
		case "":
			bad.path += "&q=" + url.QueryEscape(attack)
		case "application/json":
			bad.body = `{"text":"` + attack + `"}`
		default:
			bad.body += "&q=" + url.QueryEscape(attack)
		}
		for range 20 {
			if status := once(b, addr, s); status != http.StatusOK {
				b.Fatalf("%s answers %d to an ordinary %s", name, status, s.name)
			}
		}
		if status := once(b, addr, bad); status != http.StatusForbidden {
			b.Fatalf("%s answers %d to an attack in %s", name, status, s.name)
		}
	}
}

const browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"

func once(b *testing.B, addr string, s asked) int {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), s.method, "http://"+addr+s.path, bytes.NewReader([]byte(s.body)))
	if err != nil {
		b.Fatal(err)
	}
	req.Host = measuredHost
	req.Header.Set("User-Agent", browser)
	req.Header.Set("Accept", "text/html,*/*;q=0.8")
	if s.kind != "" {
		req.Header.Set("Content-Type", s.kind)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// load drives a firewall with one sort of request.
func load(b *testing.B, wrk string, seconds int, r *running, s asked, f *figures) {
	b.Helper()
	script := fmt.Sprintf("wrk.method = %q\nwrk.body = [==[%s]==]\n", s.method, s.body)
	if s.body == "" {
		script = ""
	}
	for name, value := range map[string]string{"Host": measuredHost, "User-Agent": browser, "Accept": "text/html,*/*;q=0.8", "Content-Type": s.kind} {
		if value != "" {
			script += fmt.Sprintf("wrk.headers[%q] = %q\n", name, value)
		}
	}
	path := write(b, b.TempDir(), "request.lua", script)
	if len(s.body) > 1000 {
		seconds *= 3 // some take a tenth of a second for one
	}
	before := processorTime(b, r.cmd.Process.Pid)
	out, err := exec.Command(wrk, "-t2", "-c16", "-d"+strconv.Itoa(seconds)+"s", "--timeout", "30s", "-s", path, "http://"+r.addr+s.path).CombinedOutput()
	took := processorTime(b, r.cmd.Process.Pid) - before
	if err != nil || strings.Contains(string(out), "Non-2xx") {
		b.Fatalf("%s: %v: %s", s.name, err, out)
	}
	f.perSecond = append(f.perSecond, number(b, string(out), `Requests/sec:\s+([\d.]+)`))
	f.cpu = append(f.cpu, took.Seconds()*1000/number(b, string(out), `(\d+) requests in`))
}

// processorTime is what a process and its children have had of processors.
func processorTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	const ticks = 100 // USER_HZ, the same on every Linux
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	var sum int64
	for _, file := range stats {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := bytes.Cut(content, []byte(") ")) // the name may hold anything else
		fields := strings.Fields(string(rest))
		if own := filepath.Base(filepath.Dir(file)); len(fields) < 13 || own != strconv.Itoa(pid) && fields[1] != strconv.Itoa(pid) {
			continue
		}
		for _, field := range fields[11:13] {
			n, _ := strconv.ParseInt(field, 10, 64)
			sum += n
		}
	}
	return time.Duration(sum) * time.Second / ticks
}

func reportFirewalls(b *testing.B, results map[string]*figures) {
	b.Helper()
	var out strings.Builder
	_, _ = fmt.Fprintf(&out, "\n%-24s %-12s %12s %12s %22s\n", "", "", "requests/s", "CPU s/1000", "CPU, of the gateway's")
	for i, s := range sorts() {
		own := results["terrace "+s.name]
		for _, p := range firewalls() {
			f := results[p.name+" "+s.name]
			if f == nil {
				continue
			}
			// Each round is held against the gateway's own of that round: the load of
			// the machine is alike.
			ratios := make([]float64, len(f.cpu))
			for r := range f.cpu {
				ratios[r] = f.cpu[r] / own.cpu[r]
			}
			slices.Sort(ratios)
			ratio := ratios[len(ratios)/2]
			_, _ = fmt.Fprintf(&out, "%-24s %-12s %12.0f %12.3f %22.2f\n", s.name, p.name, median(f.perSecond), median(f.cpu), ratio)
			if p.name == "coraza" && i < 2 && ratio < 2 || p.name == "modsecurity" && i == 2 && ratio < 1 {
				b.Errorf("%s: the gateway needs too much: %s takes %.2f times as much", s.name, p.name, ratio)
			}
		}
	}
	b.Log(out.String())
}
