package tokens_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

func at(t time.Time) kernel.Clock { return func() time.Time { return t } }

func sample(now time.Time) tokens.Run {
	return tokens.Run{
		Run: "run_1", Stack: "default/demo/orders/dev",
		Scope:    kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"},
		Workload: "orders", Fence: 7, Phase: tokens.PhaseApply, Cause: "evt_1", Expires: now.Add(time.Hour),
	}
}

func TestVerifyReturnsWhatWasIssued(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	i := tokens.NewIssuer(bytes.Repeat([]byte{1}, 32), at(now))
	token, err := i.Issue(sample(now))
	if err != nil || !strings.HasPrefix(token, tokens.Prefix) {
		t.Fatalf("token %q, %v", token, err)
	}
	got, err := i.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sample(now), got); d != "" {
		t.Error(d)
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	key := bytes.Repeat([]byte{1}, 32)
	good, err := tokens.NewIssuer(key, at(now)).Issue(sample(now))
	if err != nil {
		t.Fatal(err)
	}
	body, signature, _ := strings.Cut(good, ".")
	cases := map[string]struct {
		token string
		key   []byte
		now   time.Time
	}{
		"another key":         {good, bytes.Repeat([]byte{2}, 32), now},
		"an empty key":        {good, nil, now},
		"expired":             {good, key, now.Add(time.Hour)},
		"altered body":        {body[:len(body)-2] + "AA." + signature, key, now},
		"no signature":        {body + ".", key, now},
		"cut":                 {good[:len(good)-1], key, now},
		"without its prefix":  {strings.TrimPrefix(good, tokens.Prefix), key, now},
		"something else":      {"terr_abc", key, now},
		"empty":               {"", key, now},
		"signature twice":     {good + "." + signature, key, now},
		"far longer than any": {good + strings.Repeat("A", 5000), key, now},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r, err := tokens.NewIssuer(c.key, at(c.now)).Verify(c.token); !kernel.Is(err, kernel.Unauthenticated) {
				t.Errorf("run %+v, error %v, want unauthenticated", r, err)
			}
		})
	}
}

func TestIssueRefusesWhatCannotBeVerified(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	i := tokens.NewIssuer(bytes.Repeat([]byte{1}, 32), at(now))
	for name, change := range map[string]func(*tokens.Run){
		"no run":      func(r *tokens.Run) { r.Run = "" },
		"no stack":    func(r *tokens.Run) { r.Stack = "" },
		"no tenant":   func(r *tokens.Run) { r.Scope.Tenant = "" },
		"odd phase":   func(r *tokens.Run) { r.Phase = "verify" },
		"in the past": func(r *tokens.Run) { r.Expires = now },
	} {
		r := sample(now)
		change(&r)
		if token, err := i.Issue(r); err == nil {
			t.Errorf("%s: issued %q", name, token)
		}
	}
}

func TestLoadKeyMakesOnePrivateKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys", "runs.key")
	keys := make([][]byte, 8)
	var wg sync.WaitGroup
	for n := range keys {
		wg.Go(func() { keys[n], _ = tokens.LoadKey(path) })
	}
	wg.Wait()
	for _, key := range keys {
		if len(key) != 32 || !bytes.Equal(key, keys[0]) {
			t.Fatalf("keys differ: %x", keys)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.LoadKey(path); err == nil {
		t.Error("a damaged key was accepted")
	}
}
