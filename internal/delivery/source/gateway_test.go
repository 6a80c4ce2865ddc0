package source_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	docs  = "projects/shop/gateway/"
	inDev = docs + "stages/dev/"
)

func routeDoc(name, path, service string) string {
	return fmt.Sprintf("apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: %s}\nspec:\n  hosts: [shop.dev.shop.localhost]\n  rules:\n    - matches: [{path: {value: %s}}]\n      backends: [{service: %s}]\n", name, path, service)
}

func headerDoc(name, spec string) string {
	return "apiVersion: gateway.terrace.dev/v1\nkind: HeaderPolicy\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"
}

// dev is the stage that most of the documents are of.
func dev() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

// served lists the routes and policies of the stage dev with their owners.
func (b *bench) served() string {
	b.t.Helper()
	var out []string
	routes, err := b.gateway.Routes(b.as("admin"), dev(), "", kernel.PageRequest{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, r := range routes.Items {
		out = append(out, strings.TrimSpace(r.Name+" "+r.Owner))
	}
	policies, err := b.gateway.ListPolicies(b.as("admin"), dev(), "", "", kernel.PageRequest{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, p := range policies.Items {
		out = append(out, strings.TrimSpace(p.Name+" "+p.Owner))
	}
	return strings.Join(out, ", ")
}

func problems(d source.Details) string {
	var out []string
	for _, o := range d.Objects {
		for _, p := range o.Problems {
			out = append(out, p.String())
		}
	}
	for _, p := range d.Source.Status.Problems {
		out = append(out, p.String())
	}
	return strings.Join(out, "\n")
}

func TestTheGatewayFollowsAFolder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		first := b.push(map[string]string{
			inDev + "a.yaml": routeDoc("a", "/a", "one") + "---\n" + headerDoc("safe", "{noSniff: true}"), docs + "README.md": "notes\n",
			docs + "all.yaml": headerDoc("everywhere", "{noSniff: true}"), "gateway/tenant.yaml": headerDoc("company", "{noSniff: true}"),
		})
		b.add(nil)
		d := b.reconcile()
		if got := states(d); got != "gateway platform synced, gateway shop/platform synced" || b.served() != "a git/platform, safe git/platform" || d.Objects[1].Message != "3 documents" {
			t.Fatalf("%s: %s: %s", got, b.served(), problems(d))
		}
		h, err := b.gateway.History(b.as("admin"), dev(), gateway.ClassRoute, "a", kernel.PageRequest{})
		if err != nil || len(h.Items) != 1 || h.Items[0].Commit != first {
			t.Errorf("history %+v, %v", h.Items, err)
		}
		told := b.facts.Of("route.changed")
		if len(told) != 1 || told[0].Reason != "commit "+first+" of platform" {
			t.Errorf("told %+v", told)
		}

		// A change of many documents comes about whole, or not at all.
		b.push(map[string]string{inDev + "a.yaml": routeDoc("a", "/a", "two"), inDev + "b.yaml": strings.Replace(routeDoc("b", "/b", "one"), "/b", "b", 1)})
		d = b.reconcile()
		if got := problems(d); !strings.Contains(got, inDev+"b.yaml:7:25: spec.rules[0].matches[0].path.value:") || b.served() != "a git/platform, safe git/platform" || d.Source.Status.Phase != source.Failed {
			t.Fatalf("%s: %s", b.served(), got)
		}
		if r, err := b.gateway.Look(b.as("admin"), dev(), "a"); err != nil || r.Rules[0].Backends[0].Service != "one" {
			t.Fatalf("half of a commit came about: %+v, %v", r, err)
		}

		// What is gone from the folder is removed, and nothing else.
		if _, err := b.gateway.Apply(b.as("admin"), dev(), []gatewaydoc.File{{Source: routeDoc("mine", "/mine", "x")}}, gateway.ApplyOptions{}); err != nil {
			t.Fatal(err)
		}
		b.push(map[string]string{inDev + "b.yaml": routeDoc("b", "/a", "one"), inDev + "a.yaml": headerDoc("safe", "{noSniff: true}")})
		if d = b.reconcile(); b.served() != "b git/platform, mine, safe git/platform" || d.Source.Status.Phase != source.Ready {
			t.Fatalf("%s: %s", b.served(), problems(d))
		}
		if r, err := b.gateway.Look(b.as("admin"), dev(), "b"); err != nil || r.Rules[0].Backends[0].Service != "one" {
			t.Errorf("%+v, %v", r, err)
		}
		// What is there already, just so, becomes the source's with its file.
		b.push(map[string]string{inDev + "mine.yaml": routeDoc("mine", "/mine", "x")})
		if b.reconcile(); b.served() != "b git/platform, mine git/platform, safe git/platform" {
			t.Errorf("%s", b.served())
		}
		if err := b.Service.Remove(b.as("admin"), kernel.Scope{Tenant: "acme"}, "platform"); err != nil || b.served() != "b, mine, safe" {
			t.Errorf("a source that is removed lets go: %s, %v", b.served(), err)
		}
	})
}

func TestTheGatewaysFolderByHand(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		admin := b.as("admin")
		b.push(map[string]string{inDev + "a.yaml": routeDoc("a", "/a", "one") + "---\n" + headerDoc("safe", "{noSniff: true}")})
		b.add(nil)
		b.reconcile()
		other := []gatewaydoc.File{{Source: routeDoc("a", "/a", "two") + "---\n" + headerDoc("safe", "{noSniff: false}")}}
		_, err := b.gateway.Apply(admin, dev(), other, gateway.ApplyOptions{})
		if !kernel.Is(err, kernel.Refused) || strings.Count(err.Error(), "kept as it is by the source platform") != 2 || !strings.Contains(err.Error(), "--owned") {
			t.Errorf("by hand: %v", err)
		}
		for class, name := range map[gateway.Class]string{gateway.ClassRoute: "a", gateway.ClassPolicy: "safe"} {
			if _, err := b.gateway.Remove(admin, dev(), class, name, gateway.ApplyOptions{}); !kernel.Is(err, kernel.Refused) {
				t.Errorf("removed by hand: %v", err)
			}
		}
		changes, err := b.gateway.Apply(admin, dev(), other, gateway.ApplyOptions{Owned: true})
		if err != nil || !strings.Contains(changes[0].Note, "the source's next reconciliation changes it back") {
			t.Fatalf("%+v, %v", changes, err)
		}
		diff, err := b.Diff(admin, kernel.Scope{Tenant: "acme"}, "platform")
		if err != nil || diff.Changes[0].Action != source.Heal || len(diff.Changes[0].Documents) != 2 {
			t.Fatalf("%+v, %v", diff, err)
		}
		b.reconcile()
		if r, err := b.gateway.Look(admin, dev(), "a"); err != nil || r.Rules[0].Backends[0].Service != "one" {
			t.Errorf("it is not put back: %+v, %v", r, err)
		}
		made := gateway.ToService("a", "shop.dev.shop.localhost", "/t", "x", "")
		made.Owner = "terraform"
		if _, err := b.gateway.PutRoute(admin, dev(), made); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("a workload's Terraform takes it: %v", err)
		}
	})
}

