package subscription_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// readers are those who may read the secrets of the project shop; the platform may write them.
type readers struct {
	mu  sync.Mutex
	ids []string
}

func (r *readers) set(ids ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = ids
}

func (r *readers) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	actor, _ := kernel.ActorFrom(ctx)
	may := actor.Kind == kernel.ActorSystem || scope.Project == "shop" && slices.Contains(r.ids, actor.ID)
	if actor.Tenant == scope.Tenant && may && (action != "secret.read" || actor.Kind == kernel.ActorUser) {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "%s may not do %s in %s", actor.Name, action, scope)
}

func (r *readers) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

type twoStages struct{}

func (twoStages) Check(stage string) error {
	if stage != "dev" && stage != "prod" {
		return kernel.Errorf(kernel.NotFound, "there is no stage %q", stage)
	}
	return nil
}

// withSecrets is a world whose subscriptions may refer to secrets.
func withSecrets(t *testing.T, d *db.DB) (*world, *secret.Service, *readers) {
	t.Helper()
	w, may := newWorld(t, d), &readers{ids: []string{"usr_1"}}
	secrets := &secret.Service{
		Store: secretsql.NewStore(d), Sealer: w.config.Sealer, Authorizer: may, Stages: twoStages{}, Journal: w.journal, Tx: d, Clock: w.clock.now,
	}
	w.config.Secrets = secrets
	w.Service = subscription.New(w.config)
	return w, secrets, may
}

func signingKey(fill string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(fill, 32)))
}

func put(t *testing.T, s *secret.Service, project, name, value string) {
	t.Helper()
	ctx := kernel.WithActor(context.Background(), kernel.System("test", "acme"))
	if _, err := s.Put(ctx, kernel.Scope{Tenant: "acme", Project: project, Stage: "dev"}, name, value); err != nil {
		t.Fatal(err)
	}
}

// signedBy reports whether a webhook has the signature of one key alone.
func signedBy(in received, key string) bool {
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	mac := hmac.New(sha256.New, raw)
	_, _ = mac.Write([]byte(in.header.Get("webhook-id") + "." + in.header.Get("webhook-timestamp") + "." + string(in.body)))
	return in.header.Get("webhook-signature") == "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func referringTo(reference, url string) subscription.Spec {
	return subscription.Spec{
		Name: "chat", Secret: reference, Filters: []subscription.Filter{{Prefix: map[string]string{"type": "dev.terrace.run."}}},
		Sink: subscription.Sink{Webhook: &subscription.Webhook{URL: url}},
	}
}

// TestAReferenceFollowsItsSecret signs webhooks with a secret of a stage, with its next
// version, and with none once who wrote the reference may not read it any more.
func TestAReferenceFollowsItsSecret(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, append(sets(), secretsql.Migrations()), func(t *testing.T, d *db.DB) {
		w, secrets, may := withSecrets(t, d)
		r := newReceiver(t)
		put(t, secrets, "shop", "team/hook", signingKey("a"))
		made, err := w.Create(asAdmin(), shop, referringTo("${secret:dev/team/hook}", r.URL))
		if err != nil || made.Secret != "" {
			t.Fatalf("%+v, %v", made, err)
		}
		if shown, err := w.Get(asAdmin(), shop, "chat"); err != nil || shown.SecretReference != "${secret:dev/team/hook}" || shown.SecretReferenceBy == "" {
			t.Errorf("it is shown as %+v, %v", shown, err)
		}
		if from := w.journal.of("secret.read", "from"); !slices.Equal(from, []any{"subscription chat"}) {
			t.Errorf("the read is recorded for %q", from)
		}
		w.run(t)
		w.publish(t, "run.succeeded", 1)
		if in := r.next(t); !signedBy(in, signingKey("a")) {
			t.Errorf("signed with %s", in.header.Get("webhook-signature"))
		}
		put(t, secrets, "shop", "team/hook", signingKey("b"))
		w.publish(t, "run.succeeded", 1)
		if in := r.next(t); !signedBy(in, signingKey("b")) {
			t.Errorf("after another version, signed with %s", in.header.Get("webhook-signature"))
		}
		if read := w.journal.of("secret.read", "version"); !slices.Equal(read, []any{1, 2}) {
			t.Errorf("the versions %v are recorded as read", read)
		}
		may.set()
		w.publish(t, "run.succeeded", 1)
		eventually(t, "it is paused", func() bool {
			sub, err := w.Get(asAdmin(), shop, "chat")
			return err == nil && sub.Status == subscription.Paused && strings.Contains(sub.Reason, "${secret:dev/team/hook} cannot be used")
		})
		if len(r.requests) > 0 {
			t.Error("an event was sent with a secret that may not be read")
		}
		may.set("usr_1")
		if _, err := w.Resume(asAdmin(), shop, "chat"); err != nil {
			t.Fatal(err)
		}
		if in := r.next(t); !signedBy(in, signingKey("b")) {
			t.Errorf("resumed, signed with %s", in.header.Get("webhook-signature"))
		}
	})
}

