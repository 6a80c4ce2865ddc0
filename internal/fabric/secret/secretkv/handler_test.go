package secretkv_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbao/openbao/api/v2"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

func TestAVaultClientWritesAndReads(t *testing.T) {
	t.Parallel()
	each(t, func(w world) {
		ctx, kv := w.Context(), w.kv("acme")
		if _, err := kv.Get(ctx, path); !errors.Is(err, api.ErrSecretNotFound) {
			w.Errorf("before it is there: %v", err)
		}
		made, err := kv.Put(ctx, path, map[string]any{"user": "shop", "password": "hush", "port": 5432, "tags": []string{"a"}})
		w.must(err)
		w.same("the first version", 1, made.VersionMetadata.Version)
		got, err := kv.Get(ctx, path)
		w.must(err)
		w.same("what comes back", map[string]any{"user": "shop", "password": "hush", "port": json.Number("5432"), "tags": []any{"a"}}, got.Data)

		_, err = kv.Put(ctx, path, map[string]any{"user": "x"}, api.WithCheckAndSet(0))
		w.refused("a version that is not seen", err, http.StatusBadRequest, "check-and-set parameter did not match the current version")
		made, err = kv.Put(ctx, path, map[string]any{"user": "shop2", "password": "hush"}, api.WithCheckAndSet(1))
		w.must(err)
		w.same("the second version", 2, made.VersionMetadata.Version)
		for _, method := range []string{"rw", "patch"} {
			_, err = kv.Patch(ctx, path, map[string]any{"password": "quiet", "user": nil, "by": method}, api.WithMergeMethod(method))
			w.must(err)
		}
		got, err = kv.Get(ctx, path)
		w.must(err)
		if got.Data["password"] != "quiet" || got.Data["by"] != "patch" || got.VersionMetadata.Version != 4 || got.Data["user"] != nil {
			w.Errorf("after patches: %v of version %d", got.Data, got.VersionMetadata.Version)
		}
		first, err := kv.GetVersion(ctx, path, 1)
		w.must(err)
		w.same("an older version", "shop", first.Data["user"])
		back, err := kv.Rollback(ctx, path, 1)
		w.must(err)
		w.same("rolled back", 5, back.VersionMetadata.Version)
		if _, err := kv.Patch(ctx, "shop/dev/none", map[string]any{"a": "b"}, api.WithMergeMethod("patch")); err == nil {
			w.Error("a secret that is not there is patched")
		}
	})
}

