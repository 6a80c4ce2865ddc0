package sidecar_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
)

func TestTwoWorkloadsTalkThroughTheirSidecars(t *testing.T) {
	t.Parallel()
	authority := authorities(t)
	billing := start(t, authority, "billing", app(t, "billing"), "authorization: [{from: ["+idOf("web")+"], methods: [GET], paths: [/invoices/*]}]")
	web := start(t, authority, "web", app(t, "web"), calls("billing", idOf("billing"), billing.inbound()))
	status, body, err := web.ask(t.Context(), http.MethodGet, "billing", "/invoices/1")
	if want := "billing billing By=" + idOf("billing") + ";URI=" + idOf("web"); err != nil || status != http.StatusOK || body != want {
		t.Errorf("%d %s %v", status, body, err)
	}
	for reason, r := range map[string][2]string{"another method": {http.MethodPost, "/invoices/1"}, "another path": {http.MethodGet, "/invoicesx"}, "above": {http.MethodGet, "/invoices/../x"}} {
		if status, body, err := web.ask(t.Context(), r[0], "billing", r[1]); status != http.StatusForbidden {
			t.Errorf("%s: %d %s %v", reason, status, body, err)
		}
	}
	if status, body, _ := web.ask(t.Context(), http.MethodGet, "stock", "/"); status != http.StatusNotFound {
		t.Errorf("a service that there is not: %d %s", status, body)
	}
	for registry, reporter := range map[*beside]string{web: "source", billing: "destination"} {
		version := map[string]string{"source": "v1", "destination": "billing"}[reporter]
		want := "# HELP terrace_mesh_requests_total Requests answered, by who asked whom, which version answered, and the status.\n# TYPE terrace_mesh_requests_total counter\n" +
			`terrace_mesh_requests_total{code="200",destination="` + idOf("billing") + `",reporter="` + reporter + `",source="` + idOf("web") + `",version="` + version + `"} 1` + "\n" +
			`terrace_mesh_requests_total{code="403",destination="` + idOf("billing") + `",reporter="` + reporter + `",source="` + idOf("web") + `",version="` + version + `"} 3` + "\n"
		if reporter == "source" {
			want += `terrace_mesh_requests_total{code="404",destination="unknown",reporter="source",source="` + idOf("web") + `",version=""} 1` + "\n"
		}
		eventually(t, "the metrics of "+reporter, func() bool {
			return testutil.GatherAndCompare(registry.registry, strings.NewReader(want), "terrace_mesh_requests_total") == nil
		})
	}
}

func TestNobodyMayCallUnlessItIsSaid(t *testing.T) {
	t.Parallel()
	authority := authorities(t)
	billing := start(t, authority, "billing", app(t, "billing"), allows(idOf("stock")))
	web := start(t, authority, "web", app(t, "web"), calls("billing", idOf("billing"), billing.inbound()))
	if status, body, err := web.ask(t.Context(), http.MethodGet, "billing", "/"); status != http.StatusForbidden {
		t.Errorf("%d %s %v", status, body, err)
	}
	billing.write(t, "services: nonsense")
	billing.write(t, allows("spiffe://localhost/tenant/acme/project/shop/*"))
	eventually(t, "it is allowed", func() bool {
		status, _, _ := web.ask(t.Context(), http.MethodGet, "billing", "/")
		return status == http.StatusOK
	})
}

func TestAnotherThanWhoIsExpectedIsNotAsked(t *testing.T) {
	t.Parallel()
	authority, strange := authorities(t), authorities(t)
	all := "spiffe://localhost/*"
	stock := start(t, authority, "stock", app(t, "stock"), allows(all))
	impostor := start(t, strange, "billing", app(t, "impostor"), allows(all))
	web := start(t, authority, "web", app(t, "web"), calls("billing", idOf("billing"), stock.inbound())+"\n")
	if status, body, _ := web.ask(t.Context(), http.MethodGet, "billing", "/"); status != http.StatusBadGateway || strings.Contains(body, "stock ") {
		t.Errorf("another workload: %d %s", status, body)
	}
	web.write(t, calls("billing", idOf("billing"), impostor.inbound()))
	eventually(t, "the new document holds", func() bool { return refused(t, impostor, web) })
}

