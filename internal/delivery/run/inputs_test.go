package run_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// taking is a workload without anything but what it publishes and takes.
func taking(t *testing.T, name, outputs, resources string, urls ...string) *workload.Workload {
	t.Helper()
	text := "apiVersion: score.dev/v1b1\nmetadata:\n  name: " + name + "\n  annotations: {terrace.dev/costcenter: \"42\"}\n"
	if outputs != "" {
		text += "  outputs: " + outputs + "\n"
	}
	text += "containers:\n  main:\n    image: .\n"
	for i, url := range urls {
		if i == 0 {
			text += "    variables:\n"
		}
		text += "      URL" + string(rune('A'+i)) + ": \"" + url + "\"\n"
	}
	if resources != "" {
		text += "resources: " + resources + "\n"
	}
	w, err := workload.Parse("score.yaml", []byte(text))
	runtest.Must(t, err)
	return w
}

const takesOrders = "{orders: {type: workload}}"

func want(b *runtest.Bench, w *workload.Workload, stage string) (run.Run, error) {
	return b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: stage, Workload: w})
}

func settled(t *testing.T, b *runtest.Bench, w *workload.Workload) run.Run {
	t.Helper()
	r, err := want(b, w, "dev")
	runtest.Must(t, err)
	return b.Await(t, r.ID, run.Succeeded)
}

// latest returns the newest run of a workload in dev.
func latest(t *testing.T, b *runtest.Bench, name string) run.Run {
	t.Helper()
	page, err := b.List(runtest.As(runtest.Ada), runtest.Project, run.Filter{Workload: name, Stage: "dev"}, kernel.PageRequest{})
	runtest.Must(t, err)
	return page.Items[0]
}

func howMany(t *testing.T, b *runtest.Bench, name string) int {
	t.Helper()
	page, err := b.List(runtest.As(runtest.Ada), runtest.Project, run.Filter{Workload: name}, kernel.PageRequest{})
	runtest.Must(t, err)
	return len(page.Items)
}

func TestAChangedOutputReachesWhoTakesIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, runtest.Migrations(), func(t *testing.T, d *db.DB) {
		b := runtest.New(t, d).Start(t)
		first := settled(t, b, taking(t, "orders", "{url: \"q://1\", size: \"3\"}", ""))
		settled(t, b, taking(t, "billing", "{url: \"${resources.orders.url}\"}", takesOrders))
		mail := settled(t, b, taking(t, "mail", "", "{source: {type: workload, params: {name: billing}}}", "${resources.source.url}"))
		if len(mail.Inputs) != 1 || mail.Inputs[0].Value != "q://1" || mail.Inputs[0].Stack != "acme/shop/billing/dev" || mail.Inputs[0].State.Serial == 0 {
			t.Fatalf("taken: %+v", mail.Inputs)
		}

		settled(t, b, taking(t, "orders", "{url: \"q://1\", size: \"4\"}", ""))
		if n := howMany(t, b, "billing"); n != 1 {
			t.Errorf("an output that nobody takes changed: %d runs of billing", n)
		}

		second := settled(t, b, taking(t, "orders", "{url: \"q://2\", size: \"4\"}", ""))
		billing := b.Await(t, latest(t, b, "billing").ID, run.Succeeded)
		if billing.Cause == nil || billing.Cause.Run != second.ID || billing.Cause.Message != "output url of acme/shop/orders/dev changed" {
			t.Errorf("the cause: %+v", billing.Cause)
		}
		if billing.Initiator == nil || billing.Initiator.ID != runtest.Ada.ID {
			t.Errorf("the person behind it: %+v", billing.Initiator)
		}
		mail = b.Await(t, latest(t, b, "mail").ID, run.Succeeded)
		if howMany(t, b, "mail") != 2 || mail.Inputs[0].Value != "q://2" || mail.Cause.Run != billing.ID {
			t.Errorf("a chain settles: %+v", mail.Inputs)
		}
		if types := b.Journal.Types(second.ID); !slices.Contains(types, "run.outputs_changed") {
			t.Errorf("facts %v", types)
		}
		dossier, digest, err := b.GetDossier(runtest.As(runtest.Ada), runtest.Project, mail.ID)
		runtest.Must(t, err)
		if len(dossier.Inputs) != 1 || dossier.Inputs[0].Run != billing.ID || dossier.Inputs[0].Digest == "" {
			t.Errorf("the dossier names %+v", dossier.Inputs)
		}
		dossier.Inputs = nil
		if other, _ := dossier.Digest(); other == digest {
			t.Error("the digest is not of the inputs")
		}
		_ = first
	})
}