// TestAVaultClientLooksBeforeItReads: operators of secrets ask for the server's health and for
// their token, and read errors in one form.
func TestAVaultClientLooksBeforeItReads(t *testing.T) {
	t.Parallel()
	each(t, func(w world) {
		ctx, c := w.Context(), w.client("acme")
		health, err := c.Sys().HealthWithContext(ctx)
		if err != nil || !health.Initialized || health.Sealed {
			w.Errorf("health: %+v, %v", health, err)
		}
		self, err := c.Auth().Token().LookupSelfWithContext(ctx)
		w.must(err)
		ttl, err := self.TokenTTL()
		if err != nil || ttl != 0 || self.Data["type"] != "service" || self.Data["entity_id"] != "usr_acme" || self.Data["expire_time"] != nil {
			w.Errorf("the token: %v, %v", self.Data, err)
		}
		brief, err := w.client("acme-brief").Auth().Token().LookupSelfWithContext(ctx)
		w.must(err)
		if ttl, err := brief.TokenTTL(); err != nil || ttl != time.Hour || brief.Data["expire_time"] != "2026-03-01T13:00:00Z" {
			w.Errorf("the token that ends: %v, %v", brief.Data, err)
		}
		_, err = c.Auth().Token().RenewSelfWithContext(ctx, 60)
		w.refused("a token that nobody renews", err, http.StatusBadRequest, "lease is not renewable")
		status, err := c.Sys().SealStatusWithContext(ctx)
		if err != nil || !status.Initialized || status.Sealed {
			w.Errorf("the seal: %+v, %v", status, err)
		}
		mounts, err := c.Sys().ListMountsWithContext(ctx)
		if err != nil || mounts["secret/"] == nil || mounts["secret/"].Type != "kv" || mounts["secret/"].Options["version"] != "2" {
			w.Errorf("mounts: %+v, %v", mounts, err)
		}
		shown, err := c.Logical().ReadWithContext(ctx, "sys/internal/ui/mounts")
		w.must(err)
		if inner, ok := shown.Data["secret"].(map[string]any); !ok || inner["secret/"] == nil {
			w.Errorf("mounts for interfaces: %v", shown.Data)
		}
		_, err = w.kv("acme").Put(ctx, path, map[string]any{"a": "hush", "b": map[string]any{"c": "hush", "d": map[string]any{"e": "hush"}}})
		w.must(err)
		for asked, want := range map[string]map[string]any{
			"":  {"a": nil, "b": map[string]any{"c": nil, "d": map[string]any{"e": nil}}},
			"1": {"a": nil, "b": nil},
			"2": {"a": nil, "b": map[string]any{"c": nil, "d": nil}},
		} {
			keys, err := c.Logical().ReadWithDataWithContext(ctx, "secret/subkeys/"+path, map[string][]string{"depth": {asked}})
			w.must(err)
			w.same("keys down to "+asked, want, keys.Data["subkeys"])
		}
		_, err = w.client("nobody").Auth().Token().LookupSelfWithContext(ctx)
		w.refused("a token that is none", err, http.StatusForbidden, "the token is not known")
		_, err = c.Logical().WriteWithContext(ctx, "transit/encrypt/x", map[string]any{"plaintext": "eA=="})
		w.refused("another engine", err, http.StatusNotFound, "Terrace serves the KV engine, version 2, at secret/")
	})
}

func TestAVaultClientDeletesAndTakesBack(t *testing.T) {
	t.Parallel()
	each(t, func(w world) {
		ctx, kv := w.Context(), w.kv("acme")
		for i := range 3 {
			_, err := kv.Put(ctx, path, map[string]any{"n": fmt.Sprint(i + 1)})
			w.must(err)
		}
		w.must(kv.Delete(ctx, path))
		gone, err := kv.Get(ctx, path)
		w.must(err)
		if gone.Data != nil || gone.VersionMetadata.DeletionTime.IsZero() || gone.VersionMetadata.Version != 3 {
			w.Errorf("deleted: %v, %+v", gone.Data, gone.VersionMetadata)
		}
		w.must(kv.Undelete(ctx, path, []int{3}))
		got, err := kv.Get(ctx, path)
		w.must(err)
		w.same("taken back", "3", got.Data["n"])
		w.must(kv.DeleteVersions(ctx, path, []int{1}))
		w.refused("too many at once", kv.Destroy(ctx, path, make([]int, secret.MaxVersions+1)), http.StatusBadRequest, "1001 versions are named")
		w.must(kv.Destroy(ctx, path, []int{2}))
		w.must(kv.Undelete(ctx, path, []int{2}))
		destroyed, err := kv.GetVersion(ctx, path, 2)
		w.must(err)
		if destroyed.Data != nil || !destroyed.VersionMetadata.Destroyed {
			w.Errorf("destroyed: %v, %+v", destroyed.Data, destroyed.VersionMetadata)
		}
		all, err := kv.GetVersionsAsList(ctx, path)
		w.must(err)
		var states []string
		for _, v := range all {
			states = append(states, fmt.Sprint(v.Version, !v.DeletionTime.IsZero(), v.Destroyed))
		}
		w.same("the versions", []string{"1 true false", "2 false true", "3 false false"}, states)
		w.must(kv.DeleteMetadata(ctx, path))
		if _, err := kv.GetMetadata(ctx, path); !errors.Is(err, api.ErrSecretNotFound) {
			w.Errorf("after all is removed: %v", err)
		}
		made, err := kv.Put(ctx, path, map[string]any{"n": "again"})
		w.must(err)
		w.same("it begins anew", 1, made.VersionMetadata.Version)
	})
}