func TestWhatADocumentOfAFolderMayNot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		made := gateway.ToService("tf", "shop.dev.shop.localhost", "/t", "x", "")
		made.Owner = "terraform"
		if _, err := b.gateway.PutRoute(b.as("admin"), dev(), made); err != nil {
			t.Fatal(err)
		}
		other := ownership.Keeping{Scope: dev().InStage(""), Owner: ownership.Git("other"), Commit: "c0ffee"}
		if _, err := b.gateway.Keep(b.as("admin"), other, []gatewaydoc.File{{Source: headerDoc("theirs", "{noSniff: true}"), Stage: "dev"}}); err != nil {
			t.Fatal(err)
		}
		b.add(nil)
		for name, tt := range map[string]struct{ file, doc, want string }{
			"Terraform's":           {inDev + "x.yaml", routeDoc("tf", "/t", "y"), "x.yaml:3:12: metadata.name: route tf is kept as it is by a workload's Terraform"},
			"another source's":      {inDev + "x.yaml", headerDoc("theirs", "{noSniff: true}"), "x.yaml:3:12: metadata.name: policy theirs is kept by the source other"},
			"another project's":     {inDev + "x.yaml", strings.Replace(routeDoc("a", "/", "y"), "{name: a}", "{name: a, project: bank}", 1), `x.yaml:3:21: metadata.project: the document is of the project "bank", its place is that of "shop"`},
			"another stage's":       {inDev + "x.yaml", strings.Replace(routeDoc("a", "/", "y"), "{name: a}", "{name: a, stage: prod}", 1), `metadata.stage: the document is of the stage "prod", its place is that of "dev"`},
			"of no stage":           {docs + "x.yaml", routeDoc("a", "/", "y"), "x.yaml:3:12: metadata.name: route a is of no stage"},
			"of an unknown stage":   {docs + "stages/moon/x.yaml", routeDoc("a", "/", "y"), "x.yaml:3:12: metadata.name:"},
			"a kind that is none":   {inDev + "x.yaml", strings.Replace(headerDoc("a", "{}"), "Header", "Hat", 1), "x.yaml:2:1: kind: there is no kind"},
			"a wrong spec":          {inDev + "x.yaml", headerDoc("a", "{noSnif: true}"), "x.yaml:4:"},
			"twice":                 {inDev + "x.yaml", headerDoc("a", "{noSniff: true}") + "---\n" + headerDoc("a", "{noSniff: true}"), "a second time"},
			"another file":          {inDev + "x.toml", "a = 1\n", "x.toml:1:1: it is not read"},
			"a route of the tenant": {"gateway/x.yaml", strings.Replace(routeDoc("a", "/", "y"), "{name: a}", "{name: a, project: shop, stage: dev}", 1), "gateway/x.yaml:3:12: metadata.name: a is of a project"},
			"a host of others":      {inDev + "x.yaml", strings.Replace(routeDoc("a", "/", "y"), "shop.dev.shop", "shop.dev.bank", 1), "x.yaml:5:11: spec.hosts[0]: host shop.dev.bank.localhost does not belong"},
		} {
			b.push(map[string]string{tt.file: tt.doc})
			d := b.reconcile()
			if got := problems(d); !strings.Contains(got, tt.want) || d.Source.Status.Phase != source.Failed || strings.Contains(b.served(), "git/platform") {
				t.Errorf("%s: %q: %s", name, got, b.served())
			}
			b.push(map[string]string{tt.file: ""})
		}
	})
}

