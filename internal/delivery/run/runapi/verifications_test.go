package runapi_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestVerificationsOverHTTP(t *testing.T) {
	t.Parallel()
	b := runtest.New(t, dbtest.SQLite(t, runtest.Migrations()...)).Start(t)
	c := serve(t, b)
	b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	var v run.Verification
	ask := map[string]string{"stage": "dev", "reason": "to be sure"}
	c.call("POST", "/workloads/orders/verifications", ask, &v, 202)
	if v.Status != run.VerificationQueued || v.Reason != "to be sure" || v.RequestedBy.Name != "ada" {
		t.Errorf("%+v", v)
	}
	var problem struct{ Fix string }
	c.call("POST", "/workloads/orders/verifications", ask, &problem, 409)
	if problem.Fix != "terrace verification show "+v.ID+" tells what comes of it" {
		t.Errorf("%+v", problem)
	}
	runtest.Must(t, b.VerifyDue(t.Context()))
	c.call("GET", "/verifications/"+v.ID, nil, &v, 200)
	if v.Status != run.VerificationPassed || len(v.Results) != 1 {
		t.Errorf("%+v", v)
	}
	var page kernel.Page[run.Verification]
	c.call("GET", "/verifications?workload=orders&stage=dev&run="+v.Run, nil, &page, 200)
	if len(page.Items) != 1 || page.Items[0].ID != v.ID {
		t.Errorf("%+v", page)
	}
	c.call("GET", "/verifications?stage=test", nil, &page, 200)
	if len(page.Items) != 0 {
		t.Errorf("%+v", page)
	}
}