func TestAVaultClientSaysWhatHoldsForASecret(t *testing.T) {
	t.Parallel()
	each(t, func(w world) {
		ctx, kv := w.Context(), w.kv("acme")
		w.must(kv.PutMetadata(ctx, path, api.KVMetadataPutInput{
			CASRequired: true, MaxVersions: 2, DeleteVersionAfter: time.Hour, CustomMetadata: map[string]any{"owner": "ada", "ticket": "T-1"},
		}))
		_, err := kv.Put(ctx, path, map[string]any{"n": "0"})
		w.refused("without the version", err, http.StatusBadRequest, "check-and-set parameter required")
		for i := range 3 {
			_, err := kv.Put(ctx, path, map[string]any{"n": fmt.Sprint(i + 1)}, api.WithCheckAndSet(i))
			w.must(err)
		}
		if _, err := w.secrets.Put(kernel.WithActor(ctx, kernel.Actor{ID: "usr_1", Tenant: "acme"}), kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, "db/credentials", "x"); !kernel.Is(err, kernel.Invalid) {
			w.Errorf("who says no version, elsewhere: %v", err)
		}
		m, err := kv.GetMetadata(ctx, path)
		w.must(err)
		if m.CurrentVersion != 3 || m.OldestVersion != 2 || len(m.Versions) != 2 || m.DeleteVersionAfter != time.Hour || !m.CASRequired {
			w.Errorf("metadata %+v", m)
		}
		w.must(kv.PatchMetadata(ctx, path, api.KVMetadataPatchInput{CustomMetadata: map[string]any{"ticket": nil, "reviewed": "yes"}}))
		m, err = kv.GetMetadata(ctx, path)
		w.must(err)
		w.same("custom metadata", map[string]any{"owner": "ada", "reviewed": "yes"}, m.CustomMetadata)
		*w.now = w.now.Add(2 * time.Hour)
		late, err := kv.Get(ctx, path)
		w.must(err)
		if late.Data != nil {
			w.Errorf("after its time: %v", late.Data)
		}
	})
}

func TestAVaultClientLists(t *testing.T) {
	t.Parallel()
	each(t, func(w world) {
		ctx, c := w.Context(), w.client("acme")
		for _, p := range []string{"shop/dev/a", "shop/dev/db/x", "shop/dev/db/y", "shop/dev/db", "shop/prod/a", "bills/dev/a", "shop/dev/DB/z"} {
			_, err := c.KVv2("secret").Put(ctx, p, map[string]any{"k": "v"})
			w.must(err)
		}
		list := func(path string) []string {
			s, err := c.Logical().ListWithContext(ctx, path)
			w.must(err)
			if s == nil {
				return nil
			}
			var keys []string
			for _, k := range s.Data["keys"].([]any) {
				keys = append(keys, k.(string))
			}
			slices.Sort(keys)
			return keys
		}
		w.same("projects", []string{"bills/", "shop/"}, list("secret/metadata"))
		w.same("stages", []string{"dev/", "prod/"}, list("secret/metadata/shop"))
		w.same("secrets", []string{"DB/", "a", "db", "db/"}, list("secret/metadata/shop/dev/"))
		w.same("a folder", []string{"x", "y"}, list("secret/metadata/shop/dev/db"))
		if got := list("secret/metadata/shop/dev/none"); got != nil {
			w.Errorf("nothing: %v", got)
		}
		foreign, err := w.client("rival").Logical().ListWithContext(ctx, "secret/metadata")
		if err != nil || foreign != nil {
			w.Errorf("another tenant: %v, %v", foreign, err)
		}
		mount, err := c.Logical().ReadWithContext(ctx, "sys/internal/ui/mounts/secret/shop/dev/a")
		w.must(err)
		w.same("the mount", "secret/", mount.Data["path"])
		w.same("its version", map[string]any{"version": "2"}, mount.Data["options"])
	})
}

