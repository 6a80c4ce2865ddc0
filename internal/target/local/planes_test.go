package local_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

func each(t *testing.T, test func(t *testing.T, target *localtest.Target)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{localsql.Migrations()}, func(t *testing.T, d *db.DB) {
		test(t, localtest.Start(t, localtest.Config(d, t.TempDir())))
	})
}

func TestSharedObjects(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, target *localtest.Target) {
		ctx := context.Background()
		orders, billing := localtest.Caller("dev", "orders"), localtest.Caller("dev", "billing")
		spec := func(length string, owner string) []byte {
			return []byte(`{"tags":{"owner":"` + owner + `"},"length":` + length + `}`)
		}
		first, err := target.Put(ctx, orders, local.SecretsKind, "token", spec("32", "a"))
		if err != nil {
			t.Fatal(err)
		}
		second, err := target.Put(ctx, billing, local.SecretsKind, "token", spec("32", "b"))
		if err != nil || second.Revision != 1 || len(second.Owners) != 2 {
			t.Fatalf("an equal declaration: %+v, %v", second, err)
		}
		if diff := cmp.Diff(first.Outputs, second.Outputs); diff != "" {
			t.Errorf("the value was made again:\n%s", diff)
		}
		if owner, _ := second.Owner(orders.Stack, ""); owner.Tags["owner"] != "a" {
			t.Errorf("the first owner's tags are %v", owner.Tags)
		}
		_, err = target.Put(ctx, billing, local.SecretsKind, "token", spec("64", "b"))
		if !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), orders.Stack) {
			t.Errorf("a different declaration: %v", err)
		}
		if err := target.Delete(ctx, orders, local.SecretsKind, "token"); err != nil {
			t.Fatal(err)
		}
		left, err := target.Get(ctx, billing, local.SecretsKind, "token")
		if err != nil || len(left.Owners) != 1 {
			t.Fatalf("after the first owner has left: %+v, %v", left, err)
		}
		changed, err := target.Put(ctx, billing, local.SecretsKind, "token", spec("64", "b"))
		if err != nil || changed.Revision != 2 || changed.Outputs["version"] != 2 {
			t.Fatalf("a change by the only owner: %+v, %v", changed, err)
		}
		for range 2 { // deleting again is no error
			if err := target.Delete(ctx, billing, local.SecretsKind, "token"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := target.Get(ctx, billing, local.SecretsKind, "token"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("after the last owner has left: %v", err)
		}
		want := []string{
			"local-object.created secrets/token", "local-object.changed secrets/token", "local-object.changed secrets/token",
			"local-object.changed secrets/token", "local-object.deleted secrets/token",
		}
		if diff := cmp.Diff(want, target.Journal.Facts()); diff != "" {
			t.Errorf("facts (-want +got):\n%s", diff)
		}
	})
}

func TestResourcesOfOneStackHoldAnObjectEach(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, target *localtest.Target) {
		ctx := context.Background()
		own, route := localtest.Caller("dev", "orders"), localtest.Caller("dev", "orders")
		own.Claim, route.Claim = "orders-host", "orders"
		spec := []byte(`{"type":"A","ttl":60,"values":["127.0.0.1"]}`)
		for range 2 { // a resource that is created again after a crash is the same one
			for _, caller := range []local.Caller{own, route} {
				if _, err := target.Put(ctx, caller, local.DNSRecords, "orders", spec); err != nil {
					t.Fatal(err)
				}
			}
		}
		_, err := target.Put(ctx, own, local.DNSRecords, "orders", []byte(`{"type":"A","ttl":60,"values":["127.0.0.2"]}`))
		if !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), "(orders)") {
			t.Errorf("a different declaration: %v", err)
		}
		if err := target.Delete(ctx, own, local.DNSRecords, "orders"); err != nil {
			t.Fatal(err)
		}
		if left, err := target.Get(ctx, route, local.DNSRecords, "orders"); err != nil || len(left.Owners) != 1 {
			t.Errorf("after one has gone: %+v, %v", left, err)
		}
		if err := target.Delete(ctx, route, local.DNSRecords, "orders"); err != nil {
			t.Fatal(err)
		}
		if _, err := target.Get(ctx, route, local.DNSRecords, "orders"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("after both have gone: %v", err)
		}
		own.Claim = "not a claim"
		if _, err := target.Put(ctx, own, local.DNSRecords, "orders", spec); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("a bad claim: %v", err)
		}
	})
}

