package runapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runapi"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

const score = `apiVersion: score.dev/v1b1
metadata:
  name: orders
  annotations: {terrace.dev/costcenter: "42"}
containers: {main: {image: .}}
service: {ports: {web: {port: 8080}}}
resources:
  web: {type: route, params: {port: 8080}}
`

// client calls the API as an actor.
type client struct {
	t     *testing.T
	base  string
	actor string
}

func serve(t *testing.T, b *runtest.Bench) client {
	t.Helper()
	r := chi.NewRouter()
	r.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			actor := map[string]kernel.Actor{"ada": runtest.Ada, "grace": runtest.Grace}[r.Header.Get("Actor")]
			ctx := r.Context()
			if actor.ID != "" {
				ctx = kernel.WithActor(ctx, actor)
			}
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	})
	runapi.API{Runs: b.Service}.Register(httpserver.NewAPI(r, "test"))
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return client{t: t, base: server.URL + "/api/v1/projects/shop", actor: "ada"}
}

func (c client) do(method, path string, in any) *http.Response {
	c.t.Helper()
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		runtest.Must(c.t, err)
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, c.base+path, body)
	runtest.Must(c.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Actor", c.actor)
	res, err := http.DefaultClient.Do(req)
	runtest.Must(c.t, err)
	return res
}

func (c client) call(method, path string, in, out any, want int) {
	c.t.Helper()
	res := c.do(method, path, in)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	runtest.Must(c.t, err)
	if res.StatusCode != want {
		c.t.Fatalf("%s %s: %d, want %d: %s", method, path, res.StatusCode, want, raw)
	}
	runtest.Must(c.t, json.Unmarshal(raw, out))
}

func TestAPI(t *testing.T) {
	t.Parallel()
	b := runtest.New(t, dbtest.SQLite(t, runtest.Migrations()...)).Start(t)
	c := serve(t, b)
	var deployed struct {
		Run     run.Run
		Release run.ReleaseRef
	}
	c.call("POST", "/deployments", map[string]string{"score": score, "stage": "dev", "version": "1"}, &deployed, 202)
	if deployed.Release.ID == "" || deployed.Run.Release != deployed.Release {
		t.Errorf("%+v", deployed)
	}
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() { c.follow(deployed.Run.ID) })
	}
	readers.Wait()
	for _, to := range []string{"test", "int", "qs"} {
		c.call("POST", "/workloads/orders/promotions", map[string]string{"to": to}, &deployed, 202)
		b.Await(t, deployed.Run.ID, run.Succeeded, run.AwaitingApproval)
	}
	id := deployed.Run.ID
	var dossier struct {
		Digest  kernel.Digest
		Dossier run.Dossier
	}
	c.call("GET", "/runs/"+id+"/dossier", nil, &dossier, 200)
	if digest, err := dossier.Dossier.Digest(); err != nil || digest != dossier.Digest {
		t.Errorf("the dossier that is read has the digest %s, not %s: %v", digest, dossier.Digest, err)
	}
	var root struct {
		Digest kernel.Digest
		Files  map[string]string
	}
	c.call("GET", "/runs/"+id+"/root", nil, &root, 200)
	if root.Digest != dossier.Dossier.Root || root.Files["main.tf.json"] == "" {
		t.Errorf("the root module has the digest %s, not %s as it was planned; files %v", root.Digest, dossier.Dossier.Root, root.Files)
	}
	var problem httpserver.ProblemDetails
	c.call("POST", "/runs/"+id+"/approvals", map[string]string{"digest": "sha256:0"}, &problem, 409)
	if problem.Kind != kernel.Stale || problem.Fix == "" {
		t.Errorf("%+v", problem)
	}
	var x run.Explanation
	c.call("GET", "/runs/"+id+"/explanation", nil, &x, 200)
	if x.Status != run.AwaitingApproval || len(x.Next) == 0 {
		t.Errorf("%+v", x)
	}
	c.call("POST", "/runs/"+id+"/approvals", map[string]string{"digest": string(dossier.Digest)}, &deployed, 200)
	b.Await(t, id, run.Succeeded)
	var runs kernel.Page[run.Run]
	c.call("GET", "/runs?stage=qs&status=succeeded", nil, &runs, 200)
	if len(runs.Items) != 1 || runs.Items[0].ID != id {
		t.Errorf("%+v", runs)
	}
}