// TestNobodyCarriesASecretAwayByReference points a sink at secrets that are not the
// writer's: nothing is kept, and no value is in what is told.
func TestNobodyCarriesASecretAwayByReference(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, append(sets(), secretsql.Migrations())...)
	w, secrets, _ := withSecrets(t, d)
	r := newReceiver(t)
	const canary = "canary-value"
	put(t, secrets, "shop", "hook", canary)
	put(t, secrets, "other", "hook", canary)
	eve := kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_2", Name: "eve", Kind: kernel.ActorUser, Tenant: "acme"})
	for name, c := range map[string]struct {
		actor     context.Context //nolint:containedctx // it is who asks
		scope     kernel.Scope
		reference string
		kind      kernel.Kind
	}{
		"without the right to read":         {eve, shop, "${secret:dev/hook}", kernel.Denied},
		"another project's, from a project": {asAdmin(), shop, "${secret:other/dev/hook}", kernel.NotFound},
		"another project's, from a tenant":  {asAdmin(), tenant, "${secret:other/dev/hook}", kernel.Denied},
		"another project's by dots":         {asAdmin(), shop, "${secret:dev/../../other/dev/hook}", kernel.Invalid},
		"no project's":                      {asAdmin(), tenant, "${secret:dev/hook}", kernel.Invalid},
		"no stage's":                        {asAdmin(), shop, "${secret:hook}", kernel.Invalid},
		"nested":                            {asAdmin(), shop, "${secret:dev/${secret:dev/hook}}", kernel.Invalid},
		"two":                               {asAdmin(), shop, "${secret:dev/hook}${secret:dev/hook}", kernel.Invalid},
		"none that there is":                {asAdmin(), shop, "${secret:dev/none}", kernel.NotFound},
		"no key that there is":              {asAdmin(), shop, "${secret:dev/hook#none}", kernel.NotFound},
		"no version that there is":          {asAdmin(), shop, "${secret:dev/hook@2}", kernel.NotFound},
		"what signs nothing":                {asAdmin(), shop, "${secret:dev/hook}", kernel.Invalid},
		"huge":                              {asAdmin(), shop, "${secret:dev/" + strings.Repeat("x", 1<<20) + "}", kernel.Invalid},
	} {
		_, err := w.Create(c.actor, c.scope, referringTo(c.reference, r.URL))
		if !kernel.Is(err, c.kind) || strings.Contains(err.Error(), canary) || len(err.Error()) > 2000 {
			t.Errorf("%s: %.300v", name, err)
		}
		if kept, err := w.List(asAdmin(), c.scope, kernel.PageRequest{}); err != nil || len(kept.Items) > 0 {
			t.Errorf("%s: kept %d, %v", name, len(kept.Items), err)
		}
	}
}