func TestScopesAreApart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, target *localtest.Target) {
		ctx := context.Background()
		mine := localtest.Caller("dev", "orders")
		if _, err := target.Put(ctx, mine, local.Volumes, "data", []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		others := map[string]kernel.Scope{
			"another tenant":  {Tenant: "evil", Project: "shop", Stage: "dev"},
			"another project": {Tenant: "acme", Project: "bank", Stage: "dev"},
			"another stage":   {Tenant: "acme", Project: "shop", Stage: "prod"},
		}
		for name, scope := range others {
			other := mine
			other.Scope = scope
			if _, err := target.Get(ctx, other, local.Volumes, "data"); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%s reads it: %v", name, err)
			}
			if err := target.Delete(ctx, other, local.Volumes, "data"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := target.Get(ctx, mine, local.Volumes, "data"); err != nil {
			t.Errorf("it is gone: %v", err)
		}
	})
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	target := start(t)
	target.Fences.Set(localtest.Caller("dev", "stale").Stack, 2)
	planning := localtest.Caller("dev", "orders")
	planning.MayWrite = false
	for name, test := range map[string]struct {
		caller local.Caller
		kind   local.Kind
		object string
		spec   string
		want   kernel.Kind
		says   string
	}{
		"a run that plans":      {planning, local.Volumes, "data", `{}`, kernel.Denied, "only plans"},
		"an old fence":          {localtest.Caller("dev", "stale"), local.Volumes, "data", `{}`, kernel.Stale, "no longer holds"},
		"an unknown kind":       {localtest.Caller("dev", "orders"), "queues", "data", `{}`, kernel.NotFound, "queues"},
		"a bad name":            {localtest.Caller("dev", "orders"), local.Volumes, "../x", `{}`, kernel.Invalid, "../x"},
		"no object":             {localtest.Caller("dev", "orders"), local.Volumes, "data", `[]`, kernel.Invalid, "no JSON object"},
		"an unknown field":      {localtest.Caller("dev", "orders"), local.Volumes, "data", `{"size":1}`, kernel.Invalid, "size"},
		"a wrong type":          {localtest.Caller("dev", "orders"), local.SecretsKind, "data", `{"length":"x"}`, kernel.Invalid, "length"},
		"a value out of bounds": {localtest.Caller("dev", "orders"), local.SecretsKind, "data", `{"length":1}`, kernel.Invalid, "16 and 256"},
		"too much":              {localtest.Caller("dev", "orders"), local.Volumes, "data", `{"x":"` + strings.Repeat("x", local.MaxSpec) + `"}`, kernel.TooLarge, "bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := target.Put(context.Background(), test.caller, test.kind, test.object, []byte(test.spec))
			if !kernel.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v (%s), want %s with %q", err, kernel.KindOf(err), test.want, test.says)
			}
		})
	}
}