func TestWhoMayNotIsToldAsVaultDoes(t *testing.T) {
	t.Parallel()
	each(t, func(w world) {
		ctx := w.Context()
		_, err := w.kv("acme").Put(ctx, path, map[string]any{"k": "correct-horse"})
		w.must(err)
		for token, text := range map[string]string{"": "missing client token", "nobody": "permission denied"} {
			_, err := w.kv(token).Get(ctx, path)
			w.refused("the token "+token, err, http.StatusForbidden, text)
		}
		_, err = w.kv("acme-reader").Put(ctx, path, map[string]any{"k": "v"})
		w.refused("who may not write", err, http.StatusForbidden, "permission denied")
		if _, err := w.kv("rival").Get(ctx, path); !errors.Is(err, api.ErrSecretNotFound) {
			w.Errorf("another tenant: %v", err)
		}
		_, err = w.kv("acme").Put(ctx, "shop/dve/x", map[string]any{"k": "v"})
		w.refused("a stage that there is not", err, http.StatusNotFound, "there is no stage")
		_, err = w.kv("acme").Put(ctx, "shop/dev", map[string]any{"k": "v"})
		w.refused("no name", err, http.StatusBadRequest, "PROJECT/STAGE/NAME")
		spaced := w.client("acme")
		spaced.SetNamespace("rival")
		_, err = spaced.KVv2("secret").Get(ctx, path)
		w.refused("another namespace", err, http.StatusForbidden, "rival")
		for _, body := range []string{`{"data":"correct-horse"}`, `{"data":{"k":"correct-horse"`, `{"options":{"cas":"correct-horse"},"data":{}}`, "{\"data\":{\"k\":\"correct-horse\xff\"}}", `{"data":{"k":"` + strings.Repeat("correct-horse", 20000) + `"}}`} {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/v1/secret/data/"+path, strings.NewReader(body))
			w.must(err)
			r.Header.Set("X-Vault-Token", "acme")
			answer, err := http.DefaultClient.Do(r)
			w.must(err)
			var said struct{ Errors []string }
			w.must(json.NewDecoder(answer.Body).Decode(&said))
			_ = answer.Body.Close()
			if answer.StatusCode < 400 || strings.Contains(fmt.Sprint(said), "correct-horse") {
				w.Errorf("%.30s: %d %v", body, answer.StatusCode, said)
			}
		}
	})
}

func TestReadsAreRecordedAtABoundedRate(t *testing.T) {
	t.Parallel()
	each(t, func(w world) {
		ctx, kv := w.Context(), w.kv("acme")
		_, err := kv.Put(ctx, path, map[string]any{"value": "hush"})
		w.must(err)
		read := func(kv *api.KVv2) {
			_, err := kv.Get(ctx, path)
			w.must(err)
		}
		for range 5 {
			read(kv)
		}
		read(w.kv("acme-reader"))
		facts := w.journal.of("secret.read")
		if len(facts) != 2 {
			w.Fatalf("%d records of reads, want one for each who read", len(facts))
		}
		w.same("what is recorded", map[string]any{"version": 1, "from": "127.0.0.1", "unrecorded": 0}, facts[0].Data)
		*w.now = w.now.Add(time.Minute)
		read(kv)
		facts = w.journal.of("secret.read")
		w.same("the next record counts", map[string]any{"version": 1, "from": "127.0.0.1", "unrecorded": 4}, facts[len(facts)-1].Data)
		scope := kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
		m, _, err := w.secrets.Metadata(kernel.WithActor(ctx, kernel.Actor{ID: "usr_1", Tenant: "acme"}), scope, "db/credentials")
		w.must(err)
		if !m.ReadAt.Equal(*w.now) || m.ReadBy != "usr_acme" || m.ReadVersion != 1 {
			w.Errorf("last read: %+v", m)
		}
		value, _, err := w.secrets.Resolve(kernel.WithActor(ctx, kernel.System("test", "acme")), scope, secretref.Reference{Name: "db/credentials"})
		if err != nil || value != "hush" {
			w.Errorf("one store: %q, %v", value, err)
		}
		if strings.Contains(fmt.Sprint(w.journal.facts), "hush") {
			w.Error("a value is recorded")
		}
	})
}
