package e2e_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/test/harness"
)

// asking is a client of a daemon's gateway that trusts its authority alone.
func asking(t *testing.T, d *harness.Daemon) func(host string, header ...string) int {
	t.Helper()
	pem, err := os.ReadFile(d.SignIn().CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, d.Gateway)
		},
	}}
	t.Cleanup(client.CloseIdleConnections)
	return func(host string, header ...string) int {
		r, err := http.NewRequest(http.MethodGet, "https://"+host+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := client.Do(r)
		if err != nil {
			return 0
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		return resp.StatusCode
	}
}

// documents writes documents of the gateway, and has them count.
func documents(ctx context.Context, t *testing.T, p harness.Person, stage string, all ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "documents.yaml")
	if err := os.WriteFile(file, []byte(strings.Join(all, "---\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Must(ctx, "gateway", "apply", "-f", file, "--stage", stage)
}

func document(kind, name, spec string) string {
	return "apiVersion: gateway.terrace.dev/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"
}

// replicas are two daemons on one database; the project is made at the first.
func replicas(ctx context.Context, t *testing.T) (first, second *harness.Daemon, shop harness.Person) {
	t.Helper()
	shared := t.TempDir()
	arguments := []string{
		"--database", dbtest.NewPostgres(t), "--blobs", "file://" + filepath.Join(shared, "blobs"), "--key", "file://" + filepath.Join(shared, "kek"),
		"--pki", filepath.Join(shared, "pki"), "--gateway-networks", "127.0.0.0/8", "--node",
	}
	first = harness.Start(t, append(slices.Clone(arguments), "first")...)
	shop = first.Project(ctx, t, "shop")
	return first, harness.Start(t, append(slices.Clone(arguments), "second")...), shop
}

// TestAFailingRouteIsToldToAWebhook goes the whole way of an alert: what the second of
// two daemons answers is counted, its objective burns, and a receiver is told once of
// each severity; once nothing is promised any more, of the end.
func TestAFailingRouteIsToldToAWebhook(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	_, second, shop := replicas(ctx, t)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	t.Cleanup(broken.Close)
	type alert struct {
		Type, Subject string
		Data          struct{ Severity, Objective, Long, BurnLong string }
	}
	told := make(chan alert, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var a alert
		_ = json.NewDecoder(r.Body).Decode(&a)
		told <- a
	}))
	t.Cleanup(receiver.Close)
	shop.Must(ctx, "subscription", "create", "oncall", "--webhook", receiver.URL, "--type", "slo.*")
	host := "broken.dev." + shop.Project + ".localhost"
	documents(
		ctx, t, shop, "dev", document("Route", "broken", fmt.Sprintf("{hosts: [%s], rules: [{backends: [{url: %q}]}]}", host, broken.URL)),
		document("ServiceLevelObjective", "promise", "{targetRef: {route: broken}, objectives: [{indicatorRef: availability, target: 0.999}]}"),
	)
	ask := asking(t, second)
	harness.Eventually(t, "the second daemon has the route", func() (string, bool) {
		code := ask(host)
		return fmt.Sprint(code), code == http.StatusInternalServerError
	})
	for range 100 {
		ask(host)
	}
	next := func() (a alert) {
		t.Helper()
		select {
		case a = <-told:
		case <-time.After(2 * time.Minute):
			t.Fatal("no alert comes")
		}
		return a
	}
	burning, recovered := map[string]alert{}, map[string]alert{}
	for len(burning) < 2 {
		a := next()
		if _, twice := burning[a.Data.Severity]; twice || a.Type != "dev.terrace.slo.burning" || a.Subject != "broken" || a.Data.Objective != "availability" {
			t.Errorf("told %+v, after %+v", a, burning)
		}
		burning[a.Data.Severity] = a
	}
	if page, ticket := burning["page"].Data, burning["ticket"].Data; page.Long != "1h" || page.BurnLong != "1000.00" || ticket.Long != "3d" {
		t.Errorf("told %+v", burning)
	}
	if r := shop.Must(ctx, "gateway", "slo", "show", "broken", "--stage", "dev"); !strings.Contains(r.Stdout, "page") {
		t.Errorf("the client does not show that it burns: %s", r)
	}
	shop.Must(ctx, "gateway", "delete", "policy", "promise", "--stage", "dev", "--yes")
	for len(recovered) < 2 {
		a := next()
		if _, twice := recovered[a.Data.Severity]; twice || a.Type != "dev.terrace.slo.recovered" || a.Subject != "broken" {
			t.Errorf("told %+v, after %+v", a, recovered)
		}
		recovered[a.Data.Severity] = a
	}
	select {
	case a := <-told:
		t.Errorf("told again: %+v", a)
	default:
	}
}

// TestRequestsAtAnotherDaemonAreWatched tails at the first of two daemons what both
// answer, until it is interrupted.
func TestRequestsAtAnotherDaemonAreWatched(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	first, second, shop := replicas(ctx, t)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Fail") != "" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(service.Close)
	host := "seen.dev." + shop.Project + ".localhost"
	documents(ctx, t, shop, "dev", document("Route", "seen", fmt.Sprintf("{hosts: [%s], rules: [{backends: [{url: %q}]}]}", host, service.URL)))
	asks := map[string]func(string, ...string) int{"first": asking(t, first), "second": asking(t, second)}
	for name, ask := range asks {
		harness.Eventually(t, "the "+name+" daemon has the route", func() (string, bool) { code := ask(host); return fmt.Sprint(code), code == http.StatusOK })
	}
	cmd := exec.Command(harness.Bin(t, "terrace"), "gateway", "tail", "--stage", "dev", "--status", "5xx", "-o", "json")
	cmd.Env = append(first.Environment(), "TERRACE_PROJECT="+shop.Project)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	type line struct {
		Route, UserAgent string
		Status           int
	}
	var wrong atomic.Int64
	seen := make(chan line, 1000)
	go func() {
		defer close(seen)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var l line
			if json.Unmarshal(lines.Bytes(), &l) != nil || l.Status != http.StatusInternalServerError || l.Route != "seen" {
				wrong.Add(1)
			}
			seen <- l
		}
	}()
	for name, ask := range asks {
		harness.Eventually(t, "what the "+name+" daemon answers is seen", func() (string, bool) {
			ask(host)
			ask(host, "X-Fail", "yes", "User-Agent", "at the "+name)
			select {
			case l := <-seen:
				return fmt.Sprint(l), l.UserAgent == "at the "+name
			default:
				return "nothing", false
			}
		})
	}
	_ = cmd.Process.Signal(syscall.SIGINT)
	for range seen { // the rest of what was seen
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || wrong.Load() > 0 {
		t.Errorf("it ends with %d, and %d lines are none of a failed request", code, wrong.Load())
	}
}