func TestASensitiveInputIsShownToNobody(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	settled(t, b, taking(t, "orders", "{key: {value: \"geheim-17\", sensitive: true}}", ""))
	r := settled(t, b, taking(t, "billing", "", takesOrders, "${resources.orders.key}"))
	if in := r.Inputs[0]; !in.Sensitive || in.Value != nil || in.Digest != "" {
		t.Errorf("%+v", in)
	}
	raw, _, err := b.DossierContent(runtest.As(runtest.Ada), runtest.Project, r.ID)
	runtest.Must(t, err)
	root, err := b.GetRoot(runtest.As(runtest.Ada), runtest.Project, r.ID)
	runtest.Must(t, err)
	for name, file := range root.Files {
		raw = append(append(raw, name...), file...)
	}
	if strings.Contains(string(raw), "geheim") {
		t.Error("a sensitive value is shown")
	}
	settled(t, b, taking(t, "orders", "{key: {value: \"geheim-18\", sensitive: true}}", ""))
	again := b.Await(t, latest(t, b, "billing").ID, run.Succeeded)
	if again.ID == r.ID || again.Cause == nil {
		t.Error("a sensitive output that changed did not reach who takes it")
	}
}

func TestWhatCannotBeTakenIsToldAtItsPlace(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	settled(t, b, taking(t, "orders", "{queue_url: \"q://1\"}", ""))
	b.Denied["output.take"] = true
	for name, c := range map[string]struct {
		resources, url string
		kind           kernel.Kind
		line           int
		message, fix   string
	}{
		"no such workload":   {"{order: {type: workload}}", "${resources.order.queue_url}", kernel.Refused, 10, "has no workload order", "did you mean orders?"},
		"no such output":     {takesOrders, "${resources.orders.queue_ulr}", kernel.Refused, 9, "publishes no output queue_ulr", "did you mean queue_url?"},
		"of another project": {"{orders: {type: workload, params: {project: bank}}}", "${resources.orders.queue_url}", kernel.Denied, 10, "of the project bank", "role developer"},
	} {
		_, err := want(b, taking(t, "billing", "", c.resources, c.url), "dev")
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || e.Kind != c.kind || len(e.Problems) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		p := e.Problems[0]
		if p.File != "score.yaml" || p.Line != c.line || p.Column == 0 || !strings.Contains(p.Message, c.message) || !strings.Contains(p.Fix, c.fix) {
			t.Errorf("%s: %+v", name, p)
		}
	}
	delete(b.Denied, "output.take")
	if n := howMany(t, b, "billing"); n != 0 {
		t.Errorf("%d runs of what was refused", n)
	}
	b.Releases.Keep(t, taking(t, "late", "", takesOrders, "${resources.orders.queue_url}"))
	_, err := b.Service.Try(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "late", Stage: "test", Release: b.Releases.Last()})
	if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "no apply of the workload orders has succeeded in test yet") {
		t.Errorf("not yet in that stage: %v", err)
	}
}

func TestWorkloadsThatWouldTakeFromEachOtherAreRefused(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	settled(t, b, taking(t, "orders", "{url: \"1\"}", ""))
	settled(t, b, taking(t, "billing", "{url: \"${resources.orders.url}\"}", takesOrders))
	_, err := want(b, taking(t, "orders", "{url: \"1\"}", "{billing: {type: workload}}", "${resources.billing.url}"), "dev")
	if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "orders → billing → orders") {
		t.Errorf("a circle: %v", err)
	}
	_, err = want(b, taking(t, "orders", "", ""), "dev")
	if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "billing takes the output url") {
		t.Errorf("an output that is used is gone: %v", err)
	}
	if _, err := workload.Parse("score.yaml", []byte("apiVersion: score.dev/v1b1\nmetadata: {name: own}\ncontainers: {main: {image: .}}\nresources: {own: {type: workload}}\n")); err == nil || !strings.Contains(err.Error(), "its own outputs") {
		t.Errorf("of itself: %v", err)
	}
}