func TestTheGuardCountsDocuments(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		files := map[string]string{}
		for i := range 8 {
			files[fmt.Sprintf("%s%d.yaml", inDev, i)] = routeDoc(fmt.Sprintf("r%d", i), fmt.Sprintf("/%d", i), "one")
		}
		b.push(files)
		b.add(nil)
		b.reconcile()
		all := b.served()
		commit := b.push(map[string]string{inDev + "0.yaml": "", inDev + "1.yaml": ""})
		if d := b.reconcile(); d.Source.Status.Phase != source.Held || b.served() != all || !strings.Contains(d.Source.Status.Message, "2 of 8 documents would be removed, more than 20 %") {
			t.Fatalf("%+v: %s", d.Source.Status, b.served())
		}
		if _, err := b.Allow(b.as("admin"), kernel.Scope{Tenant: "acme"}, "platform", commit, "meant"); err != nil {
			t.Fatal(err)
		}
		if d := b.reconcile(); d.Source.Status.Phase != source.Ready || strings.Count(b.served(), "git/platform") != 6 {
			t.Fatalf("%+v: %s", d.Source.Status, b.served())
		}
		for i := range 8 {
			files[fmt.Sprintf("%s%d.yaml", inDev, i)] = ""
		}
		delete(files, inDev+"0.yaml")
		delete(files, inDev+"1.yaml")
		files["definitions/motto.yaml"] = definition("motto")
		commit = b.push(files) // the whole folder
		if d := b.reconcile(); d.Source.Status.Phase != source.Held || strings.Count(b.served(), "git/platform") != 6 {
			t.Fatalf("%+v: %s", d.Source.Status, b.served())
		}
		if _, err := b.Allow(b.as("admin"), kernel.Scope{Tenant: "acme"}, "platform", commit, "meant"); err != nil {
			t.Fatal(err)
		}
		if d := b.reconcile(); d.Source.Status.Phase != source.Ready || b.served() != "" {
			t.Fatalf("%+v: %s", d.Source.Status, b.served())
		}
	})
}