// follow reads a run's log to its end.
func (c client) follow(id string) {
	res := c.do("GET", "/runs/"+id+"/events?follow=true", nil)
	defer res.Body.Close()
	if media := res.Header.Get("Content-Type"); media != "application/x-ndjson" {
		c.t.Errorf("media type %s", media)
	}
	var last run.Event
	for scan := bufio.NewScanner(res.Body); scan.Scan(); {
		if err := json.Unmarshal(scan.Bytes(), &last); err != nil {
			c.t.Errorf("%q: %v", scan.Text(), err)
		}
	}
	if last.Type != "run.succeeded" || last.Run != id {
		c.t.Errorf("the last word is %+v", last)
	}
}

func TestAPIOfWorkloads(t *testing.T) {
	t.Parallel()
	b := runtest.New(t, dbtest.SQLite(t, runtest.Migrations()...)).Start(t)
	c := serve(t, b)
	b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	var w struct {
		Name   string
		Stages []struct {
			Stage, Status, Run string
			Release            *run.ReleaseRef
			URLs               map[string]string
		}
	}
	c.call("GET", "/workloads/orders", nil, &w, 200)
	if dev := w.Stages[0]; w.Name != "orders" || dev.Status != "verified" || dev.URLs["web"] != "https://orders.dev.shop.localhost/" || dev.Release.Number != 1 {
		t.Errorf("%+v", w)
	}
	if w.Stages[1].Status != "none" || w.Stages[1].Release != nil {
		t.Errorf("%+v", w.Stages[1])
	}
	var list kernel.Page[struct{ Name string }]
	c.call("GET", "/workloads?limit=1", nil, &list, 200)
	if len(list.Items) != 1 || list.Items[0].Name != "orders" {
		t.Errorf("%+v", list)
	}
	var found struct {
		Items []struct {
			Stage, Address string
			Resource       struct{ Definition string }
			Outputs        map[string]string
		}
	}
	c.call("GET", "/explanations/resources?workload=orders&resource=web", nil, &found, 200)
	if len(found.Items) != 1 || found.Items[0].Address != "module.route_web" || found.Items[0].Outputs["url"] == "" || found.Items[0].Resource.Definition != "route-local" {
		t.Errorf("%+v", found)
	}
	var problem httpserver.ProblemDetails
	c.call("GET", "/explanations/resources?workload=orders&resource=db&stage=dev", nil, &problem, 404)
	if !strings.Contains(problem.Fix, "cache, web") {
		t.Errorf("%+v", problem)
	}
	c.call("GET", "/runs/run_none", nil, &problem, 404)
	c.call("POST", "/deployments", map[string]string{"score": "apiVersion: x", "stage": "dev"}, &problem, 422)
	if len(problem.Problems) == 0 || problem.Problems[0].File != "score.yaml" {
		t.Errorf("%+v", problem)
	}
	var g struct {
		Nodes []struct {
			UID, Definition string
			DependsOn       []string
			Module          struct{ Version string }
		}
	}
	cache := "apiVersion: score.dev/v1b1\nmetadata: {name: orders}\ncontainers: {main: {image: .}}\nresources: {cache: {type: redis}}\n"
	c.call("POST", "/graph", map[string]string{"score": cache, "stage": "dev"}, &g, 200)
	if len(g.Nodes) != 1 || g.Nodes[0].Module.Version != "1.0.0" || g.Nodes[0].DependsOn == nil {
		t.Errorf("%+v", g)
	}
	c.actor = ""
	c.call("GET", "/runs", nil, &problem, 401)
}