func TestProducersGoFirst(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, runtest.Migrations(), func(t *testing.T, d *db.DB) {
		b := runtest.New(t, d)
		orders, err := want(b, taking(t, "orders", "{url: \"1\"}", ""), "dev")
		runtest.Must(t, err)
		billing, err := want(b, taking(t, "billing", "", takesOrders, "${resources.orders.url}"), "dev")
		runtest.Must(t, err)
		seen, err := b.See(runtest.As(runtest.Ada), runtest.Project, billing.ID)
		runtest.Must(t, err)
		if w := seen.Waits; w == nil || w.For != run.WaitProducer || w.Run != orders.ID || !strings.Contains(w.Message, "acme/shop/orders/dev") {
			t.Errorf("waits: %+v", seen.Waits)
		}
		runtest.Must(t, b.Advance(runtest.As(runtest.Ada), runtest.Project, billing.ID))
		if r := b.Now(t, billing.ID); r.Status != run.Queued {
			t.Fatalf("it was taken up before its producer: %s", r.Status)
		}
		b.Start(t)
		done := b.Await(t, billing.ID, run.Succeeded)
		if first := b.Await(t, orders.ID, run.Succeeded); first.EndedAt.After(done.UpdatedAt) || done.Inputs[0].Value != "1" {
			t.Errorf("the order: %v, %+v", first.EndedAt, done.Inputs)
		}
	})
}

func TestWhatOthersTakeFromIsNotRemoved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, runtest.Migrations(), func(t *testing.T, d *db.DB) {
		b := runtest.New(t, d).Start(t)
		ctx := runtest.As(runtest.Ada)
		settled(t, b, taking(t, "orders", "{url: \"1\"}", ""))
		settled(t, b, taking(t, "billing", "", takesOrders, "${resources.orders.url}"))
		remove := func(name string, force bool) (run.Run, error) {
			return b.Destroy(ctx, runtest.Project, run.ChangeRequest{Workload: name, Stage: "dev", Force: force})
		}
		_, err := remove("orders", false)
		if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "billing takes from it") || !strings.Contains(err.Error(), "--force") {
			t.Errorf("used: %v", err)
		}
		b.Denied["workload.orphan"] = true
		if _, err := remove("orders", true); !kernel.Is(err, kernel.Denied) {
			t.Errorf("insisted: %v", err)
		}
		consumer, err := remove("billing", false)
		runtest.Must(t, err)
		producer, err := remove("orders", false)
		runtest.Must(t, err)
		b.Await(t, consumer.ID, run.Succeeded)
		b.Await(t, producer.ID, run.Succeeded)
	})
}

func TestAForcedRemovalSaysFromWhom(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	settled(t, b, taking(t, "orders", "{url: \"1\"}", ""))
	settled(t, b, taking(t, "billing", "", takesOrders, "${resources.orders.url}"))
	r, err := b.Destroy(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev", Force: true})
	runtest.Must(t, err)
	b.Await(t, r.ID, run.Succeeded)
	if details, _ := told(t, b, r); !strings.Contains(details, "it removes what acme/shop/billing/dev takes from, as ada insisted") {
		t.Error(details)
	}
}

func TestAPlanWithOtherInputsIsNotApplied(t *testing.T) {
	t.Parallel()
	b := bench(t, approvalInDev(t)).Start(t)
	ctx := runtest.As(runtest.Grace)
	orders, err := want(b, taking(t, "orders", "{url: \"1\"}", ""), "dev")
	runtest.Must(t, err)
	approve := func(id string) run.Run {
		r := b.Await(t, id, run.AwaitingApproval)
		_, err := b.Approve(ctx, runtest.Project, id, r.Dossier, "")
		runtest.Must(t, err)
		return b.Await(t, id, run.Succeeded)
	}
	approve(orders.ID)
	billing, err := want(b, taking(t, "billing", "", takesOrders, "${resources.orders.url}"), "dev")
	runtest.Must(t, err)
	planned := b.Await(t, billing.ID, run.AwaitingApproval)
	again, err := want(b, taking(t, "orders", "{url: \"2\"}", ""), "dev")
	runtest.Must(t, err)
	approve(again.ID)
	_, err = b.Approve(ctx, runtest.Project, billing.ID, planned.Dossier, "")
	if !kernel.Is(err, kernel.Stale) && !kernel.Is(err, kernel.Conflict) {
		t.Fatalf("the old dossier: %v", err)
	}
	var now run.Run
	for now = b.Now(t, billing.ID); now.Dossier == planned.Dossier || now.Status != run.AwaitingApproval; now = b.Now(t, billing.ID) {
		b.Await(t, billing.ID, run.AwaitingApproval)
	}
	if now.Inputs[0].Value != "2" {
		t.Errorf("planned again with %+v", now.Inputs)
	}
	approve(billing.ID)
}

// approvalInDev has dev ask for one approval.
func approvalInDev(t *testing.T) func(*run.Deps) {
	t.Helper()
	return func(d *run.Deps) {
		stages := d.Stages.All()
		stages[0].Approvals = stage.Approvals{Count: 1, Role: stage.RoleApprover}
		set, err := stage.NewSet(stages)
		runtest.Must(t, err)
		d.Stages = set
	}
}