func TestPullRequestsAreHeldAgainstTheGateway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{inDev + "a.yaml": routeDoc("a", "/a", "one"), inDev + "b.yaml": routeDoc("b", "/b", "one")})
		b.add(nil)
		b.reconcile()
		review := func(p vcs.PullRequest, files map[string]string) vcs.Review {
			t.Helper()
			b.git("checkout", "-q", "-B", "change", "origin/main")
			defer b.git("checkout", "-q", "main")
			p.Head, p.Target = b.pushTo("change", files), "main"
			var names []string
			for name := range files {
				names = append(names, name)
			}
			all, err := b.Review(context.Background(), b.repo, p, "", names)
			if err != nil || len(all) != 1 || all[0].Name != "gateway/platform" {
				t.Fatalf("%+v, %v", all, err)
			}
			return all[0]
		}
		got := review(vcs.PullRequest{}, map[string]string{
			inDev + "a.yaml": routeDoc("a", "/a", "two"), inDev + "b.yaml": "", inDev + "c.yaml": headerDoc("safe", "{noSniff: true, targetRef: {route: gone}}"),
		})
		for _, want := range []string{"| Route b | shop/dev | deleted |", "| Route a | shop/dev | changed |", "| HeaderPolicy safe | shop/dev | created | " + inDev + "c.yaml:4:35: spec.targetRef.route: there is no route gone yet"} {
			if !strings.Contains(got.Report, want) {
				t.Errorf("nothing tells %q: %+v", want, got)
			}
		}
		if len(got.Problems) > 0 || b.served() != "a git/platform, b git/platform" {
			t.Errorf("%+v: %s", got.Problems, b.served())
		}
		bad := map[string]string{inDev + "a.yaml": headerDoc("a", "{noSnif: true}")}
		if got = review(vcs.PullRequest{}, bad); len(got.Problems) != 1 || got.Problems[0].File != inDev+"a.yaml" || got.Problems[0].Line != 4 {
			t.Errorf("%+v", got)
		}
		if got = review(vcs.PullRequest{Fork: true}, map[string]string{inDev + "a.yaml": routeDoc("a", "/a", "two")}); len(got.Problems) > 0 || got.Report != "" {
			t.Errorf("a fork is told %+v", got)
		}
		if all, err := b.Review(context.Background(), b.repo, vcs.PullRequest{Target: "main"}, "", []string{"docs/gateway.yaml"}); err != nil || len(all) > 0 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// reached has every service answer at one address.
type reached string

// Upstream implements proxy.Upstreams.
func (r reached) Upstream(kernel.Scope, string, string) (addr, release string, ok bool) {
	return string(r), "", true
}

// TestPushesUnderLoadFailNoRequest swaps routes and policies by pushes while clients ask.
func TestPushesUnderLoadFailNoRequest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		quiet := slog.New(slog.DiscardHandler)
		service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }))
		defer service.Close()
		relay := proxy.New(proxy.Config{Routes: b.gateway, Upstreams: reached(service.Listener.Addr().String()), Log: quiet})
		defer relay.Close()
		server := start(t, relay)
		b.push(map[string]string{inDev + "a.yaml": routeDoc("a", "/", "one")})
		b.add(nil)
		b.reconcile()

		ctx, stop := context.WithCancel(t.Context())
		var asked, failed atomic.Int64
		ended := make(chan struct{})
		for range 4 {
			go func() {
				defer func() { ended <- struct{}{} }()
				for ctx.Err() == nil {
					req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/x", server), http.NoBody)
					if err != nil {
						t.Error(err)
						return
					}
					req.Host = "shop.dev.shop.localhost"
					resp, err := http.DefaultClient.Do(req)
					if err != nil {
						failed.Add(1)
						continue
					}
					body, err := io.ReadAll(resp.Body)
					_ = resp.Body.Close()
					if asked.Add(1); err != nil || resp.StatusCode != http.StatusOK || string(body) != "here" {
						failed.Add(1)
					}
				}
			}()
		}
		for i := range 12 {
			name := fmt.Sprintf("r%d", i) // another route takes the host and the path
			b.push(map[string]string{inDev + "a.yaml": routeDoc(name, "/", fmt.Sprintf("s%d", i)) + "---\n" + headerDoc("safe", fmt.Sprintf("{response: {set: {X-Round: %q}}}", name))})
			if d := b.reconcile(); d.Source.Status.Phase != source.Ready || !strings.HasPrefix(b.served(), name+" ") {
				t.Errorf("round %d: %+v: %s: %s", i, d.Source.Status, b.served(), problems(d))
			}
		}
		stop()
		for range 4 {
			<-ended
		}
		t.Logf("%d requests, %d failed", asked.Load(), failed.Load())
		if failed.Load() > 0 || asked.Load() == 0 {
			t.Errorf("%d of %d requests failed", failed.Load(), asked.Load())
		}
	})
}

// start serves a proxy on a port until the test ends.
func start(t *testing.T, relay *proxy.Proxy) int {
	t.Helper()
	server, err := front.Listen(t.Context(), front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: "127.0.0.1:0", TLS: &tls.Config{MinVersion: tls.VersionTLS12}, Handler: relay.Handle, Log: slog.New(slog.DiscardHandler), ServePlain: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return server.PlainPort()
}