// refused asks, and tells whether one was refused at the other side.
func refused(t *testing.T, at, from *beside) bool {
	t.Helper()
	status, body, _ := from.ask(t.Context(), http.MethodGet, "billing", "/")
	if status != http.StatusBadGateway || strings.Contains(body, "impostor ") {
		t.Errorf("of another authority: %d %s", status, body)
	}
	families, err := at.registry.Gather()
	must(t, err)
	for _, f := range families {
		if f.GetName() == "terrace_mesh_handshakes_failed_total" {
			return f.GetMetric()[0].GetCounter().GetValue() > 0
		}
	}
	return false
}

func TestWithoutACertificateNobodyComesIn(t *testing.T) {
	t.Parallel()
	authority := authorities(t)
	billing := start(t, authority, "billing", app(t, "billing"), allows("spiffe://localhost/*"))
	get := func(shown ...tls.Certificate) (int, error) {
		c := &tls.Config{InsecureSkipVerify: true, Certificates: shown}
		resp, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: c, DisableKeepAlives: true}}).Get("https://" + billing.inbound() + "/")
		if err != nil {
			return 0, err
		}
		defer func() { _ = resp.Body.Close() }()
		_, err = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, err
	}
	if status, err := get(); err == nil {
		t.Errorf("without one: %d", status)
	}
	own, err := authority.Authority().ClientCertificate("localhost")
	must(t, err)
	if status, err := get(*own); err == nil {
		t.Errorf("with one that is no SVID: %d", status)
	}
	svid, err := newIdentities(t, authority, "web").SVID(t.Context(), pki.Workload{Scope: scope(), Name: "web"})
	must(t, err)
	if status, err := get(*svid); err != nil || status != http.StatusOK {
		t.Errorf("with an SVID: %d %v", status, err)
	}
	if resp, err := http.Get("http://" + billing.inbound() + "/"); err == nil {
		_ = resp.Body.Close()
		t.Errorf("in the clear: %d", resp.StatusCode)
	}
}

func TestARevokedCallerIsRefusedOnItsConnection(t *testing.T) {
	t.Parallel()
	authority := authorities(t)
	billing := start(t, authority, "billing", app(t, "billing"), allows(idOf("web")))
	svid, err := newIdentities(t, authority, "web").SVID(t.Context(), pki.Workload{Scope: scope(), Name: "web"})
	must(t, err)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{*svid}}}}
	status := func() int {
		resp, err := c.Get("https://" + billing.inbound() + "/")
		if err != nil {
			return 0
		}
		defer func() { _ = resp.Body.Close() }()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode
	}
	if got := status(); got != http.StatusOK {
		t.Fatal(got)
	}
	_, err = authority.Withdraw(operator(), "acme", svid.Leaf.SerialNumber.Text(16), pki.KeyCompromise, "lost")
	must(t, err)
	must(t, billing.identities.Round(t.Context()))
	eventually(t, "it is refused, then its handshake", func() bool { return status() == http.StatusUnauthorized })
	if got := status(); got != 0 {
		t.Errorf("a new connection: %d", got)
	}
}

func TestSharesFollowTheWeights(t *testing.T) {
	t.Parallel()
	authority := authorities(t)
	one := start(t, authority, "billing", app(t, "one"), allows(idOf("web")))
	two := start(t, authority, "billing", app(t, "two"), allows(idOf("web")))
	web := start(t, authority, "web", app(t, "web"), "services: [{name: billing, versions: ["+
		"{name: v1, weight: 3, identity: "+idOf("billing")+", instances: ['"+one.inbound()+"']}, {name: v2, identity: "+idOf("billing")+", instances: ['"+two.inbound()+"']}]}]")
	counts := map[string]int{}
	for range 400 {
		_, body, err := web.ask(t.Context(), http.MethodGet, "billing", "/")
		must(t, err)
		counts[body[:3]]++
	}
	if counts["one"] < 240 || counts["two"] < 50 || counts["one"]+counts["two"] != 400 {
		t.Error(counts)
	}
}

