package runapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func TestAPIOfReleases(t *testing.T) {
	t.Parallel()
	b := runtest.New(t, dbtest.SQLite(t, runtest.Migrations()...)).Start(t)
	c := serve(t, b)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	var problem httpserver.ProblemDetails
	c.call("POST", "/workloads/orders/promotions", map[string]string{"to": "int", "release": r.Release.ID}, &problem, 409)
	if problem.Kind != kernel.Refused || !strings.Contains(problem.Fix, "terrace release approve "+r.Release.ID+" --stage int") {
		t.Errorf("%+v", problem)
	}
	var a run.Assessment
	c.call("GET", "/workloads/orders/assessment?operation=promote&stage=int&release="+r.Release.ID, nil, &a, 200)
	if a.Allowed || len(a.Obstacles) != 1 || a.Release.Number != 1 || !a.Opening.Open || a.Why == "" {
		t.Errorf("%+v", a)
	}
	c.actor = "grace"
	c.call("POST", "/releases/"+r.Release.ID+"/approvals", map[string]string{"stage": "int", "reason": ""}, &problem, 422)
	var approval run.ReleaseApproval
	c.call("POST", "/releases/"+r.Release.ID+"/approvals", map[string]string{"stage": "int", "reason": "it is urgent"}, &approval, 200)
	if approval.By.Name != "grace" || approval.Release != r.Release {
		t.Errorf("%+v", approval)
	}
	c.call("GET", "/workloads/orders/assessment?operation=promote&stage=int&release="+r.Release.ID, nil, &a, 200)
	if !a.Allowed || a.Availability.Approval.Reason != "it is urgent" {
		t.Errorf("%+v", a)
	}
	var x run.ReleaseExplanation
	c.call("GET", "/explanations/releases?release="+r.Release.ID, nil, &x, 200)
	if len(x.Stages) != 5 || !x.Stages[0].Deployed || !x.Stages[2].Availability.Available || x.Stages[3].Availability.Available || len(x.Stages[3].Obstacles) != 1 {
		t.Errorf("%+v", x)
	}
	c.call("POST", "/releases/"+r.Release.ID+"/withdrawals", map[string]string{"stage": "int"}, &approval, 200)
	if approval.Withdrawn == nil || approval.Withdrawn.By.Name != "grace" {
		t.Errorf("%+v", approval)
	}
	c.call("GET", "/explanations/releases?stage=int&release="+r.Release.ID, nil, &x, 200)
	if len(x.Stages) != 1 || x.Stages[0].Availability.Available || len(x.Stages[0].Withdrawn) != 1 {
		t.Errorf("%+v", x)
	}
	c.call("POST", "/releases/"+r.Release.ID+"/withdrawals", map[string]string{"stage": "int"}, &problem, 404)
	b.Denied["release.approve"] = true
	c.call("POST", "/releases/"+r.Release.ID+"/approvals", map[string]string{"stage": "int", "reason": "x"}, &problem, 403)
}

func TestAPIOfADossier(t *testing.T) {
	t.Parallel()
	b := runtest.New(t, dbtest.SQLite(t, runtest.Migrations()...)).Start(t)
	c := serve(t, b)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	var page struct {
		Changes int
		Next    string
		Dossier run.Dossier
	}
	c.call("GET", "/runs/"+r.ID+"/dossier?limit=2", nil, &page, 200)
	if page.Changes != 3 || page.Next != "2" || len(page.Dossier.Plan.Changes) != 2 || page.Dossier.Plan.Summary.Create != 3 {
		t.Errorf("%+v", page)
	}
	c.call("GET", "/runs/"+r.ID+"/dossier?limit=2&cursor=2", nil, &page, 200)
	if len(page.Dossier.Plan.Changes) != 1 || len(page.Dossier.Gates) != 0 {
		t.Errorf("the rest: %+v", page)
	}
	var problem httpserver.ProblemDetails
	c.call("GET", "/runs/"+r.ID+"/dossier?cursor=x", nil, &problem, 422)
	res := c.do("GET", "/runs/"+r.ID+"/dossier/content", nil)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	runtest.Must(t, err)
	if sum := sha256.Sum256(raw); "sha256:"+hex.EncodeToString(sum[:]) != string(r.Dossier) || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s", res.Header.Get("Content-Type"), raw)
	}
}