func TestInvalidServices(t *testing.T) {
	t.Parallel()
	target := start(t)
	digest := "sha256:" + strings.Repeat("0", 64)
	container := func(more object) object {
		more["artifact"] = digest
		return object{"containers": object{"main": more, "other": object{"artifact": digest, "before": object{"main": "started"}}}}
	}
	for name, test := range map[string]struct {
		spec object
		says string
	}{
		"no container":   {object{"containers": object{}}, "there must be 1 to 16"},
		"no artifact":    {object{"containers": object{"main": object{"artifact": "latest"}}}, `"latest" is no digest`},
		"a cycle":        {container(object{"before": object{"other": "started"}}), "main → other → main"},
		"an odd order":   {container(object{"before": object{"other": "soon"}}), `"soon" is none of`},
		"a path outside": {container(object{"files": object{"../x": object{"content": ""}}}), "names no file beneath"},
		"two contents":   {container(object{"files": object{"x": object{"content": "", "binary_content": ""}}}), "exactly one of"},
		"an odd mode":    {container(object{"files": object{"x": object{"content": "", "mode": "4755"}}}), "no octal mode"},
		"odd memory":     {container(object{"memory_limit": "much"}), "no amount of memory"},
		"odd processors": {container(object{"cpu_limit": "-1"}), "no number of processors"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := put(t, target, local.Services, "orders", test.spec)
			if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	ctx, scope := context.Background(), localtest.Scope("dev")
	for name, test := range map[string]struct {
		kind local.Kind
		spec object
		lose func(target *localtest.Target, o local.Object) error
	}{
		"a DNS record": {local.DNSRecords, object{"type": "A", "ttl": 60, "values": []string{"127.0.0.1"}}, func(target *localtest.Target, o local.Object) error {
			return target.DNS.DeleteRecord(ctx, scope, o.Outputs["fqdn"].(string))
		}},
		"a route": {local.Routes, object{"host": "x.dev.shop.localhost", "path": "/", "service": "x"}, func(target *localtest.Target, _ local.Object) error {
			return target.Gateway.DeleteRoute(ctx, scope, "thing")
		}},
		"a secret": {local.SecretsKind, object{"length": 32}, func(target *localtest.Target, _ local.Object) error {
			return target.Secrets.Delete(ctx, scope, "thing")
		}},
		"a topic": {local.TopicsKind, object{"retention_hours": 1}, func(target *localtest.Target, _ local.Object) error {
			return target.Topics.DeleteTopic(ctx, scope, "thing")
		}},
		"an access to configuration": {local.Configs, object{"workload": "orders"}, func(target *localtest.Target, _ local.Object) error {
			if !target.Secrets.ReadFor(string(local.Configs) + "/thing") {
				t.Error("the token is not read for the access")
			}
			return target.Configs.DeleteConfig(ctx, scope, "thing")
		}},
		"an access with a declared secret": {local.Configs, object{"workload": "orders", "secret": "token", "secret_version": 1}, func(target *localtest.Target, o local.Object) error {
			if got := o.Outputs["token_reference"]; got != "tcfg_${secret:token}" {
				t.Errorf("the token is %v", got)
			}
			return target.Configs.DeleteConfig(ctx, scope, "thing")
		}},
		"a document database": {local.DocumentDatabases, object{"collections": object{"orders": object{"total": "total"}}}, func(target *localtest.Target, _ local.Object) error {
			return target.Documents.DeleteDatabase(ctx, scope, "thing")
		}},
		"a volume": {local.Volumes, object{}, func(_ *localtest.Target, o local.Object) error {
			return os.RemoveAll(o.Outputs["path"].(string))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := start(t)
			mustPut(t, target, local.SecretsKind, "token", object{"length": 32})
			made := mustPut(t, target, test.kind, "thing", test.spec)
			seen, err := target.Get(ctx, localtest.Caller("dev", "thing"), test.kind, "thing")
			if err != nil || string(seen.Spec) != string(made.Spec) {
				t.Fatalf("unchanged: %s, %v, want %s", seen.Spec, err, made.Spec)
			}
			if err := test.lose(target, made); err != nil {
				t.Fatal(err)
			}
			if _, err := target.Get(ctx, localtest.Caller("dev", "thing"), test.kind, "thing"); !kernel.Is(err, kernel.NotFound) {
				t.Fatalf("when it has vanished: %v", err)
			}
			again := mustPut(t, target, test.kind, "thing", test.spec)
			if _, err := target.Get(ctx, localtest.Caller("dev", "thing"), test.kind, "thing"); err != nil || again.Revision != 1 {
				t.Fatalf("made anew: revision %d, %v", again.Revision, err)
			}
		})
	}
}

func TestOnlyWhatDiffersFromTheRealisedIsDrift(t *testing.T) {
	t.Parallel()
	target := start(t)
	ctx, caller := context.Background(), localtest.Caller("dev", "x")
	o := mustPut(t, target, local.DNSRecords, "x", object{"type": "CNAME", "ttl": 60, "values": []string{"Y.Example"}})
	values := func() any {
		seen, err := target.Get(ctx, caller, local.DNSRecords, "x")
		if err != nil {
			t.Fatal(err)
		}
		var spec map[string]any
		if err := json.Unmarshal(seen.Spec, &spec); err != nil {
			t.Fatal(err)
		}
		return spec["values"]
	}
	if diff := cmp.Diff([]any{"Y.Example"}, values()); diff != "" {
		t.Errorf("its own spelling shows as drift:\n%s", diff)
	}
	changed := local.Record{Name: o.Outputs["fqdn"].(string), Type: "CNAME", TTL: 60, Values: []string{"z.example"}}
	if err := target.DNS.PutRecord(ctx, caller.Scope, changed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"z.example"}, values()); diff != "" {
		t.Errorf("a change does not show as drift:\n%s", diff)
	}
}
