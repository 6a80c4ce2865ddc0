package gateway_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// running are services of a stage with their ports.
type running map[string][]string

func (r running) Ports(_ kernel.Scope, service string) []string { return r[service] }

// inside refuses addresses that begin with 10.
type inside struct{}

func (inside) Reach(addr string, _ bool) error {
	if strings.HasPrefix(addr, "10.") {
		return errors.New("it is inside")
	}
	return nil
}

func ruled(name string, rules ...string) string {
	return fmt.Sprintf("apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: %s}\nspec:\n  hosts: [%s]\n  rules:\n    - %s\n", name, host, strings.Join(rules, "\n    - "))
}

// exactly begins a rule for one path.
func exactly(path string) string {
	return "matches: [{path: {type: Exact, value: " + path + "}}]\n      "
}

// TestApplyingWarnsOfWhatCannotAnswer holds that a backend that is not there, and a redirect
// that leads back to its own rule, by others or at once, are told with their places, and taken.
func TestApplyingWarnsOfWhatCannotAnswer(t *testing.T) {
	t.Parallel()
	s, _ := desk(t, dbtest.SQLite(t, gatewaysql.Migrations()), may{})
	s.Workloads, s.Outside = running{"orders": {"", "http", "8080"}, "admin": {"http", "metrics", "8080", "9090"}}, inside{}
	cases := []struct{ rule, want string }{
		{"backends: [{service: orders}]", ""},
		{"backends: [{service: orders, port: http}]", ""},
		{`backends: [{service: orders, port: "8080"}]`, ""},
		{`backends: [{service: orders, port: "9999"}]`, "gw.yaml:7:18: spec.rules[0].backends[0]: service orders has no port 9999; it has http, 8080"},
		{"backends: [{service: orders, weight: 1}, {service: ordres, weight: 1}]", "spec.rules[0].backends[1]: no service ordres runs on stage dev of project shop yet"},
		{"backends: [{service: admin}]", "service admin has several ports, of which one has to be named: http, metrics, 8080, 9090"},
		{`backends: [{url: "http://10.0.0.7:80"}]`, "spec.rules[0].backends[0]: http://10.0.0.7:80 is not reached: it is inside"},
		{`backends: [{url: "https://api.example.com"}]`, ""},
		{"redirect: {fullPath: /new}", "spec.rules[0].redirect: it leads to https://" + host + "/new, which the same rule takes: clients go round for ever"},
		{"redirect: {fullPath: /new, host: www.example.com}", ""},
		{exactly("/a") + "redirect: {fullPath: /b}\n    - " + exactly("/b") + "redirect: {fullPath: /a}", "gw.yaml:8:7: spec.rules[0].redirect: it leads to https://" + host + "/b, and rules[1] back to this rule: clients go round for ever"},
		{exactly("/a") + "redirect: {fullPath: /b/c}\n    - matches: [{path: {value: /b}}]\n      redirect: {prefix: /d}\n    - " + exactly("/d/c") + "redirect: {fullPath: /a}", "spec.rules[0].redirect: it leads to https://" + host + "/b/c, and rules[1 2] back to this rule"},
		{exactly("/a") + "redirect: {fullPath: /b}\n    - " + exactly("/b") + "redirect: {fullPath: /c}\n    - " + exactly("/c") + "redirect: {fullPath: /d}", ""},
		{"matches: [{path: {type: Exact, value: /old}}]\n      redirect: {fullPath: /new}", ""},
	}
	for _, c := range cases {
		for _, dry := range []bool{true, false, false} { // the last time nothing changes, and what cannot work is told all the same
			changes, err := s.Apply(t.Context(), dev, files(ruled("orders", c.rule)), gateway.ApplyOptions{DryRun: dry})
			if err != nil || len(changes) != 1 || !strings.Contains(remarks(changes[0]), c.want) || (c.want == "") != (len(changes[0].Warnings) == 0) {
				t.Errorf("%s: %+v, %v; want %q", c.rule, changes, err, c.want)
			}
		}
	}
	if _, err := s.Apply(t.Context(), dev, files(ruled("orders", `backends: [{service: orders, port: "9999"}]`)), gateway.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	e, err := s.Explain(t.Context(), dev, gateway.Question{URL: host + "/"})
	if err != nil || !strings.Contains(e.Answer, "service orders has no port 9999; it has http, 8080") {
		t.Errorf("%+v, %v", e, err)
	}
}

// TestARedirectThatAnotherRuleEnds is no round: the path that it leads to is taken elsewhere.
func TestARedirectThatAnotherRuleEnds(t *testing.T) {
	t.Parallel()
	s, _ := desk(t, dbtest.SQLite(t, gatewaysql.Migrations()), may{})
	changes, err := s.Apply(t.Context(), dev, files(ruled("moved", "redirect: {fullPath: /new}"), routeDoc("new", "/new", "web")), gateway.ApplyOptions{})
	if err != nil || len(changes[0].Warnings) > 0 {
		t.Errorf("%+v, %v", changes, err)
	}
}

// Ports are those of the services that a test has started.
func (u *upstreams) Ports(_ kernel.Scope, service string) []string {
	if _, ok := u.m.Load(service); ok {
		return []string{"", "http"}
	}
	return nil
}

// TestClientsAreToldWhatAClientCanDo and nothing of the platform's commands.
func TestClientsAreToldWhatAClientCanDo(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.upstreams.start(t, "orders", "", says("here"))
	f.upstreams.start(t, "gone", "", says("")).Close()
	put(t, f.routes, dev, gateway.ToService("port", "port.dev.shop.localhost", "", "orders", "9999"))
	put(t, f.routes, dev, gateway.ToService("down", "down.dev.shop.localhost", "/only", "nothing", ""))
	put(t, f.routes, dev, gateway.ToService("gone", "gone.dev.shop.localhost", "", "gone", ""))
	for _, c := range []struct {
		host, path, want string
		status           int
	}{
		{"port.dev.shop.localhost", "/", "Service orders has no port 9999.", http.StatusServiceUnavailable},
		{"down.dev.shop.localhost", "/only", "Service nothing has no ready instance.", http.StatusServiceUnavailable},
		{"down.dev.shop.localhost", "/", "serves no path", http.StatusNotFound},
		{"none.dev.shop.localhost", "/", "Nothing is served for host", http.StatusNotFound},
		{"gone.dev.shop.localhost", "/", "broke the connection or refused it", http.StatusBadGateway},
	} {
		resp, body := f.get(t, c.host, c.path)
		if resp.StatusCode != c.status || !strings.Contains(body, c.want) || strings.Contains(body, "terrace ") {
			t.Errorf("%s%s: %d %s, want %d %q", c.host, c.path, resp.StatusCode, body, c.status, c.want)
		}
	}
}

// TestAPolicyThatWaitsIsToldWithItsPlace each time that it is applied.
func TestAPolicyThatWaitsIsToldWithItsPlace(t *testing.T) {
	t.Parallel()
	s, _ := desk(t, dbtest.SQLite(t, gatewaysql.Migrations()), may{})
	doc := policyDoc("mark", "{say: hello, targetRef: {route: nothing}}")
	for range 2 {
		changes, err := s.Apply(t.Context(), dev, files(doc), gateway.ApplyOptions{})
		if want := "gw.yaml:4:32: spec.targetRef.route: there is no route nothing yet: the policy waits for it"; err != nil || len(changes) != 1 || remarks(changes[0]) != want {
			t.Errorf("%+v, %v; want %s", changes, err, want)
		}
	}
}

// remarks are what a person is told of a change besides.
func remarks(c gateway.Change) string {
	out := c.Note
	for _, w := range c.Warnings {
		out = strings.TrimSpace(out + " " + w.String())
	}
	return out
}