func TestAnIdentityRotatesUnderTraffic(t *testing.T) {
	t.Parallel()
	authority := authorities(t)
	billing := start(t, authority, "billing", app(t, "billing"), allows(idOf("web")))
	web := start(t, authority, "web", app(t, "web"), calls("billing", idOf("billing"), billing.inbound()))
	s := web.stream("billing", 4)
	s.more(t, 50)
	for range 5 {
		former := web.identities.Standings(scope())[0].Serial
		web.identities.rotate(t)
		web.shows(t)
		s.more(t, 50)
		_, err := authority.Withdraw(operator(), "acme", former, pki.Superseded, "nobody shows it any more")
		must(t, err)
		must(t, billing.identities.Round(t.Context()))
		s.more(t, 50)
		billing.identities.rotate(t)
		billing.shows(t)
		s.more(t, 50)
	}
	t.Logf("%d requests over 10 rotations", s.end(t))
}

func TestTheAuthorityIsReplacedUnderTraffic(t *testing.T) {
	t.Parallel()
	authority := authorities(t)
	billing := start(t, authority, "billing", app(t, "billing"), allows(idOf("web")))
	web := start(t, authority, "web", app(t, "web"), calls("billing", idOf("billing"), billing.inbound()))
	s := web.stream("billing", 4)
	for range 3 {
		s.more(t, 50)
		_, err := authority.Rotate(operator(), pki.Rotation{Workloads: true})
		must(t, err)
		must(t, billing.identities.Round(t.Context())) // the bundle is told of by itself
		must(t, web.identities.Round(t.Context()))
		s.more(t, 50)
		billing.identities.rotate(t)
		billing.shows(t)
		s.more(t, 50)
		web.identities.rotate(t)
		web.shows(t)
	}
	s.more(t, 50)
	t.Logf("%d requests over 3 authorities", s.end(t))
}

// TestGRPCPassesThrough has a real server and a real client, whose call goes over HTTP/2 all
// the way.
func TestGRPCPassesThrough(t *testing.T) {
	t.Parallel()
	authority := authorities(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	billing := startWith(t, authority, "billing", "authorization: [{from: ["+idOf("web")+"], paths: [/grpc.health.v1.Health/*]}]", sidecar.Config{Application: l.Addr().String(), GRPC: true})
	web := start(t, authority, "web", app(t, "web"), strings.Replace(calls("billing", idOf("billing"), billing.inbound()), "versions", "protocol: grpc, versions", 1))
	_, port := web.Ports()
	conn, err := grpc.NewClient(fmt.Sprintf("passthrough:///127.0.0.1:%d", port), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithAuthority("billing"))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	if r, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil || r.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("%v %v", r, err)
	}
	if _, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: "none"}); status.Code(err) != codes.NotFound {
		t.Errorf("the status of the trailer: %v", err)
	}
}

func TestADocumentSaysWhereItIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"authorization:\n  - from: [web]":                                                    "2:12",
		"authorization:\n  - methods: [GET]":                                                 "2:5",
		"authorization:\n  - from: [spiffe://a/b]\n    paths: [x*]":                          "3:13",
		"services:\n  - name: A_b\n    versions: []":                                         "2:11",
		"services:\n  - name: a\n    versions:\n      - identity: spiffe://a":                "4:19",
		"services:\n  - name: a\n    versions: [{identity: 'spiffe://a/b', instances: [x]}]": "3:55",
		"services: []\nmore: 1":                                                              "2:1",
	} {
		if _, err := sidecar.Read("mesh.yaml", []byte(text)); err == nil || !strings.Contains(problems(err), want) {
			t.Errorf("%q: %s", text, problems(err))
		}
	}
}
